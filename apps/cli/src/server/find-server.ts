import type { KeepsakeConfig } from '#config';
import { ServerClient } from './server-client.js';

/**
 * The server that commands speak to: `KEEPSAKE_URL`, else the one that owns the data folder, else where a server with
 * this configuration listens. Whether it answers is seen at the first call.
 * @throws ConfigError where there is no operator's key to show to it.
 */
export async function findServer(config: KeepsakeConfig, workspace: string): Promise<ServerClient> {
  return new ServerClient({ url: await urlOf(config), key: await keyOf(config), workspace });
}

async function urlOf({ command, database, http }: KeepsakeConfig): Promise<string> {
  if (command.serverUrl !== undefined) return command.serverUrl;
  const configured = `http://${reachable(http.host)}:${http.port}`;
  if (database.url !== undefined) return configured;
  // What it knows of the data folder comes with the database.
  const { findRunningServer } = await import('./running-server.js');
  return (await findRunningServer(database.dataDir))?.url ?? configured;
}

async function keyOf(config: KeepsakeConfig): Promise<string> {
  const configured = config.command.key ?? config.auth.bootstrapKey;
  if (configured !== undefined) return configured;
  const { readFirstKey } = await import('./running-server.js');
  return readFirstKey(config.auth.keyFileDir);
}

/** "Every address" is listened on, but not called. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
