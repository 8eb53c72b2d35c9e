/** Label by which a Fargate profile selects the pods of a stack. */
const STACK_LABEL = "sockjs-sticky/stack";

/** Labels of every pod of a stack outside of `kube-system`. */
export function stackLabels(stackName: string): Record<string, string> {
  return { [STACK_LABEL]: stackName };
}
