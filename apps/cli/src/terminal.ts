import { createInterface } from 'node:readline/promises';
import { UsageError } from './cli-error.js';

/** A name in camel case as people read it: `openTodos` is `open todos`. */
export function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Rows under a header, in columns as wide as they need; numbers to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const isNumeric = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const texts = [
    header,
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell))),
  ];
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts
    .map((row) =>
      row
        .map((cell, column) =>
          isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function formatCount(count: number): string {
  return count.toLocaleString('en', { maximumFractionDigits: 3 });
}

/** How often a script's log gets a line; a terminal sees every step. */
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

/** What a person or a script is shown while a command goes on: on standard error, a line of JSON where that is asked for. */
export function writeNotice(asJson: boolean, said: object, text: string): void {
  console.error(asJson ? JSON.stringify(said) : text);
}

/**
 * Lets a dangerous call through that carries `--yes` or that a person at a terminal confirms.
 * @throws UsageError where neither is so.
 */
export async function confirm(what: string, isConfirmed: boolean, synopsis: string): Promise<void> {
  if (isConfirmed) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(`${what.replace(/\.$/, '')}: that needs --yes.`, synopsis);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what} Write yes to go on: `);
    if (answer.trim().toLowerCase() !== 'yes') throw new UsageError('Nothing was done.');
  } finally {
    terminal.close();
  }
}
