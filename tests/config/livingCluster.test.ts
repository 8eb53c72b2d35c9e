import { deepEqual, equal, ok } from "node:assert/strict";
import { principalOf } from "../../config/admins.ts";
import { runProgram } from "../mocks/program.ts";
import { programRefusal } from "./refusal.ts";

const CALLER = "arn:aws:iam::111122223333:role/ops/deployer";
const OTHER = "arn:aws:iam::111122223333:role/ops/other";

/** What the last `pulumi up` of stack dev left, by another one than who runs the program now. */
const LAST_UP = { zoneNames: ["us-east-1b", "us-east-1d"], creator: OTHER };

describe("the cluster", () => {
  it("is administered by its creator, who must not be among the admins, whatever the role's path", async () => {
    for (const admin of [CALLER, "arn:aws:iam::111122223333:role/deployer"]) {
      const fault = await programRefusal({ admins: [OTHER, admin] }, {});
      ok(fault.startsWith(`admins[1] is "${admin}"`), fault);
      equal(fault.split("\n").length, 1);
    }
  });

  it("is administered by its creator, even if somebody else runs Pulumi now", async () => {
    const fault = await programRefusal({ admins: [CALLER, OTHER] }, { lastUp: LAST_UP });
    ok(fault.startsWith(`admins[1] is "${OTHER}"`), fault);
    const { program } = await runProgram("dev", { admins: [CALLER] }, { lastUp: LAST_UP });
    equal(program.guardedSettings.creator, OTHER);
  });

  it("accepts any admins if an earlier release created it without recording its creator", async () => {
    const { program } = await runProgram("dev", { admins: [CALLER] }, { lastUp: { zones: 2 } });
    equal(program.guardedSettings.creator, undefined);
  });

  it("records its creator and its zones for the next up", async () => {
    const { program } = await runProgram("dev");
    equal(program.guardedSettings.creator, "arn:aws:sts::111122223333:assumed-role/deployer/ada");
    deepEqual(program.guardedSettings.zoneNames, ["us-east-1a", "us-east-1b"]);
  });

  it("keeps its zones, whichever are available now", async () => {
    const zones = ["us-east-1a", "us-east-1c"];
    const { program, recorder } = await runProgram("dev", {}, { lastUp: LAST_UP, zones });
    deepEqual(recorder.one("awsx:ec2:Vpc").inputs.availabilityZoneNames, LAST_UP.zoneNames);
    deepEqual(program.guardedSettings.zoneNames, LAST_UP.zoneNames);
  });

  it("rejects an older Kubernetes than it has, for example after EKS has upgraded it", async () => {
    const clusters = { "sockjs-sticky-dev": "1.36", "sockjs-sticky-other": "1.40" };
    const lastUp = { ...LAST_UP, kubernetesVersion: "1.35" };
    const fault = await programRefusal({ kubernetesVersion: "1.35" }, { clusters, lastUp });
    ok(fault.startsWith('kubernetesVersion is "1.35"'), fault);
    ok(fault.includes('"1.36"'), fault);
    equal(fault.split("\n").length, 1);
  });

  it("accepts the Kubernetes that it has, a newer one, and any if it was deleted by hand", async () => {
    for (const version of ["1.35", "1.36", undefined]) {
      const own = version === undefined ? {} : { "sockjs-sticky-dev": version };
      const clusters = { ...own, "sockjs-sticky-other": "1.40" };
      await runProgram("dev", { kubernetesVersion: "1.36" }, { clusters, lastUp: LAST_UP });
    }
  });

  it("has all its faults reported at once", async () => {
    const clusters = { "sockjs-sticky-dev": "1.36" };
    const faults = await programRefusal(
      { admins: [OTHER], kubernetesVersion: "1.35" },
      { clusters, lastUp: LAST_UP },
    );
    deepEqual(
      faults.split("\n").map((fault) => fault.split(" ")[0]),
      ["kubernetesVersion", "admins[0]"],
    );
  });
});

describe("principals", () => {
  it("are compared without the path of a role, which the ARN of a session omits", () => {
    const session = "arn:aws:sts::111122223333:assumed-role/ops/i-0a1b";
    equal(principalOf(session), principalOf("arn:aws:iam::111122223333:role/ops"));
    equal(principalOf(session), principalOf("arn:aws:iam::111122223333:role/a/b/ops"));
    const user = "arn:aws:iam::111122223333:user/ops";
    equal(principalOf(user), principalOf("arn:aws:iam::111122223333:user/a/ops"));
  });

  it("differ by partition, account, kind and name", () => {
    const others = [
      "arn:aws:iam::111122223333:role/ops",
      "arn:aws-cn:iam::111122223333:role/ops",
      "arn:aws:iam::444455556666:role/ops",
      "arn:aws:iam::111122223333:user/ops",
      "arn:aws:iam::111122223333:role/ops/i-0a1b",
      "arn:aws:iam::111122223333:root",
      "arn:aws:sts::111122223333:federated-user/ops",
    ];
    equal(new Set(others.map(principalOf)).size, others.length);
  });
});
