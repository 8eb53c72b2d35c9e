/** So many requests without affinity are no accident. */
const MANY = 50;

/** Notices, once, that none of the first requests of an app has what its affinity needs. */
export class UnstickyRequests {
  readonly #report: (requests: number, path: string) => void;
  #count = 0;
  #isOver = false;

  /** @param report called with their number, and the path of the last one */
  constructor(report: (requests: number, path: string) => void) {
    this.#report = report;
  }

  /**
   * Counts a request.
   *
   * @param url path and query
   */
  add(url: string, isSticky: boolean): void {
    this.#count += 1;
    if (this.#isOver) {
      return;
    }
    this.#isOver = isSticky || this.#count >= MANY;
    if (!isSticky && this.#isOver) {
      this.#report(this.#count, url.split("?")[0] ?? "");
    }
  }
}
