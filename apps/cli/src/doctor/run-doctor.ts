import { Logger } from '@nestjs/common';
import { ConfigError, type KeepsakeConfig, loadConfig } from '#config';
import { describeProvider } from '#embedding';
import { KeepsakeLogger } from '#observability';
import { configurationNotes } from '../configuration-notes.js';
import type { ExitCode } from '../cli-error.js';
import { findRunningServer } from '../server/running-server.js';
import {
  checkDatabase,
  checkDataFolder,
  checkNode,
  checkPort,
  checkRedis,
  checkServer,
  exitCodeOf,
  type Finding,
  misconfigured,
  ok,
  warning,
} from './checks.js';

/** Looks at everything and starts nothing. */
export async function runDoctor({ json }: { json: boolean }): Promise<ExitCode> {
  const findings = [checkNode(), ...(await lookAround())];
  const exitCode = exitCodeOf(findings);
  if (json) console.log(JSON.stringify({ ok: exitCode === 0, findings }));
  else for (const { part, status, detail } of findings) console.log(`${status.padEnd(7)}  ${part}: ${detail}`);
  return exitCode;
}

/** What depends on the configuration is only looked at where that can be read. */
async function lookAround(): Promise<Finding[]> {
  let config: KeepsakeConfig;
  let embeddings: Awaited<ReturnType<typeof describeProvider>>;
  try {
    config = loadConfig(process.env);
    embeddings = await describeProvider(config.embedding);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => misconfigured('configuration', problem));
  }
  const { command, database, cache, http, log, search } = config;
  // Standard output is for the findings.
  Logger.overrideLogger(new KeepsakeLogger(log, process.stderr));
  const isEmbedded = database.url === undefined;
  const server = isEmbedded ? await findRunningServer(database.dataDir) : undefined;
  return [
    ok('configuration', 'can be read'),
    ...configurationNotes().map((note) => warning('configuration', note)),
    ...(isEmbedded ? [await checkDataFolder(database.dataDir)] : []),
    ...(await checkDatabase(database, search)),
    await checkRedis(cache),
    embeddings.problem === undefined
      ? ok('embeddings', [embeddings.description, embeddings.advice].filter(Boolean).join('. '))
      : misconfigured('embeddings', `${embeddings.description}; it can't be used: ${embeddings.problem}`),
    ...(command.serverUrl === undefined ? [] : [await checkServer(command.serverUrl)]),
    await checkPort(http, server?.url),
  ];
}
