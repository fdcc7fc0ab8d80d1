import type { ExitCode } from './cli-error.js';

/**
 * One command of `keepsake`. This file holds how it is called and nothing that is needed to do the work: that is loaded
 * once the call is understood, so that asking for the version or a typing error does not load a server.
 */
export interface Command {
  /** How to call it, without the program's name. */
  readonly synopsis: string;
  readonly summary: string;
  /** Does the work and resolves with the exit code. A server resolves when it has stopped. */
  run(args: readonly string[]): Promise<ExitCode>;
}

/** What every command takes. */
export const JSON_OPTION = { json: { type: 'boolean', default: false } } as const;

/** What commands take that ask the running server. */
export const SERVER_OPTIONS = { workspace: { type: 'string', default: 'default' }, ...JSON_OPTION } as const;
