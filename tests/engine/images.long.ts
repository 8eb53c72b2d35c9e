import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { chmodSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AppImage } from "../../components/image/appImage.ts";
import { copyContext } from "../../components/image/buildContext.ts";
import { formerImage } from "../../components/image/formerImage.ts";
import { PUSHED } from "./providers/aws/services.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack, type Resource, type Run } from "./support/stack.ts";

const IMAGE = "docker-build:index:Image";

describe("images, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  let place = "";
  let folder = "";
  let settings = { image: undefined as string | undefined, forceDelete: true, hasFormer: false };

  before(async () => (account = await Account.open()));
  after(() => account.close());
  beforeEach(async () => {
    place = mkdtempSync(join(tmpdir(), "sockjs-sticky-image-"));
    folder = join(place, "app");
    cpSync(new URL("../../app/common/page", import.meta.url), folder, { recursive: true });
    write("FROM scratch\n");
    settings = { image: undefined, forceDelete: true, hasFormer: false };
    stack = await Stack.open(account, "images", { like: "dev", program: makeImage });
  });
  afterEach(async () => {
    settings = { ...settings, image: undefined, forceDelete: true, hasFormer: false };
    succeeded(await stack.up());
    succeeded(await stack.destroy());
    rmSync(place, { recursive: true });
    deepEqual(account.cloud.things, []);
  });

  const makeImage = async () => {
    const provider = new aws.Provider("aws", { region: "us-east-1" });
    const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { imageUri } = new AppImage(
      "app",
      {
        ...settings,
        context: copyContext(folder),
        former: settings.hasFormer ? await formerImage(name) : undefined,
        immutableTags: true,
      },
      { providers: [provider] },
    );
    return { imageUri };
  };
  const write = (dockerfile: string): void => writeFileSync(join(folder, "Dockerfile"), dockerfile);
  const running = async (): Promise<string> => String((await stack.outputs()).imageUri?.value);
  const isThere = (uri: string): boolean => account.cloud.get(PUSHED, uri) !== undefined;
  /** The image that runs after an `up`, by digest. */
  const up = async (): Promise<string> => {
    succeeded(await stack.up());
    const uri = await running();
    match(uri, /@sha256:[0-9a-f]{64}$/);
    equal(isThere(uri), true);
    return uri;
  };

  it("are kept when another one is built, and a revert runs them again although tags are immutable", async () => {
    const first = await up();
    write("FROM other\n");
    const second = await up();
    notEqual(second, first);
    write("FROM scratch\n");
    equal(await up(), first);
    deepEqual([isThere(first), isThere(second)], [true, true]);
  });

  it("are not built again in a second up, or from another clone with another umask", async () => {
    await up();
    deepEqual((await stack.up()).steps, []);
    const clone = join(place, "clone");
    renameSync(folder, clone);
    folder = clone;
    chmodSync(join(folder, "Dockerfile"), 0o600);
    deepEqual((await stack.up()).steps, []);
    deepEqual((await stack.refresh()).steps, []);
  });

  it("are built and pushed again if one was deleted from the repository", async () => {
    const uri = await up();
    account.cloud.remove(PUSHED, uri);
    succeeded(await stack.refresh());
    equal(await up(), uri);
  });

  it("are kept when an older one runs, and when the newest one runs again", async () => {
    const first = await up();
    write("FROM other\n");
    const second = await up();
    settings.image = first;
    equal(await up(), first);
    deepEqual((await stack.up()).steps, []);
    equal(isThere(second), true);
    settings.image = undefined;
    equal(await up(), second);
    equal(isThere(first), true);
  });

  for (const change of ["without", "with"]) {
    it(`are kept in the first up after an earlier version of the program, ${change} a change`, async () => {
      const first = await up();
      stack.rewrite(asFormerVersion);
      settings.hasFormer = true;
      if (change === "with") {
        write("FROM other\n");
      }
      await up();
      equal(isThere(first), true);
      deepEqual((await stack.up()).steps, []);
      write("FROM third\n");
      await up();
      equal(isThere(first), true);
    });
  }

  it("cannot be replaced in the first up after an earlier version of the program, which fails before anything is changed", async () => {
    const first = await up();
    stack.rewrite(asFormerVersion);
    settings = { ...settings, hasFormer: true, image: first };
    const before = account.cloud.operations.length;
    for (const { succeeded: hasSucceeded, faults } of [await stack.preview(), await stack.up()]) {
      equal(hasSucceeded, false);
      ok(faults.some(({ message }) => message.startsWith(`image is "${first}"`)));
    }
    equal(account.cloud.operations.length, before);
    equal(isThere(first), true);
  });

  it("keep their repository if destroy may not delete them", async () => {
    settings.forceDelete = false;
    const first = await up();
    const { succeeded: hasSucceeded, output } = await stack.destroy();
    equal(hasSucceeded, false);
    match(output, /repository/i);
    equal(isThere(first), true);
  });
});

/** By the tag, below `awsx.ecr.Image`, and to be deleted with the resource. */
function asFormerVersion(resources: Resource[]): Resource[] {
  return resources.flatMap((resource) => {
    if (resource.type !== IMAGE) {
      return [resource];
    }
    const parent = resource.parent ?? "";
    const middle = {
      urn: `${parent.replace(/::[^:]*$/, "")}$awsx:ecr:Image::app`,
      custom: false,
      type: "awsx:ecr:Image",
      parent,
    };
    const urn = `${middle.urn.replace(/::[^:]*$/, "")}$${IMAGE}::0123456789abcdef-0123456789ab`;
    return [middle, { ...resource, urn, parent: middle.urn, retainOnDelete: false }];
  });
}

function succeeded(run: Run): void {
  ok(run.succeeded, run.output);
}
