import { CACHE_SYNOPSIS } from '../cache/cache-usage.js';
import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

const options = {
  scope: text,
  limit: text,
  all: flag,
  project: text,
  session: text,
  context: text,
  user: text,
  tag: text,
  key: text,
  family: text,
  ttl: text,
  enabled: text,
  stale: text,
  'stale-if-error': text,
  reason: text,
  yes: flag,
  'no-wait': flag,
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

export const cache: Command = {
  synopsis: CACHE_SYNOPSIS,
  summary: 'See what the cache of the running server does; invalidate, warm and set it',
  async run(args) {
    const { values, positionals } = parseOptions(args, CACHE_SYNOPSIS, options, 2);
    const { runCache } = await import('../cache/run-cache.js');
    return runCache(positionals, values);
  },
};
