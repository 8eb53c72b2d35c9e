/** Transports that keep a request for messages open, one of the six that a browser has for a host. */
const STREAMS = ["xhr-streaming", "eventsource", "htmlfile"];

/** Whether a session receives by one request that does not end. */
export function isStream(transport: string): boolean {
  return STREAMS.includes(transport.replace(/^iframe-/, ""));
}

/** The same transports with polls in the place of streams. */
export function withoutStreams(transports: readonly string[]): string[] {
  return [...new Set(transports.map((name) => (isStream(name) ? "xhr-polling" : name)))];
}
