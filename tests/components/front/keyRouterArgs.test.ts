import { deepEqual, equal, match } from "node:assert/strict";
import { sentenceOf } from "../../../app/contract/fault.ts";
import { routeFaults } from "../../../components/front/keyRouteFaults.ts";
import {
  KeyRouter,
  ROUTER_DEFAULTS,
  type KeyRouterArgs,
} from "../../../components/front/keyRouter.ts";
import { listenerFaults } from "../../../components/front/listener.ts";
import { NETWORK_DEFAULTS, serviceAnnotations } from "../../../components/front/nlbAnnotations.ts";
import { at, mockPulumi } from "../../mocks/mocks.ts";
import { rejection } from "../../mocks/rejection.ts";

/** What has no default. */
const ARGS: KeyRouterArgs = {
  namespace: "talk",
  routes: [{ path: "/rooms", key: { from: "path" } }],
  replicas: 3,
  port: 8080,
  selector: { "app.kubernetes.io/name": "chat" },
};

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

describe("args of KeyRouter", () => {
  it("needs only the replicas, their namespace and the keys", async () => {
    const recorder = await mockPulumi();
    new KeyRouter("chat", ARGS);
    await recorder.settle();
    const { inputs } = recorder.one("kubernetes:Service", "chat-router");
    deepEqual(at(inputs, "metadata", "annotations"), {
      ...serviceAnnotations({
        ...NETWORK_DEFAULTS,
        affinity: "none",
        proxyProtocol: true,
        readinessPath: "/router/readyz",
      }),
      "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
    });
    const template = at(recorder.one("kubernetes:Deployment").inputs, "spec", "template");
    deepEqual(at(template, "metadata", "labels"), { "app.kubernetes.io/name": "chat-router" });
    equal(at(template, "spec", "containers", 0, "image"), ROUTER_DEFAULTS.image);
    const config = at(recorder.one("kubernetes:ConfigMap").inputs, "data", "haproxy.cfg");
    match(String(config), /^ {2}timeout client 350s$/m);
    match(String(config), /^ {2}http-check send meth GET uri \/ ver/m);
  });

  it("may close silent connections sooner than a TLS listener does", async () => {
    const recorder = await mockPulumi();
    new KeyRouter("chat", { ...ARGS, certificateArn: CERTIFICATE, idleTimeoutSeconds: 90 });
    await recorder.settle();
    const config = at(recorder.one("kubernetes:ConfigMap").inputs, "data", "haproxy.cfg");
    match(String(config), /^ {2}timeout client 90s$/m);
  });

  it("rejects arguments with every fault, before the first child", async () => {
    const faulty = {
      ...{ idleTimeoutSeconds: 351, replicas: 0, port: 0, routerReplicas: 1, routes: [] },
      ...{ sourceRanges: [], readinessPath: "/a b" },
    };
    const message = await rejection(
      "KeyRouter",
      () => new KeyRouter("chat", { ...ARGS, ...faulty, certificateArn: CERTIFICATE }),
    );
    deepEqual(message.split("\n"), [
      "routerReplicas is 1; it must be a whole number from 2 (for example 2)",
      "replicas is 0; it must be a whole number from 1 (for example 1)",
      "port is 0; it must be a whole number from 1 to 65535 (for example 1)",
      "idleTimeoutSeconds is 351; it must be a whole number from 60 to 350 (for example 60)",
      ...listenerFaults(faulty).map(sentenceOf),
      ...routeFaults([]).map(sentenceOf),
    ]);
  });
});
