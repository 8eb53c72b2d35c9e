/** Number of requests after which missing affinity is reported. */
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
    if (this.#isOver) {
      return;
    }
    this.#count += 1;
    this.#isOver = isSticky || this.#count >= MANY;
    if (!isSticky && this.#isOver) {
      this.#report(this.#count, url.split("?")[0] ?? "");
    }
  }
}
