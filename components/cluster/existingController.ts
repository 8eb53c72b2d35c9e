import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";
import { CONTROLLER, CONTROLLER_NAMESPACE } from "./loadBalancerController.ts";

/**
 * The oldest version that supports what the load balancers need. Idle timeouts came last.
 *
 * Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller/releases/tag/v2.9.0
 */
const MIN_VERSION = [2, 9] as const;

/** An existing AWS Load Balancer Controller, which the stack only reads. */
export class ExistingController extends pulumi.ComponentResource {
  /** Its image; empty if no container has the usual one. */
  readonly image: pulumi.Output<string>;

  /** @throws pulumi.RunError when Pulumi has read it, if it is too old */
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:ExistingController", name, {}, opts);
    const id = `${CONTROLLER_NAMESPACE}/${CONTROLLER}`;
    const deployment = k8s.apps.v1.Deployment.get(`${name}-controller`, id, {
      parent: this,
    });
    this.image = deployment.spec.template.spec.containers.apply((containers) => {
      const image = containers.map((each) => each.image).find(isController) ?? "";
      checkVersion(image);
      return image;
    });
    this.registerOutputs({ image: this.image });
  }
}

function isController(image: string | undefined): boolean {
  return image?.includes(CONTROLLER) === true;
}

/** Accepts images by digest or with another name, because their version is unknown. */
function checkVersion(image: string): void {
  const version = /:v?(\d+)\.(\d+)/.exec(image)?.slice(1).map(Number);
  const [major = Infinity, minor = Infinity] = version ?? [];
  const [minMajor, minMinor] = MIN_VERSION;
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    throw new pulumi.RunError(
      sentenceOf({
        name: `image of Deployment ${CONTROLLER_NAMESPACE}/${CONTROLLER}`,
        got: image,
        mustBe: `version ${minMajor}.${minMinor} or later, which sets idle timeouts`,
        fix: "upgrade it",
      }),
    );
  }
}
