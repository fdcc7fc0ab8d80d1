// @ts-check
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../bin/ensure-built.mjs';
import { goalsOf } from './goals.mjs';
import { arePeersInstalled, installPeers } from './install-peers.mjs';
import { MEASURES } from './measures/measure.mjs';
import { reportText } from './report.mjs';
import { Series } from './series.mjs';
import { openServer } from './server.mjs';
import { ENTRANTS } from './subjects/subject.mjs';
import { resultsAsJson } from './summary.mjs';

const LONG = ['tag-invalidation-100000', 'tag-invalidation-1000000'];
const USAGE = `Usage: npm run bench:cache -- [options]

Measures the cache beside the bare client and other libraries: each in a process of its own, in interleaved rounds, on
one Redis. Prints tables, and ends with exit code 1 where the product misses what it must reach.

  --rounds N         how many (5)
  --seconds N        for what is repeated until the time is over (1)
  --json FILE        write everything there as well, every round included
  --redis URL        measure on this server (or BENCH_REDIS_URL) instead of a private one; only keys of this run are touched
  --million          also invalidate tags with 100,000 and a million keys (minutes for each library, and about 1 GB in Redis)
  --only A,B         of ${Object.keys(MEASURES).join(', ')}
  --entrants A,B     of ${Object.keys(ENTRANTS).join(', ')}
  --profile FOLDER   leave a CPU profile of each process there
  --install-peers    first install the other libraries, into bench/cache/peers

Without the peers, they are left out and named.`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
    redis: { type: 'string', default: process.env['BENCH_REDIS_URL'] },
    million: { type: 'boolean', default: false },
    only: { type: 'string' },
    entrants: { type: 'string' },
    profile: { type: 'string' },
    'install-peers': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const rounds = positive(options.rounds);
const seconds = positive(options.seconds);
if (!Number.isInteger(rounds)) refuse(`--rounds ${options.rounds} is not a whole number`);
const chosen = options.only === undefined ? Object.keys(MEASURES) : known(options.only, MEASURES);
const measures = chosen.filter((measure) => !LONG.includes(measure) || options.million || options.only !== undefined);
const entrants = options.entrants === undefined ? Object.keys(ENTRANTS) : known(options.entrants, ENTRANTS);

const loadBefore = loadavg()[0] ?? 0;
if (options['install-peers']) installPeers();
ensureBuilt();
const present = entrants.filter((entrant) => ENTRANTS[entrant]?.packages === undefined || arePeersInstalled());
const run = `b${randomBytes(4).toString('hex')}`;
const server = await openServer(options.redis, run);
const series = new Series({
  redisUrl: server.url,
  run,
  rounds,
  seconds,
  entrants: present,
  measures,
  profileFolder: options.profile,
  removeKeys: server.removeKeys,
  report: (line) => console.error(line),
});
for (const entrant of entrants) {
  if (!present.includes(entrant)) series.failures.push({ entrant, reason: 'not installed; run with --install-peers' });
}
try {
  await series.measureAll();
} finally {
  await server.close();
}
const goals = goalsOf(series.results);
const report = {
  date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${server.title}`,
  versions: versionsOf(present),
  options: { rounds, seconds },
  load: { before: loadBefore, rounds: series.loads },
  goals,
  failures: series.failures,
};
console.log(reportText(report, series.results));
if (options.json !== undefined) {
  const json = { ...report, measures: resultsAsJson(series.results) };
  await writeFile(options.json, `${JSON.stringify(json, undefined, 2)}\n`);
}
process.exitCode = goals.some(({ isMet }) => isMet === false) ? 1 : 0;

/** @param {readonly string[]} names */
function versionsOf(names) {
  const peers = names.flatMap((name) => ENTRANTS[name]?.packages ?? []);
  const folders = {
    ioredis: '../../node_modules/ioredis',
    ...Object.fromEntries(peers.map((name) => [name, `peers/node_modules/${name}`])),
  };
  return Object.fromEntries(
    Object.entries(folders).flatMap(([name, folder]) => {
      const file = join(import.meta.dirname, folder, 'package.json');
      return existsSync(file) ? [[name, String(JSON.parse(readFileSync(file, 'utf8')).version)]] : [];
    }),
  );
}

/**
 * @param {string} names
 * @param {Readonly<Record<string, unknown>>} all
 */
function known(names, all) {
  const list = names.split(',');
  for (const name of list) if (!(name in all)) refuse(`${name} is none of ${Object.keys(all).join(', ')}`);
  return list;
}

/** @param {string} text */
function positive(text) {
  const number = Number(text);
  if (!(number > 0)) refuse(`${text} is not a number above 0`);
  return number;
}

/**
 * @param {string} problem
 * @returns {never}
 */
function refuse(problem) {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(64);
}
