import { accountFault, accountsOf } from "./aws.ts";
import { pendingCreatesFault } from "./pendingCreates.ts";
import { runPulumi, stackOf } from "./pulumi.ts";
import { stateOf } from "./state.ts";

/** Runs `pulumi up`, unless a fault must be settled before, such as leftovers of an interrupted run. */
const args = process.argv.slice(2);
process.exitCode = await up(stackOf(args));

async function up(stack: string): Promise<number> {
  const state = (await stateOf(stack)) ?? {};
  const fault = accountFault(await accountsOf(state)) ?? pendingCreatesFault(stack, state);
  if (fault !== undefined) {
    console.error(fault);
    return 1;
  }
  return runPulumi("up", args);
}
