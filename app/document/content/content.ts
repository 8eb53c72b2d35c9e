import * as Y from "yjs";
import { Contention } from "./contention.ts";
import { Integration } from "./integration.ts";
import { MAX_STORED_DETOURS } from "../limits.ts";
import { Past } from "./past.ts";
import { emptyDoc, structsOf } from "./sharedDoc.ts";
import { StateEncoder } from "./stateEncoder.ts";
import type { Scheduler } from "./scheduler.ts";
import { UpdateReader } from "./updateReader.ts";

/** What is done in a turn, which takes a few milliseconds: steps of an integration, or structs that are encoded. */
const TURN_STEPS = 10_000;
const TURN_STRUCTS = 4000;

/** What is in a document, in memory. What takes long is done in turns, one thing after the other. */
export class Content {
  readonly doc = emptyDoc();
  readonly contention = new Contention();
  readonly scheduler: Scheduler;
  /** What was renewed of it. */
  past = new Past();
  /** Bytes of the state, or more than it has. */
  bytes = 0;
  /** Steps that it took to integrate all, and those of them that were detours. */
  steps = 0;
  detours = 0;
  /** Resolves when all is done that is begun; undefined where nothing is. */
  #line: Promise<void> | undefined;
  /** The whole state, while it is the same. */
  #state: Uint8Array | undefined;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** To open it takes the longer the more these are. */
  get structs(): number {
    return structsOf(this.doc);
  }

  /** Whether nothing is there of which a part is still to be integrated. */
  get isSettled(): boolean {
    return this.#line === undefined;
  }

  async settled(): Promise<void> {
    while (this.#line !== undefined) {
      await this.#line;
    }
  }

  /**
   * Puts updates in, one after the other: at once if there is little to do, or else in turns.
   *
   * @param onFailed gets why one of them, or a part of it, is left out; may throw to leave out the rest, too
   */
  integrate(updates: readonly Uint8Array[], onFailed: (error: unknown) => void): Promise<void> {
    const left = updates.map((update) => {
      this.bytes += update.byteLength;
      const reader = new UpdateReader(update, false);
      return new Integration(this.doc, reader, MAX_STORED_DETOURS, this.contention);
    });
    return this.#inLine(() => this.#integrateSome(left, onFailed));
  }

  /** The state, or what somebody lacks whose state vector this is. */
  async encode(vector?: Uint8Array): Promise<Uint8Array> {
    const known = vector === undefined ? new Map<number, number>() : Y.decodeStateVector(vector);
    const encoder = new StateEncoder(this.doc, known);
    let state: Uint8Array = new Uint8Array();
    await this.#inLine(() => {
      const isWhole = known.size === 0;
      const isKnown = isWhole && this.#state !== undefined;
      if (!isKnown && !encoder.advance(TURN_STRUCTS)) {
        return false;
      }
      state = (isKnown ? this.#state : undefined) ?? encoder.toUint8Array();
      this.#state = isWhole ? state : this.#state;
      return true;
    });
    return state;
  }

  /** The state vector. */
  async vector(): Promise<Uint8Array> {
    let vector: Uint8Array = new Uint8Array();
    await this.#inLine(() => {
      vector = Y.encodeStateVector(this.doc);
      return true;
    });
    return vector;
  }

  /** Takes turns until all is done, after what is begun already; the first one at once, if there is nothing. */
  async #inLine(turn: () => boolean): Promise<void> {
    if (this.#line === undefined && turn()) {
      return;
    }
    const before = this.#line ?? Promise.resolve();
    const done = before.then(() => this.scheduler.run(turn));
    const line: Promise<void> = done
      .catch(() => undefined)
      .then(() => {
        this.#line = this.#line === line ? undefined : this.#line;
      });
    this.#line = line;
    await done;
  }

  /** Whether all is integrated. */
  #integrateSome(left: Integration[], onFailed: (error: unknown) => void): boolean {
    this.#state = undefined;
    for (const end = this.steps + TURN_STEPS; this.steps < end;) {
      const [next] = left;
      if (next === undefined) {
        return true;
      }
      const { steps, detours } = next;
      try {
        if (next.advance(end - this.steps)) {
          left.shift();
        }
      } catch (error) {
        left.shift();
        onFailed(error);
      } finally {
        this.steps += next.steps - steps;
        this.detours += next.detours - detours;
      }
    }
    return left.length === 0;
  }
}
