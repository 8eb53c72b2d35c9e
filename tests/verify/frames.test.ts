import { deepEqual } from "node:assert/strict";
import { FRAME_READERS } from "../../verify/sockjs/frames.ts";

const FRAMES = ["o", 'a["one","t\\nwo"]', "h", 'c[3000,"Go away!"]'];

/** What servers send for these frames, as SockJS's protocol has it. */
const BODIES: Record<keyof typeof FRAME_READERS, string> = {
  "xhr-polling": FRAMES.map((frame) => `${frame}\n`).join(""),
  "xhr-streaming": `${"h".repeat(2048)}\n${FRAMES.map((frame) => `${frame}\n`).join("")}`,
  eventsource: `\r\n${FRAMES.map((frame) => `data: ${frame}\r\n\r\n`).join("")}`,
  htmlfile: `<!doctype html><script>\n  var c = parent.frame;\n  function p(d) {c.message(d);};\n</script>   \r\n\r\n${FRAMES.map(
    (frame) => `<script>\np(${JSON.stringify(frame)});\n</script>\r\n`,
  ).join("")}`,
  "jsonp-polling": FRAMES.map((frame) => `/**/frame(${JSON.stringify(frame)});\r\n`).join(""),
};

describe("SockJS frames", () => {
  for (const [transport, createReader] of Object.entries(FRAME_READERS)) {
    const body = BODIES[transport as keyof typeof FRAME_READERS];

    it(`are read completely from ${transport}`, () => {
      deepEqual(createReader()(body), FRAMES);
    });

    it(`are read from ${transport}, however it is split`, () => {
      const read = createReader();
      deepEqual(
        Array.from(body).flatMap((character) => read(character)),
        FRAMES,
      );
    });
  }
});
