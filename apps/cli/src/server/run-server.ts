import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { BootstrapService, type OperatorKeyFile } from '#auth';
import { type HttpConfig, type KeepsakeConfig, loadConfig } from '#config';
import { EMBEDDED_FOLDER } from '#database';
import { requireProvider, SemanticReader } from '#embedding';
import { JobWorker } from '#queue';
import { ApiModule } from '../../../api/src/api.module.js';
import { startApi } from '../../../api/src/start-api.js';
import { WorkerModule } from '../../../worker/src/worker.module.js';
import { configurationNotes } from '../configuration-notes.js';
import { CliError, ExitCode } from '../cli-error.js';
import { writeNotice } from '../terminal.js';
import { startWorker } from '../../../worker/src/start-worker.js';
import { announceServer, withdrawServer } from './running-server.js';

const REPORT_AFTER_MS = 500;

@Module({})
class ServerModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    const worker = config.queue.workerEnabled ? [WorkerModule.forRoot(config)] : [];
    return { module: ServerModule, imports: [ApiModule.forRoot(config), ...worker] };
  }
}

/** Serves until it is asked to stop. */
export async function runServer({ json }: { json: boolean }): Promise<ExitCode> {
  const config = loadConfig(process.env);
  requireProvider(config.embedding);
  const { database, http, queue } = config;
  const reportMade = reportNewDatabase(json, database);
  const { app, url, operatorKey, drain } = await startApi(ServerModule.forRoot(config), config, async (created) => {
    if (queue.workerEnabled) await created.get(JobWorker, { strict: false }).start();
  }).finally(reportMade);
  const isEmbedded = database.url === undefined;
  if (isEmbedded) announceServer(database.dataDir, url);
  if (operatorKey?.key !== undefined) {
    const { file, key } = operatorKey;
    const text = `\nThis is your operator key. It is shown this once and kept in ${file}:\n\n  ${key}\n`;
    writeNotice(json, { operatorKey: { key, file } }, text);
    app.get(BootstrapService, { strict: false }).markShown();
  }
  const reader = app.get(SemanticReader, { strict: false });
  const embeddings = { provider: reader.description, advice: reader.advice };
  const pages = { docs: `${url}/docs`, openApi: `${url}/openapi.json` };
  const text = [
    `Keepsake listens on ${url}`,
    `  API page      ${pages.docs}`,
    `  operator key  ${placeOfKey(config, operatorKey)}`,
    `  embeddings    ${embeddings.provider}`,
    ...(embeddings.advice === undefined ? [] : [`                ${embeddings.advice}`]),
  ];
  writeNotice(
    json,
    { listening: { url, pid: process.pid, ...pages, operatorKeyFile: operatorKey?.file, embeddings } },
    text.join('\n'),
  );
  for (const note of configurationNotes()) writeNotice(json, { note }, note);
  await untilStopped(http.shutdownTimeoutMs, async () => {
    if (isEmbedded) withdrawServer(database.dataDir);
    const worker = queue.workerEnabled ? app.get(JobWorker, { strict: false }) : undefined;
    await Promise.all([drain(), worker?.stop(stopTimes(http).workMs)]);
    await app.close();
  });
  return ExitCode.ok;
}

/**
 * A database that is made takes some seconds: says so where it was not over soon, as it is with a folder that can't be used.
 * @returns ends it
 */
function reportNewDatabase(json: boolean, { url, dataDir }: KeepsakeConfig['database']): () => void {
  if (url !== undefined || existsSync(join(dataDir, EMBEDDED_FOLDER))) return () => undefined;
  const startedMs = performance.now();
  let isReported = false;
  const timer = setTimeout(() => {
    isReported = true;
    writeNotice(json, { makingDatabase: dataDir }, `Making the database in ${dataDir}:`);
  }, REPORT_AFTER_MS);
  return () => {
    clearTimeout(timer);
    if (!isReported) return;
    const seconds = (performance.now() - startedMs) / 1_000;
    writeNotice(json, { madeDatabase: { seconds } }, `  done in ${seconds.toFixed(1)} s`);
  };
}

function placeOfKey({ auth, database }: KeepsakeConfig, kept: OperatorKeyFile | undefined): string {
  if (auth.bootstrapKey !== undefined) return 'the one in KEEPSAKE_BOOTSTRAP_KEY';
  if (kept !== undefined) return kept.file;
  return database.url === undefined
    ? 'the one you made with `keepsake keys` (the first one was revoked or its file is gone)'
    : 'made with `keepsake keys create`';
}

export async function runWorker({ json }: { json: boolean }): Promise<ExitCode> {
  const config = loadConfig(process.env);
  if (config.database.url === undefined)
    throw new CliError(
      'keepsake worker needs DATABASE_URL. The embedded database belongs to one process: keepsake serve, which does the background work itself.',
      ExitCode.configuration,
    );
  requireProvider(config.embedding);
  const app = await startWorker(config);
  writeNotice(json, { working: { pid: process.pid } }, 'Keepsake works on jobs');
  for (const note of configurationNotes()) writeNotice(json, { note }, note);
  await untilStopped(config.http.shutdownTimeoutMs, async () => {
    await app.get(JobWorker, { strict: false }).stop(stopTimes(config.http).workMs);
    await app.close();
  });
  return ExitCode.ok;
}

/** What closing the database takes at the end, and a little more. */
const CLOSING_MS = 1_500;

/** How a process divides the time that it has to stop. */
function stopTimes({ shutdownTimeoutMs }: Pick<HttpConfig, 'shutdownTimeoutMs'>): { readonly workMs: number } {
  return { workMs: Math.max(0, shutdownTimeoutMs - CLOSING_MS) };
}

type StopSignal = 'SIGTERM' | 'SIGINT';

/** What a shell sees of a process that a signal has ended. */
const codeOf = (signal: StopSignal) => 128 + constants.signals[signal];

/**
 * Waits for SIGTERM or SIGINT, then runs `stop`. A second signal ends the process at once, and so does a stop that
 * takes longer than `timeoutMs`: everything acknowledged is in the database by then.
 */
async function untilStopped(timeoutMs: number, stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((settle) => {
    process.once('SIGTERM', () => settle());
    process.once('SIGINT', () => settle());
  });
  process.once('SIGTERM', (signal) => process.exit(codeOf(signal as StopSignal)));
  process.once('SIGINT', (signal) => process.exit(codeOf(signal as StopSignal)));
  setTimeout(() => {
    console.error(`Not everything ended within ${timeoutMs} ms (SHUTDOWN_TIMEOUT_MS): stopping now.`);
    process.exit(1);
  }, timeoutMs).unref();
  await stop();
}
