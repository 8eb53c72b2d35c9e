import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Refusal, type Cloud, type Properties } from "./cloud.ts";
import { PUSHED } from "./aws/services.ts";
import { unknownInputs } from "./sdk.ts";
import type { Asked, Provider } from "./server.ts";

interface ImageInputs {
  context: { location: string };
  tags: [string];
  registries: { address: string; username?: string; password?: string }[];
}

/** The docker-build provider: builds nothing, and pushes into the repositories of the account. */
export class DockerBuild implements Provider {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  check({ type, inputs }: Asked) {
    const { context } = inputs as unknown as ImageInputs;
    const dockerfile = join(context.location, "Dockerfile");
    const missing = existsSync(dockerfile) ? [] : [`open ${dockerfile}: no such file or directory`];
    return { inputs, faults: [...unknownInputs(type, inputs), ...missing] };
  }

  replaces(): boolean {
    return false;
  }

  create({ inputs }: Asked) {
    const digest = this.#push(inputs as unknown as ImageInputs);
    return { id: randomUUID(), outputs: { ...inputs, digest } };
  }

  update({ inputs }: Asked): Properties {
    return { digest: this.#push(inputs as unknown as ImageInputs) };
  }

  delete(): void {
    // What was pushed stays.
  }

  #push({ tags: [reference], registries: [registry] }: ImageInputs): string {
    const [repository = "", tag = ""] = reference.split(/:(?=[^:]*$)/);
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
    // The tag is made from the content.
    const digest = `sha256:${createHash("sha256").update(tag).digest("hex")}`;
    const key = `${repository}@${digest}`;
    this.#cloud.put({ type: PUSHED, name: key, key, inputs: {}, outputs: { repository } });
    return digest;
  }
}
