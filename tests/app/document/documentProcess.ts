import { runNode, type Run } from "../../drivers/localRun.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** A document collaborator that is a process. */
export interface DocumentProcess extends Run {
  origin: string;
}

/** Starts a document collaborator as the image does, and waits until it is ready. */
export async function startDocumentProcess(
  databaseUrl: string,
  replica: string,
  env: NodeJS.ProcessEnv = {},
): Promise<DocumentProcess> {
  const run = runNode("app/main.ts", [], {
    APP: "document",
    PORT: "0",
    HOST: "127.0.0.1",
    DATABASE_URL: databaseUrl,
    DATABASE_TLS: "off",
    DRAIN_SECONDS: "0",
    REPLICA_NAME: replica,
    ...env,
  });
  await waitFor(`${replica} is ready`, () => run.out.includes('"phase":"ready"'));
  const port = /"port":(\d+)/.exec(run.out)?.[1] ?? "";
  return Object.assign(run, { origin: `http://127.0.0.1:${port}` });
}
