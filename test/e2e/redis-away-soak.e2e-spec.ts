import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../soak/redis-away/run.mjs');
const execute = promisify(execFile);

describe('npm run soak:redis-away, in short', () => {
  it('writers and readers go on without Redis: nothing fails, nothing is stale, nothing is left', async () => {
    const { PATH, HOME } = process.env;
    const run = execute(process.execPath, [SCRIPT, '--seconds', '8', '--json'], { env: { PATH, HOME } });
    // How long the return takes on a busy machine is for the long run to say.
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    const { table, problems, writes, reads, backMs } = JSON.parse(stdout);
    expect(problems.filter((problem: string) => !problem.includes('after the return of Redis'))).toEqual([]);
    expect(Object.keys(backMs)).toEqual(['health up', 'outbox empty', 'writes at once', 'hits']);
    expect(writes).toBeGreaterThan(20);
    expect(reads).toBeGreaterThan(20);
    // It saw both kinds of absence, and that invalidations waited.
    const unavailable = table.filter(({ phase }: { phase: string }) => /answers nothing|not there/.test(phase));
    expect(new Set(unavailable.map(({ phase }: { phase: string }) => phase.replace(/ \d+$/, '')))).toEqual(
      new Set(['answers nothing', 'not there']),
    );
    for (const row of unavailable) expect([row.phase, row['hits %']]).toEqual([row.phase, 0]);
    expect(unavailable.at(-1)['outbox rows']).toBeGreaterThan(20);
    expect(table.at(-1)).toMatchObject({ phase: 'no traffic', 'outbox rows': 0 });
  }, 240_000);
});
