/** A response that is missing, or that is not what the protocol requires. Its message is a clause. */
export class Failure extends Error {
  /** What to do about it, as an imperative; undefined if it is not known. */
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}
