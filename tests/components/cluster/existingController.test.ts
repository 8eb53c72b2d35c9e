import { equal, rejects } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ExistingController } from "../../../components/cluster/existingController.ts";
import { mockPulumi, promiseOf } from "../../mocks/mocks.ts";

const NAME = "public.ecr.aws/eks/aws-load-balancer-controller";

/** What a controller with an image resolves to. */
async function imageOf(controllerImage: string): Promise<unknown> {
  await mockPulumi({ controllerImage });
  return promiseOf(new ExistingController("apps").image);
}

describe("an existing load balancer controller", () => {
  for (const tag of [":v2.9.0", ":v2.13.4", ":v3.0.0", ":3.1", "@sha256:2810"]) {
    it(`may have the image ${tag}`, async () => {
      equal(await imageOf(NAME + tag), NAME + tag);
    });
  }

  for (const tag of [":v2.8.3", ":v1.1.9", ":2.4"]) {
    it(`is too old with the image ${tag}`, async () => {
      await rejects(imageOf(NAME + tag), (error) => {
        equal(
          (error as Error).message,
          `image of Deployment kube-system/aws-load-balancer-controller is "${NAME}${tag}"; it must be version 2.9 or later, which sets idle timeouts; upgrade it`,
        );
        return pulumi.RunError.isInstance(error);
      });
    });
  }
});
