import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { ResumingClient } from "../../app/client/resumingClient.ts";
import { SockjsSession } from "../../verify/sockjs/session.ts";
import { TRANSPORTS } from "../../verify/sockjs/transport.ts";
import { closeEditors, converge, keepWriting, type Editor } from "../drivers/documentEditor.ts";
import { DocumentVisitor } from "../drivers/documentVisitor.ts";
import { openAll, visitors } from "../drivers/localDocument.ts";
import { waitFor } from "../drivers/waitFor.ts";

const TALKERS = 14;
const REGISTRARS = 6;
const EDITORS = 6;

/** A client that keeps creating companies, and retries each until it is acknowledged. */
export class Registrar {
  /** Numbers that were acknowledged. */
  readonly created: string[] = [];
  /** Statuses other than success and "not now". */
  readonly faults: number[] = [];
  readonly #name: string;
  readonly #origin: string;
  #isOver = false;
  readonly #ended: Promise<void>;

  constructor(name: string, origin: string) {
    this.#name = name;
    this.#origin = origin;
    this.#ended = this.#create();
  }

  /** The numbers of those that were acknowledged and are not there. */
  async lost(): Promise<string[]> {
    const statuses = await Promise.all(
      this.created.map(async (number) => {
        const { statusCode, body } = await request(`${this.#origin}/companies/${number}`);
        await body.dump();
        return statusCode;
      }),
    );
    return this.created.filter((_number, index) => statuses[index] !== 200);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  #goesOn(): boolean {
    return !this.#isOver;
  }

  async #create(): Promise<void> {
    for (let next = 0; this.#goesOn(); next++) {
      const number = `${this.#name}${next}`;
      while (this.#goesOn()) {
        const status = await this.#ask(number);
        if (status === 201) {
          this.created.push(number);
          break;
        }
        if (status !== undefined && status !== 503) {
          this.faults.push(status);
        }
        await sleep(20);
      }
      await sleep(10);
    }
  }

  /** The status of the answer, if there is one. */
  async #ask(businessNumber: string): Promise<number | undefined> {
    try {
      const { statusCode, body } = await request(`${this.#origin}/companies`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": businessNumber },
        body: JSON.stringify({ legalName: "A", businessNumber }),
      });
      await body.dump();
      return statusCode;
    } catch {
      return undefined;
    }
  }
}

/** Longest wait until all have got on, or all is echoed, in seconds. */
const GETS_ON_SECONDS = 120;

/** Clients of all workloads, which continue when parts of the run fail. */
export class Load {
  readonly #origins: readonly string[];
  readonly talkers: ResumingClient[] = [];
  readonly registrars: Registrar[] = [];
  editors: Editor[] = [];
  #id = "";
  #stopWriting = (): Promise<void> => Promise.resolve();
  #talk: NodeJS.Timeout | undefined;

  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  async begin(): Promise<void> {
    const [echo = "", company = "", document = ""] = this.#origins;
    for (let index = 0; index < TALKERS; index++) {
      const transport = TRANSPORTS[index % TRANSPORTS.length] ?? "websocket";
      const source = `127.0.1.${index + 1}`;
      const connect = () => new SockjsSession({ url: `${echo}/echo`, transport, source });
      const talker = new ResumingClient({ connect });
      talker.connect();
      this.talkers.push(talker);
    }
    this.#talk = setInterval(() => this.talkers.forEach((talker) => talker.send("hello")), 100);
    for (let index = 0; index < REGISTRARS; index++) {
      this.registrars.push(new Registrar("ABCDEF".charAt(index), company));
    }
    const people = visitors({ origin: document }, EDITORS);
    this.#id = (await people[0]?.create("Load")) ?? "";
    this.editors = await openAll(people, this.#id);
    this.#stopWriting = keepWriting(this.editors);
    await this.goesOn();
  }

  /** Waits until everyone has got on. */
  async goesOn(): Promise<void> {
    const before = this.#progress();
    const stuck = (): string[] =>
      [...this.#progress()]
        .filter(([who, now]) => now <= (before.get(who) ?? 0) + 1)
        .map(([who]) => who);
    await waitFor(
      () => `everyone gets on: ${stuck().join(", ")}`,
      () => stuck().length === 0,
      GETS_ON_SECONDS,
    );
  }

  /** How much each has got done. */
  #progress(): Map<string, number> {
    const talkers = this.talkers.map(({ counts }) => counts.echoed);
    const registrars = this.registrars.map(({ created }) => created.length);
    const editors = this.editors.map(({ acknowledged }) => acknowledged.length);
    return new Map(
      Object.entries({ talkers, registrars, editors }).flatMap(([kind, all]) =>
        all.map((done, index) => [`${kind}[${index}]`, done]),
      ),
    );
  }

  /** Stops asking for more. */
  async end(): Promise<void> {
    clearInterval(this.#talk);
    await Promise.all([this.#stopWriting(), ...this.registrars.map((each) => each.end())]);
  }

  /** What was acknowledged and is not there, or there twice. */
  async lost() {
    await waitFor(
      "all is echoed",
      () => this.talkers.every(({ waiting }) => waiting === 0),
      GETS_ON_SECONDS,
    );
    await converge(this.editors);
    const [, , document = ""] = this.#origins;
    const [reader] = await openAll([new DocumentVisitor(document, "127.0.1.99")], this.#id);
    const kept = reader?.paragraphs ?? [];
    const companies = await Promise.all(this.registrars.map((each) => each.lost()));
    return {
      companies: companies.flat(),
      messages: this.talkers
        .map(({ counts }) => counts)
        .filter(({ sent, echoed, doubled, lost }) => sent !== echoed || doubled + lost > 0),
      paragraphs: this.editors
        .flatMap(({ written }) => written)
        .filter((text) => kept.filter((each) => each === text).length !== 1),
    };
  }

  /** Answers other than that something was done, or cannot be done now. */
  get faults(): number[] {
    return this.registrars.flatMap(({ faults }) => faults);
  }

  close(): void {
    clearInterval(this.#talk);
    this.talkers.forEach((talker) => talker.close());
    closeEditors();
  }
}
