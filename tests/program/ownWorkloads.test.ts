import { deepEqual, equal, match, ok } from "node:assert/strict";
import { at, valueOf, type Recorder } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";

const IMAGE = `registry.example/chat@sha256:${"1".repeat(64)}`;
const ROOMS = [{ key: { from: "path" }, path: "/rooms", methods: ["GET"] }];
const NLB = "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes";
const ALB = "alb.ingress.kubernetes.io/target-group-attributes";

function container(recorder: Recorder, kind: string, name: string): unknown {
  const { inputs } = recorder.one(`kubernetes:${kind}`, name);
  return at(inputs, "spec", "template", "spec", "containers", 0);
}

describe("a workload with an image of its own", () => {
  it("runs behind the load balancer of its affinity, and needs neither database nor repository", async () => {
    const workloads = [
      { name: "by-ip", image: IMAGE, readinessPath: "/ready", port: 5000 },
      { name: "by-cookie", image: IMAGE, affinity: "cookie" },
      {
        name: "by-session",
        image: IMAGE,
        affinity: "cookie",
        cookie: { name: "sid", seconds: 60 },
      },
      { name: "by-key", image: IMAGE, affinity: "key", keys: ROOMS },
    ];
    const { recorder, program } = await runProgram("dev", { workloads });
    deepEqual(Object.keys(program.urls), ["by-ip", "by-cookie", "by-session", "by-key"]);
    deepEqual(recorder.all("aws:Instance"), []);
    deepEqual(recorder.all("awsx:ecr:Repository"), []);
    equal(program.repositoryUrl, null);
    const service = recorder.one("kubernetes:Service", "by-ip").inputs;
    match(String(at(service, "metadata", "annotations", NLB)), /stickiness\.type=source_ip/);
    const targets = (name: string): string =>
      String(at(recorder.one("kubernetes:Ingress", name).inputs, "metadata", "annotations", ALB));
    match(targets("by-cookie"), /stickiness\.type=lb_cookie,.*duration_seconds=86400/);
    match(targets("by-session"), /app_cookie\.cookie_name=sid,.*duration_seconds=60/);
    const { data } = recorder.one("kubernetes:ConfigMap", "by-key-router").inputs;
    match(String(at(data, "haproxy.cfg")), /acl path_0 .* -m str \/rooms/);
    equal(at(container(recorder, "Deployment", "by-ip"), "image"), IMAGE);
    deepEqual(at(container(recorder, "Deployment", "by-ip"), "ports", 0, "containerPort"), 5000);
    deepEqual(at(container(recorder, "StatefulSet", "by-key"), "env"), [
      { name: "PORT", value: "8080" },
      { name: "REPLICA_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ]);
  });

  it("is built from its folder into a repository of its own", async () => {
    const workloads = [{ name: "chat", build: "./app" }];
    const { recorder } = await runProgram("dev", { workloads });
    equal(recorder.one("awsx:ecr:Repository").inputs.name, "sockjs-sticky-dev/chat");
    const image = String(at(container(recorder, "Deployment", "chat"), "image"));
    match(image, /sockjs-sticky-dev\/chat@sha256:/);
  });

  it("gets its secrets from a Secret in its namespace", async () => {
    const workloads = [{ name: "chat", image: IMAGE, secrets: ["API_KEY"] }];
    const secrets = { chat: { API_KEY: "marker-4711" } };
    const { recorder } = await runProgram("dev", { workloads, secrets });
    const secret = recorder.one("kubernetes:Secret", "chat-secrets");
    equal(at(secret.inputs, "metadata", "namespace"), "chat");
    deepEqual(at(container(recorder, "Deployment", "chat"), "envFrom"), [
      { secretRef: { name: "chat-secrets-1234567" } },
    ]);
    const elsewhere = recorder.made.filter((each) => each !== secret);
    ok(!JSON.stringify(elsewhere.map(({ inputs }) => inputs)).includes("marker-4711"));
  });

  it("gets a database of its own, which exists before its pods", async () => {
    const workloads = [
      { app: "company" },
      { name: "chat", image: IMAGE, database: true },
      { name: "board", image: IMAGE, database: true },
    ];
    const { recorder } = await runProgram("dev", { workloads });
    equal(recorder.all("aws:Instance").length, 1);
    equal(recorder.all("sockjs-sticky:DatabaseAdmin").length, 1);
    const urls = ["company", "chat", "board"].map((name) =>
      JSON.stringify(recorder.one("kubernetes:Secret", `${name}-database`).inputs),
    );
    for (const [index, database] of ["/app", "/workload-chat", "/workload-board"].entries()) {
      ok(urls[index]?.includes(database), urls[index]);
    }
    const job = recorder.one("kubernetes:Job", "chat");
    const after = (name: string) =>
      recorder.isAfter(recorder.one("kubernetes:Deployment", name), job);
    deepEqual(["chat", "board", "company"].map(after), [true, false, false]);
    ok(recorder.isAfter(job, recorder.one("aws:Instance")));
  });

  it("warns that a database stays if its workload goes", async () => {
    const chat = { name: "chat", image: IMAGE };
    const { program } = await runProgram("dev", {
      workloads: [{ app: "company" }, { ...chat, database: true }],
    });
    const lastUp = { ...program.guardedSettings };
    deepEqual(lastUp.databases, ["chat"]);
    const changes = { workloads: [{ app: "company" }, chat] };
    const { warnings } = await runProgram("dev", changes, { lastUp });
    deepEqual(warnings, [
      "chat has no database any more: the former one, workload-chat, stays with its data",
    ]);
    deepEqual((await runProgram("dev", changes)).warnings, []);
  });

  it("stands beside built-in apps, of which one stands twice", async () => {
    const workloads = [
      { app: "company" },
      { app: "company", name: "second", affinity: "key" },
      { name: "chat", image: IMAGE },
    ];
    const { recorder, program } = await runProgram("dev", { workloads });
    const built = at(container(recorder, "Deployment", "company"), "image");
    equal(at(container(recorder, "StatefulSet", "second"), "image"), built);
    equal(at(container(recorder, "Deployment", "chat"), "image"), IMAGE);
    equal(recorder.all("aws:Instance").length, 1);
    deepEqual(
      recorder
        .all("kubernetes:Secret")
        .map(({ name }) => name)
        .toSorted(),
      ["company-database", "second-database"],
    );
    ok(await valueOf(program.urls.second ?? ""));
  });
});
