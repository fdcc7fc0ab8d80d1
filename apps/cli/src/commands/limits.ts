import type { Command } from '../command.js';
import { LIMITS_SYNOPSIS } from '../limits/limits-usage.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const options = {
  tier: { type: 'string' },
  reason: { type: 'string' },
  yes: { type: 'boolean', default: false },
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

export const limits: Command = {
  synopsis: LIMITS_SYNOPSIS,
  summary: 'See what is left of the rate limits of a credential, and give all of it back',
  async run(args) {
    const { values, positionals } = parseOptions(args, LIMITS_SYNOPSIS, options, 2);
    const { runLimits } = await import('../limits/run-limits.js');
    return runLimits(positionals, values);
  },
};
