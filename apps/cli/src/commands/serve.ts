import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const synopsis = 'serve [--json]';

export const serve: Command = {
  synopsis,
  summary: 'Serve the API, and do the background work unless WORKER_ENABLED=false',
  async run(args) {
    const { values } = parseOptions(args, synopsis, JSON_OPTION);
    const { runServer } = await import('../server/run-server.js');
    return runServer(values);
  },
};
