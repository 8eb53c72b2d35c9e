/** Label by which a Fargate profile selects the pods of a stack. */
const STACK_LABEL = "sockjs-sticky/stack";

/** Labels of every pod of a stack, except for pods in `kube-system` of a cluster that the stack creates. */
export function stackLabels(stackName: string): Record<string, string> {
  return { [STACK_LABEL]: stackName };
}
