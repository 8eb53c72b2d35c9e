import { deepEqual, equal, match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Commands } from "./commands.ts";

const BALANCER = {
  urn: "urn::echo",
  type: "kubernetes:core/v1:Service",
  inputs: { spec: { type: "LoadBalancer" } },
};
const INGRESS = {
  urn: "urn::company",
  type: "kubernetes:networking.k8s.io/v1:Ingress",
  inputs: {},
};
const VPC = {
  urn: "urn::vpc",
  type: "aws:ec2/vpc:Vpc",
  outputs: { arn: "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1" },
};

const NO_CLUSTER = `echo "An error occurred (ResourceNotFoundException) when calling the $2 operation" >&2; exit 254`;

/** An AWS CLI for an account, which has a token for the cluster. */
function awsCli({ account = "111122223333", describe = "echo '{}'" } = {}): string {
  return [
    `case "$1 $2" in`,
    `"sts get-caller-identity") echo ${account};;`,
    `"eks describe-cluster") ${describe};;`,
    `*get-token*|"--region us-east-1") echo '{"status":{"token":"token of the test"}}';;`,
    "esac",
  ].join("\n");
}

describe("npm run destroy", () => {
  let commands: Commands;
  let server: Server;
  let certificate: string;
  /** What the API server answers for the controller's Deployment. */
  let answer: { status: number; body: object };
  const requests: { path: string | undefined; authorization: string | undefined }[] = [];

  before(async () => {
    commands = new Commands();
    const files = ["key.pem", "cert.pem"].map((name) => join(commands.folder, name));
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", files[0] ?? "", "-out", files[1] ?? "", "-days", "1"],
        ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
      ],
      { stdio: "ignore" },
    );
    const [key = "", cert = ""] = files.map((file) => readFileSync(file, "utf8"));
    certificate = cert;
    server = createServer({ key, cert }, ({ url, headers }, response) => {
      requests.push({ path: url, authorization: headers.authorization });
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(() => {
    server.close();
    commands.close();
  });
  beforeEach(() => {
    requests.length = 0;
    ready(2);
    commands.write("aws", awsCli());
  });

  function ready(readyReplicas: number | undefined): void {
    answer = { status: 200, body: { spec: { replicas: 2 }, status: { readyReplicas } } };
  }

  function cluster(port = (server.address() as AddressInfo).port): object {
    const kubeconfig = {
      clusters: [
        {
          cluster: {
            server: `https://127.0.0.1:${port}`,
            "certificate-authority-data": Buffer.from(certificate).toString("base64"),
          },
        },
      ],
      users: [
        {
          user: {
            exec: {
              command: "aws",
              args: ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "apps"],
            },
          },
        },
      ],
    };
    return { urn: "urn::cluster", type: "eks:index:Cluster", outputs: { kubeconfig } };
  }

  async function destroy(resources: object[], script = "exit 0") {
    commands.pulumi({ resources }, script);
    const before = commands.runsOf("destroy").length;
    const { status, error, runs } = await commands.run("destroy");
    return { status, error, runs: runs.slice(before) };
  }

  it("runs pulumi destroy if the controller has a ready pod, and exits as it does", async () => {
    ready(1);
    deepEqual(await destroy([VPC, cluster(), BALANCER], "exit 7"), {
      status: 7,
      error: "",
      runs: ["destroy --stack dev"],
    });
    const path = "/apis/apps/v1/namespaces/kube-system/deployments/aws-load-balancer-controller";
    deepEqual(requests[0], { path, authorization: "Bearer token of the test" });
  });

  for (const [title, resource] of [
    ["a Service", BALANCER],
    ["an Ingress", INGRESS],
  ] as const) {
    it(`deletes nothing and reports it if the controller has no ready pod, which ${title} needs`, async () => {
      ready(undefined);
      const { status, error, runs } = await destroy([VPC, cluster(), resource]);
      equal(status, 1);
      deepEqual(runs, []);
      match(
        error,
        /controller has 0 ready pods of 2.*\n.*kubectl describe pods --namespace kube-system/,
      );
    });
  }

  it("deletes nothing if the controller is missing", async () => {
    answer = { status: 404, body: {} };
    const { status, error } = await destroy([VPC, cluster(), BALANCER]);
    equal(status, 1);
    match(error, /0 ready pods of 0/);
  });

  it("reports that the controller is down even if Pulumi has failed", async () => {
    server.prependOnceListener("request", () => setImmediate(() => ready(0)));
    const { status, error, runs } = await destroy([VPC, cluster(), BALANCER], "exit 255");
    equal(status, 255);
    deepEqual(runs, ["destroy --stack dev"]);
    match(error, /controller has 0 ready pods of 2/);
  });

  for (const [title, resources, aws] of [
    ["no load balancer is left", () => [VPC, cluster()], awsCli()],
    ["there is no cluster", () => [VPC, BALANCER], awsCli()],
    ["the API server does not answer", () => [VPC, cluster(1), BALANCER], awsCli()],
    ["there is no AWS CLI that works", () => [VPC, cluster(), BALANCER], "exit 255"],
  ] as const) {
    it(`reports nothing and runs Pulumi if ${title}`, async () => {
      ready(0);
      commands.write("aws", aws);
      deepEqual(await destroy(resources()), {
        status: 0,
        error: "",
        runs: ["destroy --stack dev"],
      });
    });
  }

  it("reports nothing and runs Pulumi if the API server rejects the request", async () => {
    answer = { status: 403, body: { kind: "Status" } };
    equal((await destroy([VPC, cluster(), BALANCER])).error, "");
  });

  /** Its status shows whether Pulumi must forget the objects of the cluster. */
  const FORGETS = `[ "$PULUMI_K8S_DELETE_UNREACHABLE" = true ] && exit 3 || exit 4`;

  it("makes Pulumi forget the objects of a cluster that AWS reports as gone", async () => {
    commands.write("aws", awsCli({ describe: NO_CLUSTER }));
    const { status, error } = await destroy([VPC, cluster(1), BALANCER], FORGETS);
    equal(status, 3);
    match(error, /^cluster apps is gone/);
  });

  for (const [title, resources, aws] of [
    ["it exists", [VPC], awsCli()],
    ["AWS does not answer", [VPC], awsCli({ describe: "echo no network >&2; exit 255" })],
    ["it is unknown in which account it was", [], awsCli({ describe: NO_CLUSTER })],
    [
      "it is unknown whose credentials these are",
      [VPC],
      awsCli({ account: "", describe: NO_CLUSTER }),
    ],
  ] as const) {
    it(`makes Pulumi keep the objects of the cluster if ${title}`, async () => {
      commands.write("aws", aws);
      const { status, error } = await destroy([...resources, cluster(1), BALANCER], FORGETS);
      deepEqual({ status, error }, { status: 4, error: "" });
    });
  }

  it("deletes nothing with credentials of another account, which would find no cluster", async () => {
    commands.write("aws", awsCli({ account: "444455556666", describe: NO_CLUSTER }));
    const { status, error, runs } = await destroy([VPC, cluster(1), BALANCER]);
    equal(status, 1);
    deepEqual(runs, []);
    match(error, /444455556666.*111122223333/);
  });

  it("deletes nothing while there is a pending create, whose resource would stay", async () => {
    const resource = { urn: "urn::database", type: "aws:rds/instance:Instance", inputs: {} };
    commands.pulumi({ resources: [VPC], pending_operations: [{ type: "creating", resource }] });
    const { status, error } = await commands.run("destroy");
    equal(status, 1);
    match(error, /urn::database/);
  });
});
