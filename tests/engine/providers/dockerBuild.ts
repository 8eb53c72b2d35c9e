import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Refusal, type Cloud, type Made, type Properties, type Thing } from "./cloud.ts";
import { PUSHED } from "./aws/services.ts";
import { unknownInputs } from "./sdk.ts";
import type { Goal, Provider } from "./provider.ts";
import { changedPaths } from "./wire.ts";

interface ImageInputs {
  context: { location: string };
  tags: [string];
  registries: { address: string; username?: string; password?: string }[];
}

/**
 * The docker-build provider, which builds nothing: the digest is that of the context, so that equal content is one image. What
 * it does to a repository is what the real one (provider/internal/image.go in https://github.com/pulumi/pulumi-docker-build)
 * and ECR do: an immutable tag is never pushed twice, whatever image it is, and an image is deleted by its digest.
 */
export class DockerBuild implements Provider {
  readonly isOnlyInState = true;
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  check({ type, inputs }: Goal) {
    const { context } = inputs as unknown as ImageInputs;
    const dockerfile = join(context.location, "Dockerfile");
    const missing = existsSync(dockerfile) ? [] : [`open ${dockerfile}: no such file or directory`];
    return { inputs, faults: [...unknownInputs(type, inputs), ...missing] };
  }

  /** Passwords do not count, paths and modes of the context do. */
  changes(_type: string, { old, now, outputs }: Record<"old" | "now" | "outputs", Properties>) {
    const withoutPasswords = (inputs: Properties): Properties => {
      const { registries } = inputs as unknown as ImageInputs;
      return {
        ...inputs,
        registries: registries.map(({ address, username }) => ({ address, username })),
      };
    };
    const changed = changedPaths(withoutPasswords(old), withoutPasswords(now));
    const { location } = (now as unknown as ImageInputs).context;
    return outputs.contextHash === contextHash(location) ? changed : [...changed, "contextHash"];
  }

  replaces(): boolean {
    return false;
  }

  create({ inputs }: Goal) {
    const outputs = this.#push(inputs as unknown as ImageInputs);
    return { id: outputs.digest, outputs: { ...inputs, ...outputs } };
  }

  update({ inputs }: Goal): Properties {
    return this.#push(inputs as unknown as ImageInputs);
  }

  /** As it is in the state, for as long as its tag leads to it. */
  read({ inputs }: Goal, id: string, outputs: Properties): Made | undefined {
    const [reference] = outputs.tags as [string];
    const isThere = this.#tagged(reference)?.outputs.digest === outputs.digest;
    return isThere ? { id, inputs, outputs } : undefined;
  }

  /** With all its tags, whoever pushed them. */
  delete({ inputs }: Goal): void {
    const { tags, digest } = inputs as unknown as ImageInputs & { digest: string };
    this.#cloud.remove(PUSHED, `${repositoryOf(tags[0])}@${digest}`);
  }

  #push({ context, tags, registries: [registry] }: ImageInputs) {
    const [reference] = tags;
    const repository = repositoryOf(reference);
    const found = this.#cloud.find(
      "aws:ecr/repository:Repository",
      ({ repositoryUrl }) => repositoryUrl === repository,
    );
    if (found === undefined) {
      throw new Refusal(`failed to push ${reference}: name unknown`);
    }
    if (
      registry?.password === undefined ||
      !registry.address.includes(repository.split("/")[0] ?? "")
    ) {
      throw new Refusal(`failed to push ${reference}: no basic auth credentials`);
    }
    const before = this.#tagged(reference);
    if (before !== undefined && found.outputs.imageTagMutability === "IMMUTABLE") {
      throw new Refusal(`failed to push ${reference}: the image tag already exists`);
    }
    const hash = contextHash(context.location);
    const digest = `sha256:${hash}`;
    if (before !== undefined) {
      this.#put(before.key, repository, without(before, reference));
    }
    const key = `${repository}@${digest}`;
    const tagsBefore = tagsOf(this.#cloud.get(PUSHED, key));
    this.#put(key, repository, [...tagsBefore, reference]);
    return { digest, contextHash: hash, ref: `${reference}@${digest}` };
  }

  #put(key: string, repository: string, tags: string[]): void {
    const outputs = { repository, tags, digest: key.split("@")[1] };
    this.#cloud.put({ type: PUSHED, name: key, key, inputs: {}, outputs });
  }

  #tagged(reference: string): Thing | undefined {
    return this.#cloud.all(PUSHED).find((each) => tagsOf(each).includes(reference));
  }
}

function tagsOf(image: Thing | undefined): string[] {
  return (image?.outputs.tags as string[] | undefined) ?? [];
}

function without(image: Thing, tag: string): string[] {
  return tagsOf(image).filter((each) => each !== tag);
}

function repositoryOf(reference: string): string {
  return reference.replace(/:[^:]*$/, "");
}

/** Of what the real one reads: paths, modes and contents. */
function contextHash(folder: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  for (const name of names) {
    const path = join(folder, name);
    const stats = statSync(path);
    if (stats.isFile()) {
      hash.update(JSON.stringify([name, stats.mode])).update(readFileSync(path));
    }
  }
  return hash.digest("hex");
}
