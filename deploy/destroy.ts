import { accountFault, accountsOf } from "./aws.ts";
import { clusterOf, controllerFault, isGone } from "./cluster.ts";
import { pendingCreatesFault } from "./pendingCreates.ts";
import { runPulumi, stackOf } from "./pulumi.ts";
import { stateOf } from "./state.ts";

/** Runs `pulumi destroy`, unless a fault must be settled before; explains a failure that Pulumi does not explain. */
const args = process.argv.slice(2);
process.exitCode = await destroy(stackOf(args));

async function destroy(stack: string): Promise<number> {
  const state = (await stateOf(stack)) ?? {};
  const cluster = clusterOf(state);
  const accounts = await accountsOf(state);
  const cause = async () => cluster && (await controllerFault(cluster, state));
  const fault = accountFault(accounts) ?? pendingCreatesFault(stack, state) ?? (await cause());
  if (fault !== undefined) {
    console.error(fault);
    return 1;
  }
  const isInStack = accounts.ofStack !== undefined && accounts.ofStack === accounts.ofCaller;
  if (cluster !== undefined && isInStack && (await isGone(cluster))) {
    console.error(
      `cluster ${cluster.name} is gone: Pulumi forgets what was in it; delete what its load balancer controller has left in AWS, tagged elbv2.k8s.aws/cluster = ${cluster.name}`,
    );
    return runPulumi("destroy", args, { PULUMI_K8S_DELETE_UNREACHABLE: "true" });
  }
  const status = await runPulumi("destroy", args);
  const found = status === 0 ? undefined : await cause();
  if (found !== undefined) {
    console.error(found);
  }
  return status;
}
