/** How often a script's log is told; a terminal sees every step. */
const LOG_EVERY_MS = 2_000;

/** How far long work is, on standard error: one line that changes on a terminal, else a line every two seconds. */
export class Progress {
  private reportedAtMs = Number.NEGATIVE_INFINITY;
  private isOpen = false;

  constructor(
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @param total absent where nobody knows */
  step(done: number, total: number | undefined, what: string): void {
    const text = total === undefined ? `${what}: ${done}` : `${what}: ${done} of ${total}`;
    if (this.stream.isTTY) {
      this.stream.write(`\r${text}\u001B[K`);
      this.isOpen = true;
    } else if (this.nowMs() - this.reportedAtMs >= LOG_EVERY_MS || done === total) {
      this.reportedAtMs = this.nowMs();
      this.stream.write(`${text}\n`);
    }
  }

  /** The line is left as it is, and the next text begins on a new one. */
  end(): void {
    if (this.isOpen) this.stream.write('\n');
    this.isOpen = false;
  }
}
