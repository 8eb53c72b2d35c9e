/** Where Fargate's own log router looks for its configuration. */
export const LOGGING_NAMESPACE = "aws-observability";
export const LOGGING_CONFIG_MAP = "aws-logging";

/**
 * Configuration of Fargate's log router, Fluent Bit: the lines of all pods go to one log group. The group
 * is made beforehand and never by the router, so that nothing is left when it was deleted.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html (at most 5,300 characters)
 */
export function loggingConfig(region: string, logGroup: string): Record<string, string> {
  return {
    "filters.conf": section("FILTER", {
      Name: "parser",
      Match: "*",
      Key_name: "log",
      Parser: "crio",
    }).concat(
      section("FILTER", {
        Name: "kubernetes",
        Match: "kube.*",
        Merge_Log: "On",
        Keep_Log: "Off",
        Buffer_Size: "0",
        Kube_Meta_Cache_TTL: "300s",
      }),
    ),
    "output.conf": section("OUTPUT", {
      Name: "cloudwatch_logs",
      Match: "kube.*",
      region,
      log_group_name: logGroup,
      log_stream_prefix: "fargate-",
      auto_create_group: "false",
    }),
    "parsers.conf": section("PARSER", {
      Name: "crio",
      Format: "Regex",
      Regex: "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>P|F) (?<log>.*)$",
      Time_Key: "time",
      Time_Format: "%Y-%m-%dT%H:%M:%S.%L%z",
    }),
  };
}

function section(name: string, entries: Record<string, string>): string {
  const lines = Object.entries(entries).map(([key, value]) => `    ${key} ${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}
