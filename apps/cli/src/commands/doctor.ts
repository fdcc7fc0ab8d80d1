import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const synopsis = 'doctor [--json]';

export const doctor: Command = {
  synopsis,
  summary: 'Check the configuration, the database, Redis, the data folder and the port, and say what to change',
  async run(args) {
    const { values } = parseOptions(args, synopsis, JSON_OPTION);
    const { runDoctor } = await import('../doctor/run-doctor.js');
    return runDoctor(values);
  },
};
