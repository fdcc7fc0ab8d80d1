import type { Command } from '../command.js';
import { KEYS_SYNOPSIS } from '../keys/keys-usage.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const options = {
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

export const keys: Command = {
  synopsis: KEYS_SYNOPSIS,
  summary: 'Hand out and take back the API keys of a workspace',
  async run(args) {
    const { values, positionals } = parseOptions(args, KEYS_SYNOPSIS, options, 2);
    const { runKeys } = await import('../keys/run-keys.js');
    return runKeys(positionals, values);
  },
};
