/** Streaming transports, each of which occupies one of the six connections that a browser opens to a host. */
const STREAMS = ["xhr-streaming", "eventsource", "htmlfile"];

/** Whether a transport receives messages over one request that stays open. */
export function isStream(transport: string): boolean {
  return STREAMS.includes(transport.replace(/^iframe-/, ""));
}

/** Replaces streaming transports with polling. */
export function withoutStreams(transports: readonly string[]): string[] {
  return [...new Set(transports.map((name) => (isStream(name) ? "xhr-polling" : name)))];
}
