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
import type { Person } from "./person.ts";
import { pathOf } from "./words.ts";

/** Milliseconds for which a lost connection is not mentioned: a replica that goes away is replaced by then. */
const PATIENCE_MS = 2500;

/** Most milliseconds between two attempts to connect. */
const MAX_WAIT_MS = 10_000;

/** Statuses by which the server refuses what is in this page; trying again would send the same. */
const REFUSALS: Readonly<Record<number, string>> = {
  1009: "What was added last is too large for a document. It is not saved, and neither is what came after it.",
  4009: "What was added last makes the document too large. It is not saved, and neither is what came after it.",
  4409: "This document was renewed after this page had loaded it. What you have written since then is not saved. Copy what you want to keep, load the document again, and paste it there.",
  4007: "The server does not accept the last change. It is not saved, and neither is what came after it.",
};

/** Statuses that mean waiting. */
const DELAYS: Readonly<Record<number, string>> = {
  4008: "You change the document faster than it can be saved. It goes on by itself in a moment.",
  4014: "The changes cannot be saved right now. They are kept in this page and sent again.",
  4013: "As many people as it can take have this document open. You get in as soon as somebody leaves.",
};

/** What has become of the changes made here. */
export type SaveState = "opening" | "saved" | "saving" | "offline" | "refused" | "unshowable";

export interface ConnectionEvents {
  onState: (state: SaveState, isReady: boolean) => void;
  onReplica: (name: string) => void;
  /** Gets words about what is wrong; none when it is over. */
  onTrouble: (words: string) => void;
  /** The document is here, for the first time. */
  onReady: () => void;
  /** Gets what others have changed, and applies it now or later. */
  onUpdate: (update: Uint8Array, apply: () => void) => void;
}

/**
 * Sends nothing later: a new connection begins with all that the server lacks. What was sent besides would be
 * confirmed besides, and so would count as the confirmation of something else.
 */
class Socket extends HocuspocusProviderWebsocket {
  override send(message: unknown): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) {
      super.send(message);
    }
  }
}

/** Has the page say when others' changes are applied. */
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

/** Keeps a document the same here and on the server, as long as there is a connection. */
export class Connection {
  readonly #id: string;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  readonly #provider: HocuspocusProvider;
  #isReady = false;
  #isRefused = false;
  #wasSynced = false;

  /** Runs while a lost connection is not mentioned. */
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
        onStateless: ({ payload }) => this.#told(payload),
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
      throw new Error("the provider was made without awareness");
    }
    return this.#provider.awareness;
  }

  /** True while the server has not confirmed all that was changed here. */
  get hasUnsaved(): boolean {
    return this.#isReady && this.#provider.hasUnsyncedChanges;
  }

  /** Ends the connection for good. */
  end(): void {
    this.#isRefused = true;
    this.#socket.disconnect();
    this.#show();
  }

  /** Tells the others who is here. */
  introduce(user: Person): void {
    // A page that was put aside and comes back has no state any more, and a field of none cannot be set.
    this.awareness.setLocalState({ ...this.awareness.getLocalState(), user });
  }

  #synced(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#wasSynced = true;
    // The others have seen this one leave: only what is new tells them of the return.
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
      void this.#stopIfStranger();
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

  /** A page of another origin gets no WebSocket, however often it tries. */
  async #stopIfStranger(): Promise<void> {
    const words = await refusalAt(pathOf(this.#id));
    if (words !== undefined) {
      this.#refuse(words);
    }
  }

  #left(): void {
    // Whoever is there on return has not changed meanwhile: known already, that would not count as news.
    const { meta, clientID } = this.awareness;
    [...meta.keys()].filter((id) => id !== clientID).forEach((id) => meta.delete(id));
    // The server may end the document's part of a connection alone: only a new connection begins it again.
    if (this.#socket.status === WebSocketStatus.Connected) {
      this.#endSocket();
    }
  }

  #told(payload: string): void {
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
