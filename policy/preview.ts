import { runPulumi } from "../deploy/pulumi.ts";
import { TARGETED } from "./targeted.ts";

const WITHOUT_POLICIES = "--no-policy";

/** Options of Pulumi by which a preview is not of the whole program. */
const TARGETING = /^(-t|--target|--exclude)/;

/** Runs `pulumi preview` with the policies beside this file, and whatever else Pulumi is to be told. */
const given = process.argv.slice(2);
const policies = given.includes(WITHOUT_POLICIES) ? [] : ["--policy-pack", import.meta.dirname];
const args = given.filter((each) => each !== WITHOUT_POLICIES);
const env = given.some((each) => TARGETING.test(each)) ? { [TARGETED]: "true" } : {};
process.exitCode = await runPulumi("preview", [...policies, ...args], env);
