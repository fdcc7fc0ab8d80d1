import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCHEMA_SNAPSHOT, type SchemaObject, withoutMigrationHistory } from '#database/testing';
import { runKeepsake, runScript } from '#test/support/child.js';
import { startKeepsake } from '#test/support/keepsake.js';

describe('the embedded database', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'keepsake-embedded-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  /** What a script of `embedded/` prints about the data folder. */
  async function resultOf<Result>(script: string, input?: string): Promise<Result> {
    const { code, stdout, stderr } = await runScript(`e2e/embedded/${script}`, [dataDir], { input });
    if (code !== 0) throw new Error(`${script} failed:\n${stderr}`);
    return JSON.parse(stdout) as Result;
  }

  /** What it did, and what it reported on the way. */
  async function migrate(
    ...options: string[]
  ): Promise<{ applied?: string[]; reverted?: string[]; reported: unknown[] }> {
    const { code, stdout, stderr } = await runKeepsake(['migrate', '--json', ...options], {
      env: { KEEPSAKE_DATA_DIR: dataDir },
    });
    if (code !== 0) throw new Error(`keepsake migrate failed:\n${stderr}`);
    const { durationsMs, ...done } = JSON.parse(stdout);
    const names: string[] = done.applied ?? done.reverted;
    expect(Object.keys(durationsMs)).toEqual(names);
    return {
      ...done,
      reported: stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    };
  }

  it('is migrated up, down to nothing, and up again to the same schema', async () => {
    const snapshot = () => resultOf<SchemaObject[]>('query.mjs', SCHEMA_SNAPSHOT);
    const { applied = [], reported } = await migrate();
    expect(applied.length).toBeGreaterThan(6);
    const total = applied.length;
    expect(reported).toEqual(
      applied.flatMap((name, index) => [
        { migrating: { name, number: index + 1, total } },
        { migrated: { name, durationMs: expect.any(Number) } },
      ]),
    );
    const schema = await snapshot();
    expect(await migrate('--down')).toMatchObject({ reverted: applied.toReversed() });
    expect(withoutMigrationHistory(await snapshot())).toEqual([]);
    expect(await migrate()).toMatchObject({ applied });
    expect(await snapshot()).toEqual(schema);
    // Each step is a process of its own, and there are more migrations with each release.
  }, 240_000);

  it('T46 a query beside the running transaction is refused at once, and nothing waits for ever', async () => {
    const reported = await resultOf<{ refusals: string[]; tookMs: number; finished: number; names: string[] }>(
      'concurrent-query.mjs',
    );
    expect(reported.refusals).toHaveLength(3);
    for (const refusal of reported.refusals) expect(refusal).toContain('beside the running transaction');
    expect(reported.tookMs).toBeLessThan(2_000);
    expect(reported.names).toEqual(['after', 'before', 'four', 'one', 'three', 'two']);
  }, 120_000);

  it('clears away the socket of a process that was killed', async () => {
    const server = await startKeepsake();
    try {
      const socketFolder = () => readFile(join(server.dataDir, 'socket-folder'), 'utf8');
      const first = await socketFolder();
      expect(existsSync(first)).toBe(true);
      await server.kill();
      await server.start();
      expect(existsSync(first)).toBe(false);
      expect(existsSync(await socketFolder())).toBe(true);
    } finally {
      await server.remove();
    }
  }, 120_000);

  it('has statistics and loses its dead rows without autovacuum', async () => {
    const { filled, analysed, emptied, vacuumed, warnings } =
      await resultOf<Record<string, unknown>>('maintenance.mjs');
    expect(filled).toEqual({ dead: 0, known: -1, columns: 0 });
    expect(analysed).toEqual({ dead: 0, known: 5000, columns: 2 });
    expect(emptied).toEqual({ dead: 4000, known: 5000, columns: 2 });
    expect(vacuumed).toEqual({ dead: 0, known: 1000, columns: 2 });
    expect(warnings).toHaveLength(1);
  }, 120_000);
});
