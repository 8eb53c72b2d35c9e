import { createParser } from "eventsource-parser";
import { Failure } from "../failure.ts";
import { MAX_MESSAGE } from "../visits/body.ts";

/** Takes a chunk of a response body and returns the SockJS frames that are complete. */
export type FrameReader = (chunk: string) => string[];

/** Readers by transport; https://sockjs.github.io/sockjs-protocol/sockjs-protocol-0.3.3.html */
export const FRAME_READERS = {
  "xhr-polling": () => lines(),
  // The first line is padding that makes browsers deliver the next ones.
  "xhr-streaming": () => without(/^h{2048}$/, lines()),
  eventsource: () => eventsource(),
  htmlfile: () => matches(/^p\((.*)\);$/, lines()),
  "jsonp-polling": () => matches(/^\/\*\*\/\w+\((.*)\);$/, lines()),
} satisfies Record<string, () => FrameReader>;

function lines(): FrameReader {
  let rest = "";
  return (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_MESSAGE) {
      throw new Failure(`a frame is longer than ${MAX_MESSAGE} bytes`);
    }
    return parts.map((line) => line.replace(/\r$/, "")).filter((line) => line !== "");
  };
}

function without(pattern: RegExp, read: FrameReader): FrameReader {
  return (chunk) => read(chunk).filter((line) => !pattern.test(line));
}

/** Frames that are the JSON text in a call of the client's function. */
function matches(pattern: RegExp, read: FrameReader): FrameReader {
  return (chunk) =>
    read(chunk)
      .map((line) => pattern.exec(line)?.[1])
      .filter((json) => json !== undefined)
      .map((json) => JSON.parse(json) as string);
}

function eventsource(): FrameReader {
  let frames: string[] = [];
  const parser = createParser({
    maxBufferSize: MAX_MESSAGE,
    onEvent: ({ data }) => frames.push(data),
  });
  return (chunk) => {
    frames = [];
    parser.feed(chunk);
    return frames;
  };
}
