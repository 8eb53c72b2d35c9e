import { deepEqual, equal, ok } from "node:assert/strict";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, converge, openDocument } from "../../../drivers/documentEditor.ts";
import {
  newDocument,
  startReplicas,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";

describe("documents that many people edit at once", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    await stopDocumentServers();
  });

  for (const [people, replicas] of [
    [2, 1],
    [20, 1],
    [2, 2],
    [20, 3],
  ] as const) {
    it(`converge for ${people} people on ${replicas} replicas`, async () => {
      const servers = await startReplicas(replicas, await postgres.newDatabase());
      const origins = servers.map(({ origin }) => origin);
      const id = await newDocument(origins[0] ?? "");
      const editors = await Promise.all(
        Array.from({ length: people }, (_, index) =>
          openDocument(id, origins[index % replicas] ?? ""),
        ),
      );
      for (let round = 0; round < 10; round++) {
        editors.forEach((editor, index) => {
          editor.write(`${index}.${round}`, Math.floor(editor.paragraphs.length / 2));
          editor.doc.getMap("fields").set("author", String(index));
        });
        await Promise.all(editors.map((editor) => editor.saved()));
      }
      await converge(editors);
      const written = editors.flatMap((editor) => editor.written).sort();
      deepEqual(editors[0]?.paragraphs.toSorted(), written);
      const hops = await Promise.all(
        origins.map((origin) => metric(origin, "document_hops_total")),
      );
      if (replicas === 1) {
        deepEqual(hops, [0]);
      } else {
        ok(hops.every((each) => (each ?? 0) > 0));
      }
      const saved = await Promise.all(
        origins.map((origin) => metric(origin, "document_updates_saved_total")),
      );
      equal(
        saved.reduce((sum: number, each) => sum + (each ?? 0), 0),
        people * 10 * 2,
      );
    });
  }
});
