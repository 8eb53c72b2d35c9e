import { deepEqual, equal, ok } from "node:assert/strict";
import {
  LOGGING_CONFIG_MAP,
  LOGGING_NAMESPACE,
  loggingConfig,
} from "../../../components/cluster/fargateLogging.ts";

/** Keys and values of all sections of a Fluent Bit configuration. */
function sections(text = ""): { name: string; entries: Record<string, string> }[] {
  return text
    .split(/^(?=\[)/m)
    .filter((section) => section !== "")
    .map((section) => {
      const [title = "", ...lines] = section.trimEnd().split("\n");
      const pairs = lines.map((line) => /^ {4}(\S+) (.+)$/.exec(line)?.slice(1) ?? [line, ""]);
      return { name: title, entries: Object.fromEntries(pairs) as Record<string, string> };
    });
}

const config = loggingConfig("eu-west-3", "/aws/eks/apps/fargate");

describe("Fargate logging", () => {
  it("stands where Fargate looks for it", () => {
    equal(LOGGING_NAMESPACE, "aws-observability");
    equal(LOGGING_CONFIG_MAP, "aws-logging");
    deepEqual(Object.keys(config), ["filters.conf", "output.conf", "parsers.conf"]);
  });

  it("sends all pods' lines to the one group and never makes it", () => {
    deepEqual(sections(config["output.conf"]), [
      {
        name: "[OUTPUT]",
        entries: {
          Name: "cloudwatch_logs",
          Match: "kube.*",
          region: "eu-west-3",
          log_group_name: "/aws/eks/apps/fargate",
          log_stream_prefix: "fargate-",
          auto_create_group: "false",
        },
      },
    ]);
  });

  it("parses a line of the container runtime, then adds what Kubernetes knows", () => {
    deepEqual(sections(config["filters.conf"]), [
      {
        name: "[FILTER]",
        entries: { Name: "parser", Match: "*", Key_name: "log", Parser: "crio" },
      },
      {
        name: "[FILTER]",
        entries: {
          Name: "kubernetes",
          Match: "kube.*",
          Merge_Log: "On",
          Keep_Log: "Off",
          Buffer_Size: "0",
          Kube_Meta_Cache_TTL: "300s",
        },
      },
    ]);
  });

  it("defines the parser that it uses, which takes time, stream and line apart", () => {
    const [parser] = sections(config["parsers.conf"]);
    equal(parser?.name, "[PARSER]");
    equal(parser.entries.Name, "crio");
    equal(parser.entries.Format, "Regex");
    equal(parser.entries.Time_Key, "time");
    equal(parser.entries.Time_Format, "%Y-%m-%dT%H:%M:%S.%L%z");
    const line = '2026-11-23T04:00:00.123456789Z stdout F {"level":"info"}';
    const groups = new RegExp(parser.entries.Regex ?? "").exec(line)?.groups;
    deepEqual(
      { ...groups },
      {
        time: "2026-11-23T04:00:00.123456789Z",
        stream: "stdout",
        logtag: "F",
        log: '{"level":"info"}',
      },
    );
  });

  it("is under 5,300 characters with the longest names", () => {
    const longest = loggingConfig("ap-southeast-4", `/aws/eks/${"c".repeat(43)}/fargate`);
    ok(Object.entries(longest).flat().join("").length < 5300);
  });
});
