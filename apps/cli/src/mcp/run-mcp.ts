import { createInterface } from 'node:readline';
import { loadConfig } from '#config';
import { ExitCode } from '../cli-error.js';
import { findServer } from '../server/find-server.js';
import { McpBridge } from './mcp-bridge.js';
import { McpLink, type McpSettings } from './mcp-link.js';

/**
 * Until standard input ends. Standard output carries messages of the protocol and nothing else.
 * @throws CliError where no server answers, DomainError where it refuses the key or the settings
 */
export async function runMcp({ workspace, ...settings }: McpSettings & { readonly workspace: string }) {
  const config = loadConfig(process.env);
  const link = new McpLink(
    () => findServer(config, workspace, 'a key with the scopes memory:read and memory:write'),
    settings,
  );
  // A client shows what is reported now; later it could only be reported as the error of some call.
  await link.check();
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => lines.close());
  // The client has gone.
  process.stdout.on('error', () => process.exit(ExitCode.ok));
  const bridge = new McpBridge(
    (message, signal, json) => link.send(message, signal, json),
    (json) => void process.stdout.write(`${json}\n`),
    (text) => console.error(text),
  );
  for await (const line of lines) bridge.accept(line);
  await bridge.settled();
  return ExitCode.ok;
}
