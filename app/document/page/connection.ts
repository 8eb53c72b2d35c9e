import {
  HocuspocusProvider,
  HocuspocusProviderWebsocket,
  MessageType,
  WebSocketStatus,
} from "@hocuspocus/provider";
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from "lib0/decoding";
import type { Awareness } from "y-protocols/awareness";
import { messageYjsSyncStep1 } from "y-protocols/sync";
import type { Doc } from "yjs";
import { refusalAt } from "../../common/page/refusal.ts";
import * as status from "../../contract/closeStatus.ts";
import type { Person } from "./person.ts";
import { pathOf } from "./words.ts";

/** Milliseconds before a lost connection is shown: by then, another replica has usually taken over. */
const PATIENCE_MS = 2500;

/** Longest delay between two attempts to connect, in milliseconds. */
const MAX_WAIT_MS = 10_000;

/** Close codes by which the server rejects changes of this page; a retry would send the same changes. */
const REFUSALS: Readonly<Record<number, string>> = {
  [status.FRAME_TOO_BIG]:
    "Your last change is too large for a document. This change and all later ones are not saved.",
  [status.TOO_BIG]:
    "Your last change makes the document too large. This change and all later ones are not saved.",
  [status.OUTDATED]:
    "The server has rebuilt this document since this page loaded it. What you have written since then is not saved. Copy what you want to keep, reload the document, and paste it there.",
  [status.INVALID]:
    "The server rejected your last change. This change and all later ones are not saved.",
};

/** Close codes after which the page retries. */
const DELAYS: Readonly<Record<number, string>> = {
  [status.TOO_FAST]:
    "You are changing the document faster than it can be saved. Saving continues in a moment.",
  [status.TEMPORARILY_UNAVAILABLE]:
    "Your changes cannot be saved right now. They are kept in this page and will be sent again.",
  [status.TRY_AGAIN_LATER]: "This document is full. It opens as soon as somebody leaves.",
};

/** The state of the changes made in this page. */
export type SaveState = "opening" | "saved" | "saving" | "offline" | "refused" | "unshowable";

export interface ConnectionEvents {
  onState: (state: SaveState, isReady: boolean) => void;
  onReplica: (name: string) => void;
  /** Receives what is wrong; empty when it is over. */
  onTrouble: (words: string) => void;
  /** Called once, when the document has loaded. */
  onReady: () => void;
  /** Receives a change by others, and applies it now or later. */
  onUpdate: (update: Uint8Array, apply: () => void) => void;
}

/**
 * Drops messages without a connection, because a new connection starts with all that the server lacks. A message that
 * was sent later, too, would be confirmed twice, and the second time would count as the confirmation of another one.
 */
class Socket extends HocuspocusProviderWebsocket {
  override send(message: unknown): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) {
      super.send(message);
    }
  }
}

/** Lets the page decide when others' changes are applied. */
class Provider extends HocuspocusProvider {
  readonly #onUpdate: ConnectionEvents["onUpdate"];

  constructor(
    configuration: ConstructorParameters<typeof HocuspocusProvider>[0],
    onUpdate: ConnectionEvents["onUpdate"],
  ) {
    super(configuration);
    this.#onUpdate = onUpdate;
  }

  override onMessage(event: MessageEvent<ArrayBuffer>): void {
    const update = updateIn(event.data);
    if (update === undefined) {
      super.onMessage(event);
    } else {
      this.#onUpdate(update, () => super.onMessage(event));
    }
  }
}

/** Syncs a document with the server while there is a connection. */
export class Connection {
  readonly #id: string;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  readonly #provider: HocuspocusProvider;
  #isReady = false;
  #isRefused = false;
  #wasSynced = false;

  /** Runs until a lost connection is shown. */
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, document: Doc, events: ConnectionEvents) {
    this.#id = id;
    this.#events = events;
    this.#socket = new Socket({
      url: location.origin.replace(/^http/, "ws") + pathOf(id),
      maxDelay: MAX_WAIT_MS,
      onClose: ({ event }) => this.#closed(event.code),
    });
    this.#provider = new Provider(
      {
        name: id,
        document,
        websocketProvider: this.#socket,
        onSynced: () => this.#synced(),
        onUnsyncedChanges: () => this.#show(),
        onStateless: ({ payload }) => this.#received(payload),
        onAuthenticationFailed: () => this.#endSocket(),
      },
      events.onUpdate,
    );
    this.#provider.on("close", () => this.#left());
    this.#provider.attach();
    window.addEventListener("online", () => this.#cameOnline());
    window.addEventListener("offline", () => this.#endSocket());
    this.#bePatient();
  }

  get awareness(): Awareness {
    if (this.#provider.awareness === null) {
      throw new Error("the provider has no awareness");
    }
    return this.#provider.awareness;
  }

  /** True while the server has not confirmed all changes of this page. */
  get hasUnsaved(): boolean {
    return this.#isReady && this.#provider.hasUnsyncedChanges;
  }

  /** Closes the connection for good. */
  end(): void {
    this.#isRefused = true;
    this.#socket.disconnect();
    this.#show();
  }

  /** Shows the person of this page to the others. */
  introduce(user: Person): void {
    // A page that the browser restores from its cache has lost its state, and then a field cannot be set.
    this.awareness.setLocalState({ ...this.awareness.getLocalState(), user });
  }

  #synced(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#wasSynced = true;
    // The others have seen this page leave; only a new state shows them that it is back.
    this.awareness.setLocalState(this.awareness.getLocalState());
    this.#events.onTrouble("");
    if (!this.#isReady) {
      this.#isReady = true;
      this.#events.onReady();
    }
    this.#show();
  }

  #closed(code: number): void {
    const refusal = REFUSALS[code];
    const words = refusal ?? DELAYS[code];
    if (refusal !== undefined) {
      this.#refuse(refusal);
    } else if (words !== undefined) {
      this.#events.onTrouble(words);
    } else if (!this.#wasSynced) {
      void this.#stopIfRejected();
    }
    if (this.#wasSynced) {
      this.#wasSynced = false;
      this.#bePatient();
    }
    this.#show();
  }

  #refuse(words: string): void {
    this.end();
    this.#events.onTrouble(words);
  }

  /** Stops if the server rejects this page as cross-origin, which no retry can fix. */
  async #stopIfRejected(): Promise<void> {
    const words = await refusalAt(pathOf(this.#id));
    if (words !== undefined) {
      this.#refuse(words);
    }
  }

  #left(): void {
    // Forgets the clocks of the others, so their unchanged states count as new after a reconnect.
    const { meta, clientID } = this.awareness;
    [...meta.keys()].filter((id) => id !== clientID).forEach((id) => meta.delete(id));
    // The server may close only the document on a connection, and only a new connection opens it again.
    if (this.#socket.status === WebSocketStatus.Connected) {
      this.#endSocket();
    }
  }

  #received(payload: string): void {
    const { type, name } = parsed(payload);
    if (type === "replica" && typeof name === "string") {
      this.#events.onReplica(name);
    }
  }

  #cameOnline(): void {
    if (!this.#isRefused) {
      void this.#socket.connect();
    }
  }

  #endSocket(): void {
    this.#socket.webSocket?.close();
    this.#show();
  }

  #bePatient(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      this.#show();
    }, PATIENCE_MS);
    this.#show();
  }

  #show(): void {
    this.#events.onState(this.#state(), this.#isReady);
  }

  #state(): SaveState {
    if (this.#isRefused) {
      return "refused";
    }
    const isPatient = this.#patience !== undefined && navigator.onLine;
    if (!this.#provider.synced && !isPatient) {
      return "offline";
    }
    if (!this.#isReady) {
      return "opening";
    }
    return this.#provider.hasUnsyncedChanges ? "saving" : "saved";
  }
}

/** The update in a message, if there is one. */
function updateIn(message: ArrayBuffer): Uint8Array | undefined {
  const decoder = createDecoder(new Uint8Array(message));
  readVarString(decoder);
  const isSync = readVarUint(decoder) === (MessageType.Sync as number);
  return isSync && readVarUint(decoder) !== messageYjsSyncStep1
    ? readVarUint8Array(decoder)
    : undefined;
}

function parsed(payload: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
