import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const TURNS = 200;

interface Row {
  readonly route: string;
  readonly requests: number;
  readonly failed: number;
  readonly hits: number;
  /** Of which the answer was the same as the last one to the same request. */
  readonly possible: number;
}

interface Report {
  readonly routes: readonly Row[];
  readonly cost: {
    readonly 'statements a request': number;
    readonly 'Redis commands a request': number;
    readonly 'outbox rows and transactions': { readonly rows: number; readonly commits: number };
  };
}

/**
 * The short form of `npm run bench:load`: a drawn trace of agents' work, one request after the other, on two servers and a
 * worker, so that what is counted does not hang on the machine. What processes ask by the clock is not counted.
 */
describe('the work of agents', () => {
  it('is answered by the cache wherever nothing has changed, at a bounded number of statements', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['bench/load/run.mjs', '--turns', String(TURNS), '--users', '10', '--seed', '1', '--json'],
      { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 },
    );
    const { routes, cost } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Report;
    expect(routes.filter(({ failed }) => failed > 0)).toEqual([]);
    const shareOf = (name: string) => {
      const { hits, possible } = routes.find(({ route }) => route === name)!;
      return hits / Math.max(1, possible);
    };
    // A search is a hit also where it had to be brought up to date.
    const least = { label: 0.9, context: 0.8, 'latest handover': 0.8, search: 0.9, list: 0.3 };
    const missed = Object.entries(least).filter(([route, share]) => shareOf(route) < share);
    expect(missed.map(([route]) => [route, shareOf(route)])).toEqual([]);
    const { rows, commits } = cost['outbox rows and transactions'];
    expect(rows).toBeLessThanOrEqual(commits);
    expect(cost['statements a request']).toBeLessThan(8);
    expect(cost['Redis commands a request']).toBeLessThan(12);
  }, 600_000);
});
