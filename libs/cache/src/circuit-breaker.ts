/**
 * Fails fast while the shared tier is unavailable. Counts failures in a row; `failuresToOpen` of them open it. It never closes
 * by itself: the recovery gate does, after it has checked who answers.
 *
 * Not safe to share between threads; all methods are synchronous.
 */
export class CircuitBreaker {
  private failures = 0;
  private opened = true;

  constructor(
    private readonly failuresToOpen: number,
    private readonly onOpen: () => void,
  ) {}

  get isOpen(): boolean {
    return this.opened;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(): void {
    this.failures++;
    if (this.failures >= this.failuresToOpen) this.open();
  }

  /** Opens at once: the connection is gone, or the server is not what it was. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    this.onOpen();
  }

  close(): void {
    this.failures = 0;
    this.opened = false;
  }
}
