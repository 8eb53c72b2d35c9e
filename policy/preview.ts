import { runPulumi } from "../deploy/pulumi.ts";
import { TARGETED } from "./targeted.ts";

const WITHOUT_POLICIES = "--no-policy";

/** Options of Pulumi that limit a preview to a part of the program. */
const TARGETING = /^(-t|--target|--exclude)/;

/** Runs `pulumi preview` with the policies in this folder, and with the given arguments. */
const given = process.argv.slice(2);
const policies = given.includes(WITHOUT_POLICIES) ? [] : ["--policy-pack", import.meta.dirname];
const args = given.filter((each) => each !== WITHOUT_POLICIES);
const env = given.some((each) => TARGETING.test(each)) ? { [TARGETED]: "true" } : {};
process.exitCode = await runPulumi("preview", [...policies, ...args], env);
