/** What an entry holds where its family remembers failures: the error that every reader gets until it expires. */
export class RememberedFailure {
  constructor(readonly error: Error) {}
}
