import * as Y from "yjs";
import { Contention } from "./contention.ts";
import { Integration } from "./integration.ts";
import { MAX_STORED_DETOURS } from "../limits.ts";
import { Past } from "./past.ts";
import { emptyDoc, structsOf } from "./sharedDoc.ts";
import { StateEncoder } from "./stateEncoder.ts";
import type { Scheduler } from "./scheduler.ts";
import { UpdateReader } from "./updateReader.ts";

/** Work of a slice, which takes a few milliseconds: integration steps, or encoded structs. */
const SLICE_STEPS = 10_000;
const SLICE_STRUCTS = 4000;

/** The content of a document in memory. Its operations run one after the other, long ones in slices. */
export class Content {
  readonly doc = emptyDoc();
  readonly contention = new Contention();
  readonly scheduler: Scheduler;
  /** The content before the last renewal. */
  past = new Past();
  /** An upper bound of the state's bytes. */
  bytes = 0;
  /** Steps that the integration of all updates took, and the detours among them. */
  steps = 0;
  detours = 0;
  /** Resolves when all operations so far are done; undefined while there is none. */
  #line: Promise<void> | undefined;
  /** The encoded state, until it changes. */
  #state: Uint8Array | undefined;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** Items and gaps, on whose number the time to open the document depends. */
  get structs(): number {
    return structsOf(this.doc);
  }

  /** Whether no operation is running, so that no update is half integrated. */
  get isSettled(): boolean {
    return this.#line === undefined;
  }

  async settled(): Promise<void> {
    while (this.#line !== undefined) {
      await this.#line;
    }
  }

  /**
   * Integrates updates one after the other: before the call returns if that is quick, in slices otherwise.
   *
   * @param onFailed called with the error of an update that is left out, at least in part; may throw to end all
   */
  integrate(updates: readonly Uint8Array[], onFailed: (error: unknown) => void): Promise<void> {
    const left = updates.map((update) => {
      this.bytes += update.byteLength;
      const reader = new UpdateReader(update, false);
      return new Integration(this.doc, reader, MAX_STORED_DETOURS, this.contention);
    });
    return this.#inLine(() => this.#integrateSome(left, onFailed));
  }

  /** Encodes the state, without what is in a state vector. */
  async encode(vector?: Uint8Array): Promise<Uint8Array> {
    const known = vector === undefined ? new Map<number, number>() : Y.decodeStateVector(vector);
    const encoder = new StateEncoder(this.doc, known);
    let state: Uint8Array = new Uint8Array();
    await this.#inLine(() => {
      const isWhole = known.size === 0;
      const isKnown = isWhole && this.#state !== undefined;
      if (!isKnown && !encoder.advance(SLICE_STRUCTS)) {
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

  /** Runs slices after all operations before; the first one before the call returns if there is none. */
  async #inLine(slice: () => boolean): Promise<void> {
    if (this.#line === undefined && slice()) {
      return;
    }
    const before = this.#line ?? Promise.resolve();
    const done = before.then(() => this.scheduler.run(slice));
    const line: Promise<void> = done
      .catch(() => undefined)
      .then(() => {
        this.#line = this.#line === line ? undefined : this.#line;
      });
    this.#line = line;
    await done;
  }

  /** @returns whether all updates are integrated */
  #integrateSome(left: Integration[], onFailed: (error: unknown) => void): boolean {
    this.#state = undefined;
    for (const end = this.steps + SLICE_STEPS; this.steps < end;) {
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
