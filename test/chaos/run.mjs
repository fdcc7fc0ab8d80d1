// @ts-check
/**
 * `npm run test:chaos`: plays generated schedules of readers, writers and faults on a cache, over several processes and
 * real servers, and reports what it saw. Ends with 1 when a schedule failed, unless `--expect stale` says it has to.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { resultText, runChaos } from './chaos-run.mjs';
import { SUBJECTS } from './subjects/subject.mjs';
import { TOPOLOGIES } from './topologies/topology.mjs';

const HELP = `node test/chaos/run.mjs [options]
  --schedules <n>     how many (100)
  --seed <n>          of the generator (random)
  --path <path>       play again the one schedule that a report names, with its seed
  --subject <name>    ${Object.keys(SUBJECTS).join(', ')} (keepsake)
  --topology <name>   ${Object.keys(TOPOLOGIES).join(', ')} (single)
  --keep-going        count the schedules that fail instead of making the first smaller
  --expect stale      succeed when a stale read was found, fail when none was
  --shrink-ms <n>     how long a failing schedule is made smaller (60000)
  --json <file>       write the result there as well
The peers are installed on demand: npm ci --prefix test/chaos/peers`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100' },
    seed: { type: 'string' },
    path: { type: 'string' },
    subject: { type: 'string', default: 'keepsake' },
    topology: { type: 'string', default: 'single' },
    'keep-going': { type: 'boolean', default: false },
    expect: { type: 'string' },
    'shrink-ms': { type: 'string', default: '60000' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const result = await runChaos({
  subject: values.subject,
  topology: values.topology,
  schedules: whole(values.schedules),
  seed: values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed),
  path: values.path,
  seek: values.expect === 'stale' ? 'stale' : undefined,
  keepGoing: values['keep-going'],
  shrinkForMs: whole(values['shrink-ms']),
  tell: (line) => console.error(line),
});
console.log(resultText(result));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`);

const hasFailed = result.totals.failedSchedules > 0 || result.failure !== undefined;
const isStale = (result.totals.violations.stale ?? 0) > 0;
process.exitCode = (values.expect === 'stale' ? isStale : !hasFailed) ? 0 : 1;

/** @param {string} text */
function whole(text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is not a whole number above 0\n${HELP}`);
  return number;
}
