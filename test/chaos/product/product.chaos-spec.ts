import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProductResult } from './product-run.mjs';

const SCRIPT = join(import.meta.dirname, '../run.mjs');
/** More than a busy machine takes for servers to start, for schedules, and for making one that fails smaller. */
const TEST_TIMEOUT_MS = 600_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keepsake-chaos-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** As somebody at a terminal runs it; the report is the message where it ends otherwise than it must. */
async function runChaos(options: string): Promise<ProductResult[]> {
  const file = join(folder, 'results.json');
  const args = [SCRIPT, '--product', '--json', file, ...options.split(' ')];
  const problem = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => `${error.stdout}\n${error.stderr}`,
  );
  expect(problem).toBe('');
  return JSON.parse(await readFile(file, 'utf8')) as ProductResult[];
}

it(
  'T6 T12 T18 T24 no schedule of faults makes the product stale, crossed or lost, and every route and tool is in the walk',
  async () => {
    const [{ totals, misses }] = (await runChaos('--topology single --schedules 40 --seconds 45 --seed 20')) as [
      ProductResult,
    ];
    expect(misses).toEqual([]);
    expect(totals.violations).toEqual({});
    // Nothing to check is no proof.
    expect(totals.schedules).toBeGreaterThanOrEqual(2);
    expect(totals.reads).toBeGreaterThanOrEqual(100);
    expect(totals.hits).toBeGreaterThanOrEqual(30);
    expect(totals.writes).toBeGreaterThanOrEqual(5);
    expect(totals.faults).toBeGreaterThanOrEqual(2);
  },
  TEST_TIMEOUT_MS,
);

it(
  'T52 T53 T54 the same walk finds the product stale without the mends of these',
  async () => {
    const results = await runChaos('--control --topology single --schedules 8 --seed 5');
    expect(results.map(({ control }) => control)).toEqual(['T52', 'T53, T54']);
    for (const { totals } of results) expect(Object.keys(totals.violations).length).toBeGreaterThan(0);
  },
  TEST_TIMEOUT_MS,
);
