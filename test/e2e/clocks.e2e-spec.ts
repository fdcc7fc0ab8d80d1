import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const PRELOAD = pathToFileURL(join(import.meta.dirname, '../support/moved-clock.mjs')).href;
const FOUR_MINUTES_MS = 4 * 60_000;
/** More than any of these steps takes, and less than the clocks differ. */
const TOLERANCE_MS = 60_000;

function clockEnv(offsetMs: number, stepMs = 0): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${PRELOAD}`,
    TEST_CLOCK_OFFSET_MS: String(offsetMs),
    TEST_CLOCK_STEP_MS: String(stepMs),
    EMBEDDING_PROVIDER: 'off',
    LOG_LEVEL: 'error',
  };
}

async function ok(answer: Promise<{ status: number; body: any }>) {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/** Every way to read what sessions leave, and to start the next one. */
async function readEverything(api: Api, project: string): Promise<void> {
  const { items } = await ok(api.get('/v1/sessions', { query: { project } }));
  for (const { id, createdAt, lastActiveAt, expiresAt } of items) {
    expect(createdAt <= lastActiveAt && lastActiveAt <= expiresAt).toBe(true);
    await ok(api.get(`/v1/sessions/${id}`));
    await ok(api.get('/v1/handovers/preview', { query: { sessionId: id } }));
  }
  const handovers = await ok(api.get('/v1/handovers', { query: { project } }));
  for (const { id, content, statistics, createdAt, updatedAt } of handovers.items) {
    expect(createdAt <= updatedAt).toBe(true);
    expect((statistics ?? content.statistics).durationMs).toBeGreaterThanOrEqual(0);
    await ok(api.get(`/v1/handovers/${id}`));
  }
  await ok(api.get('/v1/handovers/latest', { query: { project } }));
  await ok(api.get(`/v1/projects/${project}/overview`));
  await ok(api.post('/v1/sessions', { project }));
}

describe('T61 clocks', () => {
  describe('of two processes that are eight minutes apart', () => {
    let database: TestDatabase;
    let ahead: Keepsake;
    let behind: Keepsake;

    beforeAll(async () => {
      database = await createTestDatabase();
      const env = { DATABASE_URL: database.url };
      ahead = await startKeepsake({ env: { ...env, ...clockEnv(FOUR_MINUTES_MS) } });
      const key = { KEEPSAKE_BOOTSTRAP_KEY: ahead.key };
      behind = await startKeepsake({ env: { ...env, ...key, ...clockEnv(-FOUR_MINUTES_MS) } });
    }, 120_000);

    afterAll(async () => {
      await ahead?.remove();
      await behind?.remove();
      await database?.drop();
    });

    const turn = (index: number) => (index % 2 === 0 ? ahead : behind).api;

    it('agree on what is now, and on what came first', async () => {
      const made: Record<'contexts' | 'sessions' | 'handovers', string[]> = {
        contexts: [],
        sessions: [],
        handovers: [],
      };
      for (let index = 0; index < 6; index++) {
        const api = turn(index);
        const { createdAt, id } = await ok(api.post('/v1/contexts', { label: `c${index}`, content: `Text ${index}` }));
        expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(TOLERANCE_MS);
        made.contexts.unshift(id);
        made.sessions.unshift((await ok(api.post('/v1/sessions', {}))).id);
        const handover = await ok(api.post('/v1/handovers', { workDone: [`part ${index}`] }));
        made.handovers.unshift(handover.id);
        for (const reader of [ahead, behind]) {
          expect((await ok(reader.api.get('/v1/handovers/latest'))).handover.id).toBe(handover.id);
        }
      }
      for (const { api } of [ahead, behind]) {
        for (const [list, ids] of Object.entries(made)) {
          const { items } = await ok(api.get(`/v1/${list}`, { query: { project: 'default', limit: 6 } }));
          expect([list, items.map(({ id }: any) => id)]).toEqual([list, ids]);
        }
      }
    }, 120_000);

    it('let one end what the other started, and everybody read it', async () => {
      for (const [index, project] of ['one', 'two'].entries()) {
        const session = await ok(turn(index).post('/v1/sessions', { project }));
        for (const entry of [1, 2, 3])
          await ok(turn(index + entry).post(`/v1/sessions/${session.id}/entries`, { kind: 'todo', text: `${entry}` }));
        await ok(turn(index + 1).patch(`/v1/sessions/${session.id}`, { summary: 'Going on' }));
        const ended = await ok(turn(index + 1).post(`/v1/sessions/${session.id}/end`, {}));
        expect(ended.session.state).toBe('ended');
        expect(ended.handover.statistics.durationMs).toBeLessThan(TOLERANCE_MS);
        const { items } = await ok(turn(index).get(`/v1/sessions/${session.id}/entries`));
        expect(items.map(({ text }: any) => text)).toEqual(['1', '2', '3']);
        for (const { api } of [ahead, behind]) await readEverything(api, project);
      }
    }, 120_000);
  });

  describe('of one process that steps back five minutes', () => {
    let dataDir: string;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'keepsake-clock-'));
    });

    afterAll(async () => {
      await rm(dataDir, { recursive: true, force: true });
    });

    it('while it runs: nothing moves; and between two runs: what is stored stays readable and goes on', async () => {
      const key = { KEEPSAKE_BOOTSTRAP_KEY: `ks_clock_${'x'.repeat(32)}` };
      const first = await startKeepsake({ dataDir, env: { ...key, ...clockEnv(0, -300_000) } });
      const session = await ok(first.api.post('/v1/sessions', { project: 'p' }));
      const made: string[] = [];
      const make = async (api: Api, label: string) => {
        const context = await ok(api.post('/v1/contexts', { project: 'p', label, content: `Text ${label}` }));
        made.unshift(context.id);
        return context;
      };
      await make(first.api, 'before');
      process.kill(first.pid, 'SIGUSR2');
      const after = await make(first.api, 'after');
      const byHand = await ok(first.api.post('/v1/handovers', { sessionId: session.id, workDone: ['x'] }));
      const list = async (api: Api) =>
        (await ok(api.get('/v1/contexts', { query: { project: 'p' } }))).items.map(({ id }: any) => id);
      expect(await list(first.api)).toEqual(made);
      await readEverything(first.api, 'p');
      await first.stop();

      const second = await startKeepsake({ dataDir, env: { ...key, ...clockEnv(-300_000) } });
      try {
        await readEverything(second.api, 'p');
        const patched = await ok(second.api.patch(`/v1/contexts/${after.id}`, { tags: ['t'] }));
        expect(patched.updatedAt >= after.updatedAt).toBe(true);
        const archived = await ok(second.api.post(`/v1/contexts/${after.id}/archive`, {}));
        expect(archived.archivedAt >= patched.updatedAt).toBe(true);
        await ok(second.api.post(`/v1/sessions/${session.id}/entries`, { kind: 'progress', text: 'Later' }));
        const acknowledged = await ok(second.api.post(`/v1/handovers/${byHand.id}/acknowledge`, {}));
        expect(acknowledged.acknowledgedAt >= acknowledged.updatedAt).toBe(true);
        const { session: ended, handover } = await ok(second.api.post(`/v1/sessions/${session.id}/end`, {}));
        expect(ended.endedAt >= ended.createdAt && ended.lastActiveAt >= ended.createdAt).toBe(true);
        expect(handover.statistics.durationMs).toBeGreaterThanOrEqual(0);
        expect((await ok(second.api.get('/v1/handovers/latest', { query: { project: 'p' } }))).handover.id).toBe(
          handover.id,
        );
        await readEverything(second.api, 'p');
      } finally {
        await second.remove();
      }
    }, 120_000);
  });
});
