import process from "node:process";
import { findCli } from "./tests/engine/support/cli.ts";

const ENGINE_TESTS = "tests/engine/*.test.ts";
const hasCli = findCli() !== undefined;

if (!hasCli && process.env.CI !== undefined) {
  throw new Error(`${ENGINE_TESTS} need a Pulumi CLI on PATH; .ci/run builds one`);
}
if (!hasCli) {
  process.stderr.write(`${ENGINE_TESTS} are left out: there is no Pulumi CLI that works\n`);
}

export default {
  spec: ["tests/**/*.test.ts"],
  ignore: hasCli ? [] : [ENGINE_TESTS],
  require: ["tests/support/hooks.ts"],
  forbidOnly: true,
  forbidPending: true,
  // Above the longest wait for a condition, which then says what was waited for.
  timeout: 120000,
  slow: 5000,
  parallel: true,
  jobs: 2,
};
