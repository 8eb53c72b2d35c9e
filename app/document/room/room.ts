import type { Document, Hocuspocus } from "@hocuspocus/server";
import { Content } from "../content/content.ts";
import { TooCostlyError, type MissingError } from "../content/integration.ts";
import { Past } from "../content/past.ts";
import type { Scheduler } from "../content/scheduler.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { NumberedState, StoredDocument } from "../storage/updateStore.ts";
import type { UpdateWriter } from "../storage/updateWriter.ts";
import {
  UpdateValidator,
  type AcceptedUpdate,
  type Decision,
  type ValidationServices,
} from "../validation/updateValidator.ts";
import { CatchUp } from "./catchUp.ts";
import { Maintenance, type MaintainedDocument, type MaintenanceServices } from "./maintenance.ts";
import type { Renewer } from "./renewer.ts";

/** Most updates of other replicas that are sent to editors one by one; more are sent as one update. */
const MAX_SENT_SINGLY = 20;

/** What the rooms of a replica share. */
export interface RoomServices extends MaintenanceServices, ValidationServices {
  renewer: Renewer;
  hocuspocus: Hocuspocus;
  writer: UpdateWriter;
  scheduler: Scheduler;
}

/** A connection that receives the updates of a document. */
export interface Subscriber {
  send(update: Uint8Array): void;
  /** Ends the connection. */
  close(error: CloseError): void;
}

/** The outcome of an update that an editor has sent. */
export type Submission =
  /** The document has all of it. */
  | { kind: "known" }
  /** It needs an item that has not arrived yet. */
  | { kind: "early"; needed: MissingError }
  /** Only a trial on a copy can show whether it may be saved: see `submitToTrial`. */
  | { kind: "unclear" }
  /** It is being saved. */
  | {
      kind: "saving";
      /** Resolves when it is committed. */
      saved: Promise<void>;
      /** Whether it was tried on a copy, with all updates that were submitted with it. */
      wasTried: boolean;
    };

/** A document in memory. It has what is committed, in the order in which it was committed. */
export class Room implements MaintainedDocument {
  readonly id: string;
  /** Hocuspocus' document: connections and presence only; the text is in `content`. */
  readonly document: Document;
  readonly content: Content;
  readonly validator: UpdateValidator;
  readonly subscribers = new Set<Subscriber>();
  /** Yjs clients on this replica, with the connection that last sent their presence. */
  readonly clients = new Map<number, object>();
  readonly #services: RoomServices;
  readonly #maintenance: Maintenance;
  readonly #catchUp: CatchUp;
  readonly #release: () => Promise<void>;
  #isRenewed = false;

  private constructor(
    id: string,
    document: Document,
    services: RoomServices,
    release: () => Promise<void>,
  ) {
    this.id = id;
    this.document = document;
    this.content = new Content(services.scheduler);
    this.validator = new UpdateValidator(id, this.content, services);
    this.#services = services;
    this.#maintenance = new Maintenance(this, services.limits.maxDocumentBytes, services);
    this.#catchUp = new CatchUp(id, this.content, services, {
      onOthers: () => this.validator.invalidateTitle(),
      integrate: (updates, bytes) => this.#integrate(updates, bytes),
      onRenewed: () => this.#renewed(),
    });
    this.#release = release;
  }

  /** Loads a document; undefined if there is no such document. */
  static async open(id: string, services: RoomServices): Promise<Room | undefined> {
    const { store, hocuspocus } = services;
    const stored = await store.open(id);
    if (stored === undefined) {
      return undefined;
    }
    const direct = await hocuspocus.openDirectConnection(id);
    if (direct.document === null) {
      throw new Error("the document was closed while it was opened");
    }
    const release = async (): Promise<void> => {
      await direct.disconnect();
      await store.close(id);
    };
    const room = new Room(id, direct.document, services, release);
    try {
      await room.#load(stored);
    } catch (error) {
      await release();
      throw error;
    }
    return room;
  }

  /** Number up to which the document has every update, or is integrating it. */
  get applied(): number {
    return this.#catchUp.applied;
  }

  /** Whether the document was renewed since it was opened; nobody can enter until all editors have left. */
  get isRenewed(): boolean {
    return this.#isRenewed;
  }

  /** The state with its number. */
  async state(): Promise<NumberedState> {
    const number = this.applied;
    return { number, state: await this.content.encode() };
  }

  /** Whether an item that an early update needs has arrived. */
  has(needed: MissingError): boolean {
    return this.validator.has(needed);
  }

  /**
   * Decides on an update by looking at the document, and starts to save it if it is accepted. Both are done before the
   * call returns, unless the document is still integrating other updates.
   *
   * @param signal aborted when an earlier update of the same editor fails, after which no other one is saved
   * @throws CloseError when the update is rejected
   */
  submit(update: Uint8Array, signal: AbortSignal): Submission | Promise<Submission> {
    signal.throwIfAborted();
    return this.content.isSettled
      ? this.#saveIfAccepted(this.validator.check(update))
      : this.content.settled().then(() => this.submit(update, signal));
  }

  /**
   * Decides on an update by trying it on a copy together with those that wait behind it, and starts to save them if
   * they are accepted.
   *
   * @param signal as for `submit`
   * @throws CloseError when one of them is rejected
   */
  async submitToTrial(
    update: Uint8Array,
    behind: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<Submission> {
    const decision = await this.validator.judge(update, behind);
    signal.throwIfAborted();
    return this.#saveIfAccepted(decision);
  }

  /**
   * Saves an update, and only then sends it to the editors.
   *
   * @throws CloseError when it cannot be saved now
   */
  async save(accepted: AcceptedUpdate): Promise<void> {
    const { update, title, judgement } = accepted;
    const { writer } = this.#services;
    this.validator.saveStarted(accepted);
    try {
      if (judgement !== undefined) {
        await this.#catchUp.reach(judgement.number);
        this.validator.assertSound(judgement);
      }
      const basis = judgement?.number ?? this.applied;
      const number = await writer.save({ documentId: this.id, update, title, basis });
      if (this.#catchUp.add(number)) {
        await this.#integrate([update]);
        this.#catchUp.start();
      }
      this.validator.measured(accepted);
      this.#maintenance.updateSaved(number);
    } catch (error) {
      this.validator.saveFailed();
      throw error;
    } finally {
      this.validator.saveSettled(accepted);
    }
  }

  /** Reads the updates up to a number, which another replica has announced. */
  catchUpTo(number: number): void {
    this.#catchUp.to(number);
  }

  /** Resolves when the document is out of memory. Called when no editor is connected and nothing is being saved. */
  async close(): Promise<void> {
    await this.#catchUp.stop();
    await this.content.settled();
    await this.#maintenance.finish();
    await this.#release();
  }

  #saveIfAccepted(decision: Decision): Submission {
    if (decision.kind !== "accepted") {
      return decision;
    }
    const { accepted } = decision;
    const wasTried = accepted.judgement !== undefined;
    return { kind: "saving", saved: this.save(accepted), wasTried };
  }

  async #load({ snapshot, updates, past }: StoredDocument): Promise<void> {
    this.content.past = new Past(past);
    const integrate = (some: readonly Uint8Array[]): Promise<void> =>
      this.content.integrate(some, (error) => this.#failed(error));
    await integrate(snapshot === undefined ? [] : [snapshot.state]);
    this.#maintenance.snapshotIntegrated();
    await integrate(updates.map(({ update }) => update));
    this.#catchUp.begin(updates.at(-1)?.number ?? snapshot?.number ?? 0);
    this.#services.metrics.read.inc(updates.length);
    updates.forEach(({ update }) => this.#maintenance.updateAdded(update.byteLength));
    this.#maintenance.opened(updates.length);
  }

  /** @param bytes bytes of each update that no snapshot has; by default all of them */
  async #integrate(updates: readonly Uint8Array[], bytes?: number): Promise<void> {
    const isMuch = updates.length > MAX_SENT_SINGLY || bytes === 0;
    const before = isMuch ? this.content.vector() : undefined;
    await this.content.integrate(updates, (error) => this.#failed(error));
    const sent = before === undefined ? updates : [await this.content.encode(await before)];
    for (const update of sent) {
      this.subscribers.forEach((subscriber) => subscriber.send(update));
    }
    updates.forEach(({ byteLength }) => this.#maintenance.updateAdded(bytes ?? byteLength));
  }

  /** Logs an update that was accepted and cannot be integrated, which is a fault of the server. */
  #failed(error: unknown): void {
    this.#maintenance.stop();
    this.#services.log.error({ document: this.id, err: error }, "cannot apply an update");
    if (error instanceof TooCostlyError) {
      // Opening the document again reads what is missing now.
      this.#closeAll();
      throw error;
    }
  }

  /** Closes all connections: the document in memory is not the one that other replicas read. */
  #renewed(): void {
    this.#isRenewed = true;
    this.#maintenance.stop();
    this.#closeAll();
  }

  #closeAll(): void {
    const error = new CloseError("unavailable", "the document must be reopened");
    this.subscribers.forEach((subscriber) => subscriber.close(error));
  }
}
