import { ask } from "../../common/page/ask.ts";
import { byId, setText } from "../../common/page/dom.ts";
import { tint } from "../../common/page/replica.ts";
import { isDocument, refusalOf } from "./api.ts";
import { DocumentList } from "./documentList.ts";
import { DocumentPage } from "./documentPage.ts";
import { pathOf } from "./words.ts";

/** Milliseconds before the first retry of loading the document; doubled for each further one, up to the limit. */
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 10_000;

/** Statuses of transient failures, which are retried. */
const TRANSIENT = [429, 500, 502, 503, 504];

/** Shows one of the page's views. */
function show(view: "home" | "document" | "missing"): void {
  document.body.dataset.view = view;
}

function showReplica(name: string): void {
  const badge = byId("replica", HTMLElement);
  setText(badge, name);
  tint(badge, name);
}

/** Shows the title until the document itself has loaded. */
function showTitle(body: unknown): void {
  if (isDocument(body)) {
    byId("title", HTMLTextAreaElement).value = body.title;
  }
}

/** Opens the document that the URL names, if it exists. */
async function open(id: string): Promise<void> {
  show("document");
  const words = byId("save-words", HTMLElement);
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    const answer = await ask(pathOf(id));
    if (answer?.status === 200) {
      showTitle(answer.body);
      new DocumentPage(id, showReplica);
      return;
    }
    if (answer !== undefined && !TRANSIENT.includes(answer.status)) {
      setText(byId("missing-words", HTMLElement), refusalOf(answer));
      show("missing");
      return;
    }
    setText(words, `${refusalOf(answer)} Trying again…`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

const [, id] = /^\/documents\/([^/]+)\/?$/.exec(location.pathname) ?? [];
if (id === undefined) {
  show("home");
  new DocumentList(showReplica);
} else {
  void open(decodeURIComponent(id));
}
