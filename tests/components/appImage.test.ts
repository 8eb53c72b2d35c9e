import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as k8s from "@pulumi/kubernetes";
import { AppImage, type AppImageArgs } from "../../components/appImage.ts";
import { contentTag } from "../../components/contentTag.ts";
import { mockPulumi, valueOf } from "../support/mocks.ts";

const CONTEXT = fileURLToPath(new URL("../../app", import.meta.url));
const ARGS: AppImageArgs = { context: CONTEXT, immutableTags: true, forceDelete: false };
const URL_OF_REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/chat";

async function mockedImage(changes: Partial<AppImageArgs> = {}) {
  const recorder = await mockPulumi();
  const image = new AppImage("chat", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, image };
}

describe("AppImage", () => {
  it("makes a repository and an image, whose own children a mock cannot show", async () => {
    const { recorder } = await mockedImage();
    deepEqual(recorder.counts(), {
      "awsx:ecr:Image": 1,
      "awsx:ecr:Repository": 1,
      "sockjs-sticky:AppImage": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:AppImage", "chat"), []);
  });

  it("scans what is pushed and keeps the 20 newest images, untagged ones for a day", async () => {
    const { recorder } = await mockedImage();
    deepEqual(recorder.one("awsx:ecr:Repository").inputs, {
      name: "chat",
      forceDelete: false,
      imageScanningConfiguration: { scanOnPush: true },
      imageTagMutability: "IMMUTABLE",
      lifecyclePolicy: {
        rules: [
          { description: "untagged: a day", tagStatus: "untagged", maximumAgeLimit: 1 },
          { description: "all: the newest", tagStatus: "any", maximumNumberOfImages: 20 },
        ],
      },
    });
  });

  it("allows a second push, and destroy with images in it, only when told to", async () => {
    const { recorder } = await mockedImage({ immutableTags: false, forceDelete: true });
    const { inputs } = recorder.one("awsx:ecr:Repository");
    equal(inputs.imageTagMutability, "MUTABLE");
    equal(inputs.forceDelete, true);
  });

  it("builds for Fargate's processors and tags by content", async () => {
    const { recorder } = await mockedImage();
    deepEqual(recorder.one("awsx:ecr:Image").inputs, {
      repositoryUrl: URL_OF_REPOSITORY,
      context: CONTEXT,
      imageTag: contentTag(CONTEXT),
      platform: "linux/amd64",
    });
  });

  it("gives the image by digest, and only when it was pushed", async () => {
    const recorder = await mockPulumi();
    const { imageUri, repositoryUrl } = new AppImage("chat", ARGS);
    new k8s.core.v1.ConfigMap("user", { data: { imageUri } });
    await recorder.settle();
    equal(await valueOf(imageUri), `${URL_OF_REPOSITORY}@sha256:1`);
    equal(await valueOf(repositoryUrl), URL_OF_REPOSITORY);
    const user = recorder.one("kubernetes:ConfigMap");
    equal(recorder.isAfter(user, recorder.one("awsx:ecr:Image")), true);
  });

  it("lives twice side by side", async () => {
    const recorder = await mockPulumi();
    new AppImage("one", ARGS);
    new AppImage("two", ARGS);
    await recorder.settle();
    const names = recorder.all("awsx:ecr:Repository").map(({ inputs }) => inputs.name);
    deepEqual(names.toSorted(), ["one", "two"]);
    equal(recorder.all("awsx:ecr:Image").length, 2);
  });
});
