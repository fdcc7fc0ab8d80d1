import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const synopsis = 'worker [--json]';

export const worker: Command = {
  synopsis,
  summary: 'Do the background work of a server on PostgreSQL, in a process of its own',
  async run(args) {
    const { values } = parseOptions(args, synopsis, JSON_OPTION);
    const { runWorker } = await import('../server/run-worker.js');
    return runWorker(values);
  },
};
