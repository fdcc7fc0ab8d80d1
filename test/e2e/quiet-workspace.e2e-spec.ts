import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type PopulatedWorkspace, populateWorkspace } from './routes/populated-workspace.js';
import { sampleOf } from './routes/route-samples.js';
import { fillPath, routesOf } from './routes/route-table.js';

/** What answers say of time, which passes in a quiet workspace too. */
const OF_TIME = /^(ttlMs|resetSeconds|remaining|bytes|ageSeconds|daysSince\w*|lastAccessedAt|accessCount)$/;

describe("a workspace's admin beside a busy workspace", () => {
  let database: TestDatabase;
  let server: Keepsake;
  let quiet: PopulatedWorkspace;
  let loud: PopulatedWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({
      env: { DATABASE_URL: database.url, REDIS_URL: process.env['TEST_REDIS_URL'], EMBEDDING_PROVIDER: 'off' },
    });
    quiet = await populateWorkspace(server, 'quiet');
    loud = await populateWorkspace(server, 'loud');
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await database?.drop();
  });

  async function answersOf({ api }: PopulatedWorkspace): Promise<Map<string, string>> {
    const answers = new Map<string, string>();
    for (const { name, method, path } of await routesOf(server.api)) {
      // A file of now: its bytes differ each time.
      if (method !== 'GET' || path.endsWith('/export')) continue;
      const sample = sampleOf(name, quiet);
      const { status, body } = await api.get(fillPath(path, sample?.path ?? {}), { query: sample?.query });
      const shown = JSON.stringify(body ?? null, (key, value: unknown) =>
        OF_TIME.test(key) || key === 'requestId' ? undefined : value,
      );
      answers.set(name, `${status} ${shown}`);
    }
    return answers;
  }

  it('T69 sees nothing of others: no counts, bytes, rates or names change with what they do', async () => {
    let before = await answersOf(quiet);
    // Its own accesses are counted a while after they were made.
    await eventually(
      async () => (await quiet.api.get(`/v1/projects/${quiet.project}/overview`)).body.mostUsed.length > 0,
      { timeoutMs: 30_000, what: 'the accesses of the quiet workspace' },
    );
    await eventually(
      async () => {
        const last = before;
        before = await answersOf(quiet);
        return [...before].every(([name, answer]) => answer === last.get(name));
      },
      { timeoutMs: 30_000, what: 'the quiet workspace to be quiet' },
    );
    for (let n = 0; n < 20; n++) {
      await loud.api.post('/v1/contexts', { project: `p-${loud.marker}`, label: `l${n}`, content: `text ${n}` });
      await loud.api.get('/v1/contexts', { query: { project: `p-${loud.marker}` } });
      await loud.api.get('/v1/search', { query: { q: 'text' } });
    }
    await loud.api.post('/v1/admin/cache/warm', { project: loud.project });
    await loud.api.post('/v1/admin/cache/invalidations', { project: loud.project, reason: loud.marker });
    // What an operator does for all, from the workspace that it happens to be in.
    const headers = { 'x-keepsake-workspace': quiet.slug };
    const reason = `because of ${loud.marker}`;
    await server.api.patch('/v1/admin/cache/families/overview', { reason }, { headers });
    const subject = `jwt:${loud.marker}`;
    const forgotten = await server.api.post('/v1/admin/cache/invalidations', { user: subject, reason }, { headers });
    expect(forgotten.status).toBe(201);
    const after = await answersOf(quiet);
    for (const [name, answer] of after) expect(`${name} ${answer}`).not.toContain(loud.marker);
    for (const [name, answer] of after) expect(`${name} ${answer}`).toBe(`${name} ${before.get(name)}`);
    expect(after.size).toBeGreaterThan(30);
  });

  it("T69 the installation's sums are the operator's", async () => {
    for (const path of ['/v1/admin/cache/stats', '/v1/admin/cache/advice', '/metrics', '/metrics/cache']) {
      const refused = await quiet.api.get(path);
      expect([path, refused.status, refused.body.code]).toEqual([path, 403, 'missing-scope']);
      expect((await server.api.get(path)).status).toBe(200);
    }
    const { body: ofAdmin } = await quiet.api.get('/health');
    for (const part of Object.values(ofAdmin.parts)) expect(Object.keys(part as object)).toEqual(['status']);
    expect(Object.keys((await server.api.get('/health')).body.parts)).toEqual(Object.keys(ofAdmin.parts));
    const { body: audit } = await server.api.get('/v1/admin/audit', {
      headers: { 'x-keepsake-workspace': quiet.slug },
    });
    expect(JSON.stringify(audit.items)).toContain(loud.marker);
  });
});
