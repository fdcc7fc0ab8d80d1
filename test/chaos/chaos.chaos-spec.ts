import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ChaosResult } from './chaos-run.mjs';

const SCRIPT = join(import.meta.dirname, 'run.mjs');

/** More than a busy machine takes for the part and for making a failing schedule smaller. */
const TEST_TIMEOUT_MS = 180_000;

/** Always the same schedules: what fails here fails again. `npm run test:chaos` draws others each time. */
const SEED = '20';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keepsake-chaos-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Plays schedules as an operator would; the report is the message where they end otherwise than they must. */
async function runChaos(options: string): Promise<ChaosResult> {
  const file = join(folder, `${options.replace(/\W/g, '')}.json`);
  const run = promisify(execFile)(process.execPath, [SCRIPT, '--seed', SEED, '--json', file, ...options.split(' ')]);
  const problem = await run.then(
    () => '',
    (error: { stdout: string; stderr: string }) => `${error.stdout}\n${error.stderr}`,
  );
  expect(problem).toBe('');
  const [result] = JSON.parse(await readFile(file, 'utf8')) as [ChaosResult];
  return result;
}

it(
  'no schedule of faults makes the cache stale, wrong or endless',
  async () => {
    const { totals, failure } = await runChaos(
      '--subject keepsake --topology single --schedules 16 --seconds 12 --shrink-ms 15000',
    );
    expect(failure).toBeUndefined();
    expect(totals.violations).toEqual({});
    // Nothing to check is no proof.
    expect(totals.schedules).toBeGreaterThanOrEqual(2);
    expect(totals.reads).toBeGreaterThanOrEqual(5);
    expect(totals.writes).toBeGreaterThanOrEqual(2);
    expect(totals.faults).toBeGreaterThanOrEqual(2);
  },
  TEST_TIMEOUT_MS,
);

it(
  'the same schedules find plain get, set and delete stale',
  async () => {
    const { totals } = await runChaos('--subject naive --schedules 60 --shrink-ms 1');
    expect(totals.violations.stale).toBeGreaterThanOrEqual(1);
  },
  TEST_TIMEOUT_MS,
);
