import { loadConfig } from '#config';
import { JobWorker } from '#queue';
import { startWorker } from '../../../worker/src/start-worker.js';
import { CliError } from '../cli-error.js';
import { configurationNotes } from '../configuration-notes.js';
import { ExitCode } from '../exit-code.js';
import { stopTimes } from '../stop-times.js';
import { writeNotice } from '../write-notice.js';
import { untilStopped } from '../until-stopped.js';

export async function runWorker({ json }: { json: boolean }): Promise<ExitCode> {
  const config = loadConfig(process.env);
  if (config.database.url === undefined)
    throw new CliError(
      'keepsake worker needs DATABASE_URL. The embedded database belongs to one process: keepsake serve, which does the background work itself.',
      ExitCode.configuration,
    );
  const app = await startWorker(config);
  writeNotice(json, { working: { pid: process.pid } }, 'Keepsake works on jobs');
  for (const note of configurationNotes()) writeNotice(json, { note }, note);
  await untilStopped(config.http.shutdownTimeoutMs, async () => {
    await app.get(JobWorker, { strict: false }).stop(stopTimes(config.http).workMs);
    await app.close();
  });
  return ExitCode.ok;
}
