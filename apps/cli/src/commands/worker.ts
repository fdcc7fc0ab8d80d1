import { loadConfig } from '#config';
import { JobWorker } from '#queue';
import { startWorker } from '../../../worker/src/start-worker.js';
import { CliError } from '../cli-error.js';
import type { Command } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseOptions } from '../parse-options.js';
import { stopTimes } from '../stop-times.js';
import { untilStopped } from '../until-stopped.js';

const synopsis = 'worker';

export const worker: Command = {
  synopsis,
  summary: 'Do the background work of a server on PostgreSQL, in a process of its own',
  async run(args) {
    parseOptions(args, synopsis, {});
    const config = loadConfig(process.env);
    if (config.database.url === undefined)
      throw new CliError(
        'keepsake worker needs DATABASE_URL. The embedded database belongs to one process: keepsake serve, which does the background work itself.',
        ExitCode.configuration,
      );
    const app = await startWorker(config);
    console.error('Keepsake works on jobs');
    await untilStopped(config.http.shutdownTimeoutMs, async () => {
      await app.get(JobWorker, { strict: false }).stop(stopTimes(config.http).workMs);
      await app.close();
    });
    return ExitCode.ok;
  },
};
