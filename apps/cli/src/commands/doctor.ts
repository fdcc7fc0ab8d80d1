import { ConfigError, type KeepsakeConfig, loadConfig } from '#config';
import type { Command } from '../command.js';
import { exitCodeOf, type Finding, misconfigured, ok } from '../doctor/finding.js';
import { lookAtDataFolder } from '../doctor/look-at-data-folder.js';
import { lookAtDatabase } from '../doctor/look-at-database.js';
import { lookAtNode } from '../doctor/look-at-node.js';
import { lookAtPort } from '../doctor/look-at-port.js';
import { lookAtRedis } from '../doctor/look-at-redis.js';
import { parseOptions } from '../parse-options.js';
import { findRunningServer } from '../server/running-server.js';

const synopsis = 'doctor [--json]';

export const doctor: Command = {
  synopsis,
  summary: 'Tell what is wrong with the configuration and the surroundings, and what to write instead',
  async run(args) {
    const { values } = parseOptions(args, synopsis, { json: { type: 'boolean' } });
    const findings = [lookAtNode(), ...(await lookAround())];
    const exitCode = exitCodeOf(findings);
    if (values.json) console.log(JSON.stringify({ ok: exitCode === 0, findings }));
    else for (const { part, status, detail } of findings) console.log(`${status.padEnd(7)}  ${part}: ${detail}`);
    return exitCode;
  },
};

/** What depends on the configuration is only looked at where that can be read. */
async function lookAround(): Promise<Finding[]> {
  let config: KeepsakeConfig;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => misconfigured('configuration', problem));
  }
  const { database, cache, http } = config;
  const isEmbedded = database.url === undefined;
  const server = isEmbedded ? findRunningServer(database.dataDir) : undefined;
  return [
    ok('configuration', 'can be read'),
    ...(isEmbedded ? [lookAtDataFolder(database.dataDir)] : []),
    ...(await lookAtDatabase(database)),
    await lookAtRedis(cache),
    await lookAtPort(http, server?.url),
  ];
}
