/** Which of a document's updates a room has, or has in line: all up to a number, and some beyond. */
export class SequenceTracker {
  #applied = 0;
  /** Numbers beyond, of updates that were saved here; in between are those that were saved elsewhere. */
  readonly #ahead = new Set<number>();
  /** Highest number of which another replica has told. */
  #heard = 0;

  /** Number up to which there is none that it lacks. */
  get applied(): number {
    return this.#applied;
  }

  /** Whether there are others, as far as is known. */
  get isBehind(): boolean {
    return this.#heard > this.#applied || this.#ahead.size > 0;
  }

  announce(number: number): void {
    this.#heard = Math.max(this.#heard, number);
  }

  has(number: number): boolean {
    return number <= this.#applied || this.#ahead.has(number);
  }

  /** It has an update, but perhaps not all those before. */
  add(number: number): void {
    this.#ahead.add(number);
    this.#advance();
  }

  /** It has all up to this one. */
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
