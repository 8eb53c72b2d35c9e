import { byId, create, setText } from "../../common/page/dom.ts";
import { replicaBadge } from "../../common/page/replica.ts";
import { clock } from "../../common/page/words.ts";
import { closeReason, duration, INTERRUPTED, NORMAL } from "./words.ts";

const MAX_ROWS = 50;

/** Milliseconds within which the end of a session without an echo counts as a failed attempt, as at a full replica. */
const BRIEF_MS = 2000;

/** A row of the table; `className` names its column. */
interface Row {
  readonly element: HTMLTableRowElement;
  cell(className: string): HTMLTableCellElement;
}

interface OpenSession {
  row: Row;
  transport: string;
  openedAt: number;
  echoes: number;
  replicas: Set<string>;
}

interface FailedAttempts {
  row: Row;
  transport: string;
  words: string;
  attempts: number;
}

/** All sessions, newest first, with their transports and how they ended. */
export class SessionTable {
  readonly #body = byId("sessions", HTMLTableSectionElement);
  #open: OpenSession | undefined;
  #failed: FailedAttempts | undefined;

  opened(transport: string): void {
    const now = new Date();
    const row = this.#add("open");
    row.cell("opened").textContent = clock(now);
    row.cell("transport").textContent = transport;
    row.cell("echoes").textContent = "0";
    row.cell("ended").textContent = "open";
    this.#open = { row, transport, openedAt: now.getTime(), echoes: 0, replicas: new Set() };
    this.tick();
  }

  echoed(replica: string): void {
    const open = this.#open;
    if (open === undefined) {
      return;
    }
    open.echoes += 1;
    setText(open.row.cell("echoes"), String(open.echoes));
    if (!open.replicas.has(replica)) {
      open.replicas.add(replica);
      open.row.cell("replica").append(replicaBadge(replica));
    }
  }

  /** Ends the open session; without one, records that an attempt to open one failed or was aborted. */
  closed(code: number, reason: string): void {
    this.tick();
    const open = this.#open;
    this.#open = undefined;
    const isOurs = code === NORMAL || reason === INTERRUPTED;
    const isBrief = open?.echoes === 0 && Date.now() - open.openedAt < BRIEF_MS;
    const words = `${closeReason(code, reason)} (${code})`;
    if (!isOurs && (open === undefined || isBrief)) {
      open?.row.element.remove();
      this.#attemptFailed(open?.transport ?? "not opened", words);
    } else if (open !== undefined) {
      open.row.element.dataset.state = "closed";
      setText(open.row.cell("ended"), words);
    }
  }

  /** Updates the age of the open session. */
  tick(): void {
    if (this.#open !== undefined) {
      setText(this.#open.row.cell("lasted"), duration(Date.now() - this.#open.openedAt));
    }
  }

  /** Shows consecutive attempts with the same failure in one row, so a long outage stays readable. */
  #attemptFailed(transport: string, words: string): void {
    let failed = this.#failed;
    const isNewest = failed?.row.element === this.#body.firstElementChild;
    if (!isNewest || failed?.words !== words || failed.transport !== transport) {
      failed = { row: this.#add("failed"), transport, words, attempts: 0 };
      this.#failed = failed;
    }
    failed.attempts += 1;
    const { row, attempts } = failed;
    setText(row.cell("opened"), clock(new Date()));
    setText(row.cell("transport"), transport);
    setText(row.cell("ended"), attempts === 1 ? words : `${attempts} × ${words}`);
  }

  #add(state: "open" | "failed"): Row {
    const element = create("tr");
    element.dataset.state = state;
    const cells = new Map<string, HTMLTableCellElement>();
    for (const className of ["opened", "transport", "replica", "lasted", "echoes", "ended"]) {
      const cell = create("td", className);
      // Roles keep the meaning of a table that the style sheet lays out as a grid.
      cell.setAttribute("role", "cell");
      cells.set(className, cell);
    }
    element.setAttribute("role", "row");
    element.append(...cells.values());
    this.#body.prepend(element);
    while (this.#body.rows.length > MAX_ROWS) {
      this.#body.lastElementChild?.remove();
    }
    return { element, cell: (className) => cells.get(className) ?? element.insertCell() };
  }
}
