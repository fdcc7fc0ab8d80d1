/**
 * Why there is no answer: the address is not one that may be asked, the name has none, nothing was heard in time, the
 * connection broke or was refused, the certificate is not trusted, or the answer is larger than its cap.
 */
export type OutboundFailure =
  'address-refused' | 'name-not-found' | 'timeout' | 'connection-failed' | 'certificate-refused' | 'answer-too-large';

/** A request to an outside server that has no whole answer. Its message names no address and nothing of the answer. */
export class OutboundError extends Error {
  constructor(
    readonly failure: OutboundFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OutboundError';
  }
}
