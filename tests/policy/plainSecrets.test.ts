import type { Properties } from "../mocks/account.ts";
import { itJudges, of, packOfSuite, type Case } from "./policyCases.ts";
import { UNKNOWN } from "./plan.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

const TOKEN = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

const podOf = (container: Properties): Properties => ({
  containers: [{ name: "web", ...container }],
});
const templateOf = (container: Properties): Properties => ({
  template: { spec: podOf(container) },
});

/** A Deployment with one container. */
const container = (title: string, inputs: Properties, ...expected: string[]): Case =>
  of(title, DEPLOYMENT, { kind: "Deployment", spec: templateOf(inputs) }, ...expected);

const environment = (name: string, value: unknown, isSecret = true): Case =>
  container(
    `${isSecret ? "a secret" : "no secret"} in the environment, ${name}=${String(value)}`,
    { env: [{ name, value }] },
    ...(isSecret ? [`environment ${name} of container web in Deployment one is a secret`] : []),
  );

const args = (list: string[], ...found: number[]): Case =>
  container(
    `arguments ${list.join(" ")}`,
    { args: list },
    ...found.map((index) => `args[${index}] of container web in Deployment one is a secret`),
  );

/** Whatever makes pods, and where it describes them. */
const WITH_PODS: Readonly<Record<string, (container: Properties) => Properties>> = {
  "apps/v1:DaemonSet": (inputs) => ({ spec: templateOf(inputs) }),
  "apps/v1:DeploymentList": (inputs) => ({ items: [{ spec: templateOf(inputs) }] }),
  "apps/v1:DeploymentPatch": (inputs) => ({ spec: templateOf(inputs) }),
  "apps/v1:ReplicaSet": (inputs) => ({ spec: templateOf(inputs) }),
  "apps/v1:ReplicaSetPatch": (inputs) => ({ spec: templateOf(inputs) }),
  "apps/v1:StatefulSetPatch": (inputs) => ({ spec: templateOf(inputs) }),
  "argoproj.io/v1alpha1:Rollout": (inputs) => ({ spec: templateOf(inputs) }),
  "batch/v1:CronJob": (inputs) => ({ spec: { jobTemplate: { spec: templateOf(inputs) } } }),
  "batch/v1:Job": (inputs) => ({ spec: templateOf(inputs) }),
  "core/v1:Pod": (inputs) => ({ spec: podOf(inputs) }),
  "core/v1:PodTemplate": templateOf,
  "core/v1:ReplicationController": (inputs) => ({ spec: templateOf(inputs) }),
  "core/v1:ReplicationControllerPatch": (inputs) => ({ spec: templateOf(inputs) }),
};

const kindOf = (type: string): string => type.split(":").at(-1) ?? "";

describe("policies of Kubernetes", () => {
  const pack = packOfSuite();

  describe("the policy of plain secrets", () => {
    itJudges(pack, "no-plain-secrets", [
      ...Object.entries(WITH_PODS).map(([type, inputs]) =>
        of(
          `a secret in the environment of a ${kindOf(type)}`,
          `kubernetes:${type}`,
          inputs({ env: [{ name: "DB_PASSWORD", value: "opensesame" }] }),
          `environment DB_PASSWORD of container web in ${kindOf(type)} one is a secret`,
        ),
      ),
      ...["DB_PW", "db-pw", "DB_PWD", "API-KEY", "MASTER_KEY", "AUTH_TOKEN"].map((name) =>
        environment(name, "opensesame"),
      ),
      environment("DB_PASSWORD", 1234),
      ...[
        ["PWD", "/app"],
        ["DB_PASSWORD", "$(FROM_SECRET)"],
        ["DB_PASSWORD", ""],
        ["DB_PASSWORD_FILE", "/run/secrets/password"],
        ["USE_TOKEN", "true"],
        ["COMPASS", "north"],
        ["COMMIT", "86c7c845ab6115610c55c3eed2261475d29c6cef"],
        ["SSL_POLICY", "ELBSecurityPolicy-TLS13-1-2-2021-06"],
        ["HOOK", "kubernetesAuthenticationWebhookV1beta1Config"],
        ["URL", "https://app.example.com/a?b=c"],
      ].map(([name = "", value]) => environment(name, value, false)),
      ...Object.entries({
        GitHub: `ghp_${TOKEN}`,
        GitLab: "glpat-a1B2c3D4e5F6g7H8i9J0",
        Slack: "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
        Stripe: "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        npm: `npm_${TOKEN}`,
        "a JSON Web Token":
          "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "AWS, as a key": "AKIAQYLPMN5HHHFPZAM2",
        "AWS, as a secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "a private key": "-----BEGIN PRIVATE KEY-----\nMII",
        "a URL": "amqp://app:opensesame@queue.example/",
        chance: TOKEN,
        "GitHub beside a comment for a linter": `// secretlint-disable\nghp_${TOKEN}`,
      }).map(([whose, value]) =>
        container(
          `what looks like a token of ${whose}`,
          { env: [{ name: "VALUE", value }] },
          "environment VALUE of container web in Deployment one is a secret",
        ),
      ),
      args(["--password=opensesame"], 0),
      args(["--db-password", "opensesame", "--port", "80"], 1),
      args(["-c", "export DB_PASSWORD=opensesame; run"], 1),
      args(["--header", "Authorization: Bearer-opensesame"], 1),
      args([`--key=${TOKEN}`, `postgres://a:b@c/d`], 1),
      args(["--password=$(DB_PASSWORD)", "--token-ttl=1h", "--password", "--verbose", "-p", "80"]),
      container(
        "a password in a command",
        { command: ["sh", "-c", "PGPASSWORD='open sesame' psql"] },
        "command[2] of container web in Deployment one is a secret",
      ),
      container(
        "a password in what runs before a container stops, and in a probe's header",
        {
          lifecycle: { preStop: { exec: { command: ["quit", "--password=opensesame"] } } },
          livenessProbe: {
            httpGet: { httpHeaders: [{ name: "Authorization", value: "Basic b2s" }] },
          },
        },
        "lifecycle.preStop.exec.command[1] of container web in Deployment one is a secret",
        "httpHeaders Authorization of container web in Deployment one is a secret",
      ),
      container(
        "what is known only later",
        { env: [{ name: "VALUE", value: UNKNOWN }], args: [UNKNOWN], image: UNKNOWN },
        "environment VALUE of container web in Deployment one is known only after pulumi up",
        "args[0] of container web in Deployment one is known only after pulumi up",
      ),
      of(
        "pods of which nothing is known yet",
        DEPLOYMENT,
        { kind: "Deployment", spec: { template: UNKNOWN } },
        "spec.template of Deployment one is known only after pulumi up",
      ),
      of(
        "annotations, of the object and of its pods",
        DEPLOYMENT,
        {
          metadata: {
            annotations: { "example.com/db-password": "opensesame", plain: `ghp_${TOKEN}` },
          },
          spec: {
            template: { metadata: { annotations: { token: "opensesame", later: UNKNOWN } } },
          },
        },
        "annotation example.com/db-password of Deployment one is a secret",
        "annotation plain of Deployment one is a secret",
        "annotation token of Deployment one is a secret",
      ),
      of("annotations that name a Secret", "kubernetes:networking.k8s.io/v1:Ingress", {
        metadata: { annotations: { "nginx.org/tls-secret-name": "tls", "cert/use-token": "true" } },
        spec: { tls: [{ secretName: "tls" }] },
      }),
      of(
        "binary data",
        CONFIG_MAP,
        {
          binaryData: {
            password: Buffer.from("opensesame").toString("base64"),
            file: Buffer.from("a\0postgres://app:opensesame@db/app").toString("base64"),
            plain: Buffer.from("Plain text of 3 or 4 words, and more").toString("base64"),
          },
        },
        "entry password of ConfigMap one is a secret",
        "entry file of ConfigMap one is a secret",
      ),
      of(
        "settings in a file",
        CONFIG_MAP,
        {
          data: {
            "app.properties": "port=80\ndb.password=opensesame\n",
            "app.json": '{"port": 80, "apiKey": "opensesame"}',
            "app.yaml": "port: 80\nadminPassword: opensesame\n",
            plain: "port=80\npassword.length=12\ntokens: 3\nsecretName: db\n",
          },
        },
        "entry app.properties of ConfigMap one is a secret",
        "entry app.json of ConfigMap one is a secret",
        "entry app.yaml of ConfigMap one is a secret",
      ),
      of(
        "a patch of a ConfigMap, and a list of them",
        "kubernetes:core/v1:ConfigMapPatch",
        { data: { DB_PW: "opensesame" } },
        "entry DB_PW of ConfigMapPatch one is a secret",
      ),
      of(
        "a token in a chart's values",
        "kubernetes:helm.sh/v3:Release",
        { values: { github: { value: `ghp_${TOKEN}` }, keepTLSSecret: true } },
        "values.github.value of Release one is a secret",
      ),
      of("what is in a Secret", "kubernetes:core/v1:Secret", {
        stringData: { password: "opensesame", url: "postgres://app:opensesame@db/app" },
      }),
    ]);
  });

  describe("the policy of images", () => {
    const image = "registry.example/app:1.0";
    itJudges(pack, "images-by-digest", [
      ...Object.entries(WITH_PODS).flatMap(([type, inputs]) => [
        of(
          `a tag in a ${kindOf(type)}`,
          `kubernetes:${type}`,
          inputs({ image }),
          `image of container web in ${kindOf(type)} one is "${image}"`,
        ),
        of(
          `a digest in a ${kindOf(type)}`,
          `kubernetes:${type}`,
          inputs({ image: `registry.example/app@sha256:${"a".repeat(64)}` }),
        ),
      ]),
      of("a patch that leaves the image", "kubernetes:apps/v1:DeploymentPatch", {
        spec: templateOf({ tty: true }),
      }),
      container("no image", { tty: true }, "image of container web in Deployment one is not set"),
      of(
        "a container that others run in, and a volume",
        DEPLOYMENT,
        {
          spec: {
            template: {
              spec: {
                ephemeralContainers: [{ name: "debug", image }],
                volumes: [
                  { name: "data", image: { reference: image } },
                  { name: "tmp", emptyDir: {} },
                ],
              },
            },
          },
        },
        `image of container debug in Deployment one is "${image}"`,
        `image of volume data in Deployment one is "${image}"`,
      ),
    ]);
  });
});
