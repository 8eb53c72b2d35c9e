export type Properties = Record<string, unknown>;

/** What a provider made, or what a controller made for it. */
export interface Thing {
  type: string;
  /** The resource's name in the program; of what a controller made, whom it is for. */
  name: string;
  /** Unlike in the whole account. */
  key: string;
  inputs: Properties;
  outputs: Properties;
}

/** What the engine asked of a provider. */
export interface Operation {
  op: "create" | "update" | "delete";
  type: string;
  name: string;
  urn: string;
  inputs: Properties;
  /** Why it was rejected, if it was. */
  refusal?: string;
}

/** A cloud's answer to what it does not do; the engine shows it as it is. */
export class Refusal extends Error {}

/** A resource as a provider answers it. */
export interface Made {
  id: string;
  outputs: Properties;
  /** Where a provider reads inputs that are not those of the state. */
  inputs?: Properties;
}

/** The thing is there, and not ready: Pulumi keeps it in the state, with these reasons. */
export class NotReady extends Refusal {
  readonly made: Made;
  readonly reasons: readonly string[];

  constructor(message: string, made: Made, reasons: readonly string[] = []) {
    super(message);
    this.made = made;
    this.reasons = [message, ...reasons];
  }
}

/** Which operations fail, and how: nothing is done; it is done and does not become ready; or that is waited for until the engine cancels it. */
export type Trouble = (operation: Operation) => "refused" | "not ready" | "hangs" | undefined;

/** An account with all that is in it, and a record of what was asked of it. */
export class Cloud {
  readonly accountId = "111122223333";
  /** The IAM role, with its path, whose session makes and asks everything. */
  readonly callerRole = "ops/deployer";
  /** How many Availability Zones a region has. */
  zones = 4;
  /** Letters of zones that are not available now. */
  lostZones = "";
  /** Has no load balancer controller do anything, though it is there. */
  controllersAreDown = false;
  /** Has every Job that starts fail, as when its database rejects it. */
  jobsFail = false;
  /** All operations, in the order in which they ended. */
  readonly operations: Operation[] = [];
  trouble: Trouble = () => undefined;
  #things = new Map<string, Thing>();

  get things(): Thing[] {
    return [...this.#things.values()];
  }

  all(type: string): Thing[] {
    return this.things.filter((each) => each.type === type);
  }

  get(type: string, key: unknown): Thing | undefined {
    return this.#things.get(`${type} ${String(key)}`);
  }

  /** @throws Refusal where there is none */
  need(type: string, key: unknown): Thing {
    const thing = this.get(type, key);
    if (thing === undefined) {
      throw new Refusal(`NotFound: there is no ${type} ${String(key)}`);
    }
    return thing;
  }

  find(type: string, is: (outputs: Properties) => boolean): Thing | undefined {
    return this.all(type).find(({ outputs }) => is(outputs));
  }

  put(thing: Thing): void {
    this.#things.set(`${thing.type} ${thing.key}`, thing);
  }

  remove(type: string, key: string): void {
    this.#things.delete(`${type} ${key}`);
  }

  /** What gives back all that is there now. */
  snapshot(): () => void {
    const things = structuredClone(this.#things);
    return () => {
      this.#things = structuredClone(things);
    };
  }
}
