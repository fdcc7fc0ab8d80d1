import { createSecretKey } from 'node:crypto';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import pg from 'pg';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { DATABASES } from '#test/support/on-each-database.js';
import { CachingFixture } from '../caching/caching-places.js';

const SECRET = 'a secret of the tests that is long enough';
const USERS = ['ada', 'ben', 'cy'];
const PROJECT = 'atlas';

/** Tables in which users have rows. */
const TABLES =
  'conversations messages user_profiles user_profile_changes feedback contexts session_entries search_documents ' +
  'search_segments agent_states agent_checkpoints sessions idempotency_keys';

const tokenOf = (user: string) => {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: user, ws: 'default', scope: 'memory:read memory:write', iat: now, exp: now + 600 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(createSecretKey(Buffer.from(SECRET)));
};

describe.each(DATABASES)('the erasure of a user, on %s', (_, isOutside) => {
  let fixture: CachingFixture;
  let here: Api;
  let there: Api;
  let sql: pg.Client | undefined;
  let redis: Redis | undefined;

  beforeAll(async () => {
    const place = { processes: isOutside ? 2 : 1, redis: isOutside, database: isOutside } as const;
    fixture = await CachingFixture.at(place, {
      EMBEDDING_PROVIDER: 'off',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'usr'.repeat(16)}`,
      JWT_SECRET: SECRET,
      SESSION_SWEEP_SECONDS: '3600',
    });
    [here, there] = [fixture.here.api, fixture.there.api];
    if (fixture.database !== undefined) {
      sql = new pg.Client({ connectionString: fixture.database.url });
      await sql.connect();
    }
    if (fixture.redis !== undefined) redis = new Redis(fixture.redis.url);
  }, 180_000);

  afterAll(async () => {
    redis?.disconnect();
    await sql?.end();
    await fixture?.remove();
  }, 120_000);

  const done = async (answer: Promise<{ status: number; body: any }>) => {
    const { status, body } = await answer;
    if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body;
  };

  /** Everything that a user can write, by a key of the application and with a token of their own. */
  async function remember(user: string) {
    const own = here.as(await tokenOf(user));
    await done(here.patch(`/v1/users/${user}/profile`, { profile: { name: user }, preferences: { tone: 'short' } }));
    await done(own.patch(`/v1/users/${user}/profile`, { profile: { team: 'engines' } }));
    const context = await done(
      own.post('/v1/contexts', {
        project: PROJECT,
        label: `of-${user}`,
        content: `Shared by ${user}: lights at dusk.`,
      }),
    );
    await done(
      here.post('/v1/feedback', { project: PROJECT, user, contextId: context.id, kind: 'note', value: 'good' }),
    );
    const conversations = [];
    for (const turn of ['first', 'second']) {
      const conversation = await done(
        here.post(
          '/v1/conversations',
          { project: PROJECT, user, title: `${turn} of ${user}` },
          { headers: { 'idempotency-key': `${user}-${turn}` } },
        ),
      );
      const messages = ['one', 'two', 'three'].map((what) => ({
        role: 'user',
        content: `${user} says ${what} quokka`,
      }));
      await done(here.post(`/v1/conversations/${conversation.id}/messages`, { messages }));
      conversations.push(conversation.id);
    }
    const nobodys = await done(own.post('/v1/conversations', { project: PROJECT, title: 'of nobody' }));
    const messages = [{ role: 'user', content: `${user} alone with a wombat` }];
    await done(own.post(`/v1/conversations/${nobodys.id}/messages`, { messages }));
    await done(own.put(`/v1/agents/agent-of-${user}/state`, { project: PROJECT, value: { seen: user } }));
    await done(own.post(`/v1/agents/agent-of-${user}/checkpoints`, { project: PROJECT, name: 'kept' }));
    const session = await done(own.post('/v1/sessions', { project: PROJECT }));
    await done(own.post(`/v1/sessions/${session.id}/entries`, { kind: 'progress', text: `did it for ${user}` }));
    return { user, own, context, conversations, nobodys: nobodys.id };
  }

  type Remembered = Awaited<ReturnType<typeof remember>>;

  /** What others and the user read, on each process, so that its caches hold it. */
  async function read({ user, context, conversations, nobodys }: Remembered): Promise<string> {
    const token = await tokenOf(user);
    const paths = [
      `/v1/users/${user}/profile`,
      `/v1/users/${user}/profile/history`,
      `/v1/contexts/${context.id}`,
      `/v1/relevance?project=${PROJECT}&user=${user}`,
      `/v1/feedback?project=${PROJECT}&user=${user}`,
      `/v1/conversations?project=${PROJECT}&user=${user}`,
      `/v1/agents/agent-of-${user}/state?project=${PROJECT}`,
      `/v1/search?project=${PROJECT}&q=${user}%20wombat&mode=keyword`,
      ...[...conversations, nobodys].flatMap((id) => [
        `/v1/conversations/${id}`,
        `/v1/conversations/${id}/messages`,
        `/v1/conversations/${id}/window`,
      ]),
    ];
    const answers = [];
    for (const api of new Set([here, there]))
      for (const by of [api, api.as(token)])
        for (const path of paths) answers.push(JSON.stringify((await by.get(path)).body));
    return answers.join('\n');
  }

  /** Rows that name none of these users, and rows of the others. */
  async function rowsOfOthers(texts: readonly string[]): Promise<Record<string, string[]>> {
    const rows: Record<string, string[]> = {};
    for (const table of TABLES.split(' ')) {
      const found = (await sql!.query(`SELECT to_jsonb(t)::text AS row FROM ${table} t`)).rows as { row: string }[];
      rows[table] = found
        .map(({ row }) => row)
        .filter((row) => !texts.some((text) => row.includes(text)))
        .toSorted();
    }
    return rows;
  }

  async function finished(user: string) {
    return eventually(
      async () => {
        const { body } = await there.get(`/v1/users/${user}/erasure`);
        return body.state === 'finished' ? body : undefined;
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'the end of the erasure' },
    );
  }

  it('removes what they wrote, proves it, and leaves the others as they are', async () => {
    const all = [];
    for (const user of USERS) all.push(await remember(user));
    const [ada, ben, cy] = all as [Remembered, Remembered, Remembered];
    for (const each of all) await read(each);
    const ofAda = ['ada', ada.context.id, ada.nobodys, ...ada.conversations];
    for (const id of [...ada.conversations, ada.nobodys])
      for (const message of (await here.get(`/v1/conversations/${id}/messages`)).body.items) ofAda.push(message.id);
    const before = sql && (await rowsOfOthers(ofAda));
    const readBefore = [await done(here.get('/v1/users/ben/profile')), await done(here.get('/v1/users/cy/profile'))];

    const asked = await here.del('/v1/users/ada');
    expect([asked.status, asked.body.erasure.state]).toEqual([202, 'running']);
    expect(asked.headers.get('location')).toBe(`/v1/jobs/${asked.body.job.id}`);
    const report = await finished('ada');
    expect(report.removed).toEqual({
      profiles: 1,
      profileChanges: 2,
      feedback: 1,
      conversations: 2,
      messages: 7,
      agentStates: 1,
      agentCheckpoints: 1,
      storedAnswers: 0,
      webhookDeliveries: 0,
      jobs: 0,
    });
    expect(report.anonymised).toMatchObject({ contexts: 1, entries: 1, sessions: 1 });
    expect(Object.entries(report.found).filter(([, count]) => count !== 0)).toEqual([]);
    expect(Object.keys(report.found)).toEqual(
      expect.arrayContaining(['profiles', 'messages', 'searchIndex', 'authors', 'cacheShared', 'cacheOfProcess']),
    );
    expect(report.kept).toMatchObject({ contexts: 1, entries: 1, tokenRevocations: 0 });

    // No key of the shared tier says who it was; the text about them is not theirs.
    if (redis !== undefined) {
      const keys = await redis.keys('ks:v:*');
      const values = await Promise.all(keys.map((key) => redis!.getBuffer(key)));
      expect(keys.filter((key, i) => /"ada"|jwt:ada/.test(`${key} ${values[i]?.toString('latin1')}`))).toEqual([]);
    }
    for (const api of [here, there]) {
      expect((await api.get('/v1/users/ada/profile')).body).toMatchObject({ version: 0, profile: {} });
      expect((await api.get('/v1/users/ada/profile/history')).body.items).toEqual([]);
      for (const id of ada.conversations) expect((await api.get(`/v1/conversations/${id}`)).status).toBe(404);
      expect((await api.get(`/v1/conversations/${ada.nobodys}/messages`)).body.items).toEqual([]);
      const found = (await api.get('/v1/search', { query: { project: PROJECT, q: 'quokka', limit: 100 } })).body.items;
      expect(found.length).toBeGreaterThan(0);
      expect(JSON.stringify(found)).not.toContain('ada says');
      const kept = await api.get(`/v1/contexts/${ada.context.id}`);
      expect([kept.status, kept.body.createdBy]).toEqual([200, null]);
    }
    expect(JSON.stringify((await here.get('/v1/jobs', { query: { limit: 100 } })).body)).not.toMatch(/"ada"|jwt:ada/);
    expect(JSON.stringify((await here.get('/v1/admin/audit', { query: { limit: 100 } })).body)).not.toMatch(
      /"ada"|jwt:ada/,
    );

    // The others.
    if (before !== undefined) expect(await rowsOfOthers(ofAda)).toEqual(before);
    expect([await done(here.get('/v1/users/ben/profile')), await done(here.get('/v1/users/cy/profile'))]).toEqual(
      readBefore,
    );
    expect(await read(ben)).toContain('ben says three quokka');
    expect(await read(cy)).toContain('cy alone with a wombat');

    // What they write afterwards is new.
    const again = await remember('ada');
    expect((await there.get('/v1/users/ada/profile')).body.version).toBe(2);
    expect(await read(again)).toContain('ada says one quokka');
    expect((await here.get('/v1/users/ada/erasure')).body).toEqual(report);
  }, 120_000);

  it('is for administrators of the workspace, and of nobody else', async () => {
    const key = { name: 'writer', scopes: ['memory:read', 'memory:write'] };
    const writer = here.as((await done(here.post('/v1/keys', key))).key);
    expect((await writer.del('/v1/users/ben')).status).toBe(403);
    expect((await writer.get('/v1/users/ben/erasure')).status).toBe(403);
    await done(here.post('/v1/workspaces', { slug: 'elsewhere' }));
    const elsewhere = { headers: { 'x-keepsake-workspace': 'elsewhere' } };
    await done(here.patch('/v1/users/dee/profile', { profile: { here: 1 } }));
    await done(here.patch('/v1/users/dee/profile', { profile: { there: 1 } }, elsewhere));
    expect((await here.del('/v1/users/dee', elsewhere)).status).toBe(202);
    await eventually(async () => (await here.get('/v1/users/dee/erasure', elsewhere)).body.state === 'finished', {
      timeoutMs: 60_000,
      what: 'the erasure in the other workspace',
    });
    expect((await there.get('/v1/users/dee/profile')).body.profile).toEqual({ here: 1 });
    expect((await there.get('/v1/users/dee/profile', elsewhere)).body.version).toBe(0);
    const absent = await here.get('/v1/users/dee/erasure');
    expect([absent.status, absent.body.code]).toEqual([404, 'user-erasure-not-found']);
  }, 120_000);
});
