import { deepEqual, equal, match, notEqual, throws } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AppImage, type AppImageArgs } from "../../../components/image/appImage.ts";
import { digestOf } from "../../mocks/mockCloud.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";

const CONTEXT = { location: ".data/contexts/0123456789abcdef", hash: "0123456789abcdef" };
const ARGS: AppImageArgs = { context: CONTEXT, immutableTags: true, forceDelete: false };
const FORMER =
  "urn:pulumi:dev::sockjs-sticky::sockjs-sticky:index:AppImage$awsx:ecr:Image$docker-build:index:Image::a-b";
const KEPT = { ignoreChanges: ["tags"], retainOnDelete: true, aliases: [] };
const URL_OF_REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/chat";

async function mockedImage(changes: Partial<AppImageArgs> = {}) {
  const recorder = await mockPulumi();
  const image = new AppImage("chat", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, image };
}

describe("AppImage", () => {
  it("creates a repository and an image, whose own children a mock cannot show", async () => {
    const { recorder } = await mockedImage();
    deepEqual(recorder.counts(), {
      "awsx:ecr:Repository": 1,
      "docker-build:index:Image": 1,
      "sockjs-sticky:AppImage": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:AppImage", "chat"), []);
  });

  it("scans pushed images and keeps the 20 newest, and untagged ones for a day", async () => {
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

  it("allows pushing a tag again and destroying a repository with images only when configured", async () => {
    const { recorder } = await mockedImage({ immutableTags: false, forceDelete: true });
    const { inputs } = recorder.one("awsx:ecr:Repository");
    equal(inputs.imageTagMutability, "MUTABLE");
    equal(inputs.forceDelete, true);
  });

  it("builds for Fargate's platform and pushes with a registry login, which is secret", async () => {
    const { recorder } = await mockedImage();
    const { tags, registries, ...inputs } = recorder.one("docker-build:index:Image").inputs;
    deepEqual(inputs, {
      ...{ buildOnPreview: true, network: "default" },
      push: true,
      context: { location: CONTEXT.location },
      platforms: ["linux/amd64"],
    });
    const host = URL_OF_REPOSITORY.split("/")[0] ?? "";
    equal(pulumi.runtime.isRpcSecret(registries), true);
    const login = { username: "AWS", password: "password-of-the-registry" };
    deepEqual(pulumi.runtime.unwrapRpcSecret(registries), [
      { address: `https://${host}`, ...login },
    ]);
    match(String(at(tags, 0)), new RegExp(`^${URL_OF_REPOSITORY}:[0-9a-f]{16}-\\d{8}T\\d{9}Z$`));
  });

  it("names the image by its content, never pushes a tag twice and never deletes an image", async () => {
    const builds = [ARGS, ARGS, { ...ARGS, context: { ...CONTEXT, hash: "fedcba9876543210" } }];
    const images = [];
    for (const args of builds) {
      const { recorder } = await mockedImage(args);
      images.push(recorder.one("docker-build:index:Image"));
    }
    const [first, again, other] = images.map(({ name }) => name);
    match(first ?? "", /^chat-[0-9a-f]{16}$/);
    equal(again, first);
    notEqual(other, first);
    for (const { ignoreChanges, retainOnDelete, aliases } of images) {
      deepEqual({ ignoreChanges, retainOnDelete, aliases }, KEPT);
    }
  });

  it("adopts the image of an earlier version, with another tag", async () => {
    const { recorder } = await mockedImage({ former: FORMER });
    const { ignoreChanges, retainOnDelete, aliases } = recorder.one("docker-build:index:Image");
    deepEqual(
      { ignoreChanges, retainOnDelete, aliases },
      { ...KEPT, ignoreChanges: [], aliases: [FORMER] },
    );
  });

  it("keeps the repository and builds nothing if an image is given", async () => {
    const given = `${URL_OF_REPOSITORY}@sha256:2`;
    const { recorder, image } = await mockedImage({ image: given });
    deepEqual(recorder.all("docker-build:index:Image"), []);
    equal(recorder.all("awsx:ecr:Repository").length, 1);
    equal(await valueOf(image.imageUri), given);
    equal(await valueOf(image.repositoryUrl), URL_OF_REPOSITORY);
  });

  it("rejects another image, before anything is created, while an earlier version's image would be deleted", async () => {
    const recorder = await mockPulumi();
    const args = { ...ARGS, image: `${URL_OF_REPOSITORY}@sha256:2`, former: FORMER };
    throws(() => new AppImage("chat", args), /^Error: image is ".*@sha256:2"/);
    await recorder.settle();
    deepEqual(recorder.counts(), { "sockjs-sticky:AppImage": 1 });
  });

  it("outputs the image by digest once it is pushed", async () => {
    const recorder = await mockPulumi();
    const { imageUri, repositoryUrl } = new AppImage("chat", ARGS);
    new k8s.core.v1.ConfigMap("user", { data: { imageUri } });
    await recorder.settle();
    const image = recorder.one("docker-build:index:Image");
    equal(await valueOf(imageUri), `${URL_OF_REPOSITORY}@${digestOf(image.name)}`);
    equal(await valueOf(repositoryUrl), URL_OF_REPOSITORY);
    equal(recorder.isAfter(recorder.one("kubernetes:ConfigMap"), image), true);
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new AppImage("one", ARGS);
    new AppImage("two", ARGS);
    await recorder.settle();
    const names = recorder.all("awsx:ecr:Repository").map(({ inputs }) => inputs.name);
    deepEqual(names.toSorted(), ["one", "two"]);
    equal(recorder.all("docker-build:index:Image").length, 2);
  });
});
