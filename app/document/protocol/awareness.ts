import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

/** What a client tells of itself, in the protocol of y-protocols/awareness. */
export interface ClientState {
  clientId: number;
  /** Higher with each state: of two, others take the one with the higher. */
  clock: number;
  /** JSON; null where the client has gone. */
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

/** As `encodeAwarenessUpdate` does it, of what is not in an Awareness. */
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
