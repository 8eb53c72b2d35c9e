/** Tracks which of a document's updates a room has, or is integrating: all up to a number, and some beyond. */
export class SequenceTracker {
  #applied = 0;
  /** Numbers beyond that, of updates that this replica saved; those in between were saved by others. */
  readonly #ahead = new Set<number>();
  /** Highest number that another replica has announced. */
  #announced = 0;

  /** Number up to which no update is missing. */
  get applied(): number {
    return this.#applied;
  }

  /** Whether an update is missing, as far as is known. */
  get isBehind(): boolean {
    return this.#announced > this.#applied || this.#ahead.size > 0;
  }

  /** Records that updates up to a number exist. */
  announce(number: number): void {
    this.#announced = Math.max(this.#announced, number);
  }

  has(number: number): boolean {
    return number <= this.#applied || this.#ahead.has(number);
  }

  /** Records an update that the room has, though perhaps not all updates before it. */
  add(number: number): void {
    this.#ahead.add(number);
    this.#advance();
  }

  /** Records that the room has all updates up to a number. */
  advanceTo(number: number): void {
    this.#applied = number;
    this.#ahead.forEach((each) => each <= number && this.#ahead.delete(each));
    this.#advance();
  }

  #advance(): void {
    while (this.#ahead.delete(this.#applied + 1)) {
      this.#applied += 1;
    }
  }
}
