import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KeepsakeConfig } from '#config';
import { CliError, ExitCode } from '../cli-error.js';
import { ServerClient } from './server-client.js';

/**
 * The server that commands speak to: `KEEPSAKE_URL`, else the one that owns the data folder, else where a server with
 * this configuration listens. Whether it answers is seen at the first call.
 * @param wanted which key it is shown, for the message where there is none
 * @throws CliError where there is no key, and where there is neither a server nor a data folder
 */
export async function findServer(
  config: KeepsakeConfig,
  workspace: string,
  wanted = "an operator's key",
): Promise<ServerClient> {
  return new ServerClient({ url: await urlOf(config), key: await keyOf(config, wanted), workspace });
}

async function urlOf({ command, database, http }: KeepsakeConfig): Promise<string> {
  if (command.serverUrl !== undefined) return command.serverUrl;
  const configured = `http://${reachable(http.host)}:${http.port}`;
  if (database.url !== undefined) return configured;
  // What it knows of the data folder comes with the database.
  const { findRunningServer } = await import('./running-server.js');
  return (await findRunningServer(database.dataDir))?.url ?? configured;
}

async function keyOf(config: KeepsakeConfig, wanted: string): Promise<string> {
  const configured = config.command.key ?? config.auth.bootstrapKey;
  if (configured !== undefined) return configured;
  const { keyFileDir } = config.auth;
  if (keyFileDir !== undefined && config.command.serverUrl === undefined && !existsSync(keyFileDir))
    throw nothingHere(keyFileDir);
  const { readFirstKey } = await import('./running-server.js');
  return readFirstKey(keyFileDir, wanted);
}

/** Commands make nothing where they find nothing. */
export function nothingHere(dataDir: string): CliError {
  return new CliError(
    `There is neither a running server nor a data folder here (${resolve(dataDir)}). Run this where keepsake serve was started, or set KEEPSAKE_DATA_DIR, or KEEPSAKE_URL and KEEPSAKE_KEY.`,
    ExitCode.unavailable,
  );
}

/** "Every address" is listened on, but not called. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
