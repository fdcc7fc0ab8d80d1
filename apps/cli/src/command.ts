import type { ExitCode } from './exit-code.js';

/** One command of `keepsake`. */
export interface Command {
  /** How to call it, without the program's name. */
  readonly synopsis: string;
  readonly summary: string;
  /** Does the work and resolves with the exit code. A server resolves when it has stopped. */
  run(args: readonly string[]): Promise<ExitCode>;
}
