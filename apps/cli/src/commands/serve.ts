import { parseArgs } from 'node:util';
import { loadConfig } from '#config';
import { HealthRegistry } from '#observability';
import { ApiModule } from '../../../api/src/api.module.js';
import { startApi } from '../../../api/src/start-api.js';
import type { Command } from '../command.js';
import { untilStopped } from '../until-stopped.js';

export const serve: Command = {
  synopsis: 'serve',
  summary: 'Serve the API (and do the background work, unless WORKER_ENABLED=false)',
  async run(args) {
    parseArgs({ args: [...args], options: {} });
    const config = loadConfig(process.env);
    const { app, url, firstKey } = await startApi(ApiModule.forRoot(config), config);
    if (firstKey !== undefined) {
      console.error(
        `\nThis is your operator key. It is shown this once and kept in ${firstKey.file}:\n\n  ${firstKey.key}\n`,
      );
    }
    console.error(`Keepsake listens on ${url}`);
    await untilStopped(config.http.shutdownTimeoutMs, async () => {
      app.get(HealthRegistry).startDraining();
      await app.close();
    });
    return 0;
  },
};
