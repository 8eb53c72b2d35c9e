import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

/** The presence of a client, in the protocol of y-protocols/awareness. */
export interface ClientState {
  clientId: number;
  /** Increases with each state: receivers keep the state with the higher clock. */
  clock: number;
  /** JSON; `null` where the client has left. */
  state: string;
}

export function readStates(content: Uint8Array): ClientState[] {
  const decoder = decoding.createDecoder(content);
  const states: ClientState[] = [];
  for (let left = decoding.readVarUint(decoder); left > 0; left -= 1) {
    const clientId = decoding.readVarUint(decoder);
    const clock = decoding.readVarUint(decoder);
    states.push({ clientId, clock, state: decoding.readVarString(decoder) });
  }
  return states;
}

/** Encodes states as `encodeAwarenessUpdate` does, without needing an Awareness. */
export function encodeStates(states: readonly ClientState[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, states.length);
  for (const { clientId, clock, state } of states) {
    encoding.writeVarUint(encoder, clientId);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, state);
  }
  return encoding.toUint8Array(encoder);
}
