import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { BootstrapService, type OperatorKeyFile } from '#auth';
import { type KeepsakeConfig, loadConfig } from '#config';
import { EMBEDDED_FOLDER } from '#database';
import { JobWorker } from '#queue';
import { ApiModule } from '../../../api/src/api.module.js';
import { startApi } from '../../../api/src/start-api.js';
import { WorkerModule } from '../../../worker/src/worker.module.js';
import { configurationNotes } from '../configuration-notes.js';
import { ExitCode } from '../exit-code.js';
import { stopTimes } from '../stop-times.js';
import { writeNotice } from '../write-notice.js';
import { untilStopped } from '../until-stopped.js';
import { announceServer, withdrawServer } from './running-server.js';

const REPORT_AFTER_MS = 500;

@Module({})
class ServerModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    const worker = config.queue.workerEnabled ? [WorkerModule.forRoot(config)] : [];
    return { module: ServerModule, imports: [ApiModule.forRoot(config), ...worker] };
  }
}

/** Serves until it is told to stop. */
export async function runServer({ json }: { json: boolean }): Promise<ExitCode> {
  const config = loadConfig(process.env);
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
  const pages = { docs: `${url}/docs`, openApi: `${url}/openapi.json` };
  const text = [
    `Keepsake listens on ${url}`,
    `  API page      ${pages.docs}`,
    `  operator key  ${placeOfKey(config, operatorKey)}`,
  ];
  writeNotice(
    json,
    { listening: { url, pid: process.pid, ...pages, operatorKeyFile: operatorKey?.file } },
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
  if (auth.bootstrapKey !== undefined) return 'KEEPSAKE_BOOTSTRAP_KEY';
  if (kept !== undefined) return kept.file;
  return database.url === undefined
    ? 'the one you made with `keepsake keys` (the first one was revoked or its file is gone)'
    : 'made with `keepsake keys create`';
}
