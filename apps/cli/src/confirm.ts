import { createInterface } from 'node:readline/promises';
import { UsageError } from './cli-error.js';

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
