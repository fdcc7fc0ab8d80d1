// @ts-check
/**
 * `npm run test:chaos`: plays generated schedules of readers, writers and faults on a cache, over several processes and
 * real servers, and reports what it saw. Ends with 1 when our own cache failed a schedule, or when another cache was
 * not found stale: then the schedules prove nothing.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos-run.mjs';
import { installPeers } from './install-peers.mjs';
import { planOf } from './plan.mjs';
import { runProductParts } from './product/product-parts.mjs';
import { resultText, totalText } from './report.mjs';
import { SUBJECTS } from './subjects/subject.mjs';
import { TOPOLOGIES } from './topologies/topology.mjs';

const HELP = `npm run test:chaos -- [options]
  --schedules <n>     how many, shared out among the topologies (100)
  --seconds <n>       end each part after that long, however many were played
  --seed <n>          of the generator (random)
  --product           run them on the whole product instead: two servers and a worker over one PostgreSQL
  --control           with --product: without each of its mends, which must be found stale
  --peers             play them on the naive cache and on the libraries beside ours instead; installs those
  --subject <name>    play them on this one alone: ${Object.keys(SUBJECTS).join(', ')}
  --topology <name>   on this one alone: ${Object.keys(TOPOLOGIES).join(', ')}
  --path <path>       play again the one schedule that a report names, with its seed, subject and topology
  --keep-going        count the schedules that fail instead of making the first smaller
  --shrink-ms <n>     how long a failing schedule is made smaller (60000)
  --json <file>       write the results there as well
Our own cache must not fail. Every other must be found stale.`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    product: { type: 'boolean', default: false },
    control: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    subject: { type: 'string' },
    topology: { type: 'string' },
    path: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    'shrink-ms': { type: 'string', default: '60000' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}

if (values.product) {
  const { results, isAsItMustBe } = await runProductParts({
    topology: values.topology,
    schedules: whole(values.schedules),
    seed: values.seed === undefined ? undefined : Number(values.seed),
    path: values.path,
    forMs: values.seconds === undefined ? undefined : whole(values.seconds) * 1_000,
    isControl: values.control,
  });
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  process.exit(isAsItMustBe ? 0 : 1);
}

const plan = planOf({ ...values, schedules: whole(values.schedules) });
if (plan.some(({ isPeer }) => isPeer)) installPeers();

const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);
const forMs = values.seconds === undefined ? undefined : whole(values.seconds) * 1_000;
const results = [];
for (const { subject, topology, schedules, mustBeStale } of plan) {
  const result = await runChaos({
    subject,
    topology,
    schedules,
    seed,
    forMs,
    path: values.path,
    seek: mustBeStale ? 'stale' : undefined,
    keepGoing: values['keep-going'],
    shrinkForMs: whole(values['shrink-ms']),
    report: (line) => console.error(line),
  });
  const isStale = (result.totals.violations.stale ?? 0) > 0;
  const isUnharmed = result.totals.failedSchedules === 0 && result.failure === undefined;
  const hasRun = result.totals.schedules > 0;
  const isAsItMustBe = hasRun && (mustBeStale ? isStale : isUnharmed);
  results.push({ ...result, mustBeStale, isAsItMustBe });
  console.log(resultText(result));
  if (!isAsItMustBe) console.log(mustBeStale ? '  NOT FOUND STALE: the schedules prove nothing' : '  FAILED');
}
const ours = results.filter(({ mustBeStale }) => !mustBeStale);
if (ours.length > 1) console.log(totalText(ours));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
process.exitCode = results.every(({ isAsItMustBe }) => isAsItMustBe) ? 0 : 1;

/** @param {string} text */
function whole(text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is not a whole number above 0\n${HELP}`);
  return number;
}
