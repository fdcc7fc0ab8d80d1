import { BENCH_SYNOPSIS, benchUsage } from '../bench/bench-usage.js';
import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';

const options = {
  seconds: { type: 'string', default: '3' },
  callers: { type: 'string', default: '16' },
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

export const bench: Command = {
  synopsis: BENCH_SYNOPSIS,
  summary: 'Measure the running server, or the cache on the Redis of REDIS_URL; bounded, and nothing stays behind',
  async run(args) {
    const { values, positionals } = parseOptions(args, BENCH_SYNOPSIS, options, 1);
    const [subject = 'server'] = positionals;
    if (subject !== 'server' && subject !== 'redis')
      throw benchUsage(`There is no benchmark ${JSON.stringify(subject)}.`);
    const seconds = Number(values.seconds);
    if (!(seconds >= 0.05 && seconds <= 60)) throw benchUsage('--seconds takes a number from 0.05 to 60.');
    const callers = Number(values.callers);
    if (!(Number.isInteger(callers) && callers >= 1 && callers <= 256))
      throw benchUsage('--callers takes a number from 1 to 256.');
    const { benchRedis, benchServer } = await import('../bench/run-bench.js');
    return subject === 'redis'
      ? benchRedis({ seconds, json: values.json })
      : benchServer({ seconds, callers, workspace: values.workspace, json: values.json });
  },
};
