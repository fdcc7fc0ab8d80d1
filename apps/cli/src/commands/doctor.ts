import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const synopsis = 'doctor [--json]';

export const doctor: Command = {
  synopsis,
  summary: 'Tell what is wrong with the configuration and the surroundings, and what to write instead',
  async run(args) {
    const { values } = parseOptions(args, synopsis, JSON_OPTION);
    const { runDoctor } = await import('../doctor/run-doctor.js');
    return runDoctor(values);
  },
};
