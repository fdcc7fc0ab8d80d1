import { loadConfig } from '#config';
import { confirm, Progress } from '../terminal.js';
import { ExitCode } from '../cli-error.js';
import { findServer } from './find-server.js';
import type { ServerClient } from './server-client.js';

/** What a command has the running server do, understood before anything is opened. */
export interface ServerCommand<Result = unknown> {
  /** What it does that can hurt: it is confirmed first. */
  readonly danger?: string;
  run(server: ServerClient, progress: Progress): Promise<Result>;
  show(result: Result): string;
  /** Otherwise the command ends with a code that says so. */
  isWell(result: Result): boolean;
}

export interface ServerCommandOptions {
  readonly yes: boolean;
  readonly workspace: string;
  readonly json: boolean;
}

export function serverCommand<Result>({
  isWell = () => true,
  ...rest
}: Omit<ServerCommand<Result>, 'isWell'> & Partial<ServerCommand<Result>>): ServerCommand {
  return { isWell, ...rest };
}

/** Does it; the result goes to standard output, as JSON where that is asked for. */
export async function runServerCommand(
  chosen: ServerCommand,
  { yes, workspace, json }: ServerCommandOptions,
  synopsis: string,
): Promise<ExitCode> {
  if (chosen.danger !== undefined) await confirm(chosen.danger, yes, synopsis);
  const server = await findServer(loadConfig(process.env), workspace);
  const progress = new Progress();
  try {
    const result = await chosen.run(server, progress);
    progress.end();
    const { text, isWell } = understood(server, () => ({ text: chosen.show(result), isWell: chosen.isWell(result) }));
    console.log(json ? JSON.stringify(result) : text);
    return isWell ? ExitCode.ok : ExitCode.unavailable;
  } finally {
    progress.end();
  }
}

/** What is without the fields of our answers is the answer of another server. */
function understood<Result>(server: ServerClient, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof TypeError ? server.foreign(error) : error;
  }
}
