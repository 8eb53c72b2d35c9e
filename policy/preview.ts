import { spawn } from "node:child_process";
import { TARGETED } from "./targeted.ts";

const WITHOUT_POLICIES = "--no-policy";

/** Options of Pulumi by which a preview is not of the whole program. */
const TARGETING = /^(-t|--target|--exclude)/;

/** Runs `pulumi preview` with the policies beside this file, and whatever else Pulumi is to be told. */
const given = process.argv.slice(2);
const policies = given.includes(WITHOUT_POLICIES) ? [] : ["--policy-pack", import.meta.dirname];
const args = given.filter((each) => each !== WITHOUT_POLICIES);
const env = given.some((each) => TARGETING.test(each)) ? { [TARGETED]: "true" } : {};
const pulumi = spawn("pulumi", ["preview", "--stack", "dev", ...policies, ...args], {
  stdio: "inherit",
  env: { ...process.env, ...env },
});
// A terminal interrupts both, and Pulumi ends when it has cleaned up.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", (signal) => pulumi.kill(signal));
pulumi.on("exit", (code) => (process.exitCode = code ?? 1));
pulumi.on("error", ({ message }) => {
  console.error(
    `pulumi is not to be run (${message}): allowed is Pulumi's command on PATH; run npm ci`,
  );
  process.exitCode = 1;
});
