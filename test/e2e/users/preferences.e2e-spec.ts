import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { CachingFixture } from '../caching/caching-places.js';

const SCHEMA = {
  type: 'object',
  properties: {
    tone: { enum: ['short', 'long'], default: null },
    topics: { type: 'array', items: { type: 'string' } },
  },
  required: ['tone'],
};

/** A schema set by one process, and preferences changed in another. */
describe('preferences and the schema of their workspace', () => {
  let fixture: CachingFixture;
  let here: Api;
  let there: Api;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers();
  }, 180_000);
  afterAll(() => fixture?.remove(), 120_000);

  beforeEach(async () => {
    const slug = `preferences-${++count}`;
    await fixture.here.api.post('/v1/workspaces', { slug });
    [here, there] = [await adminOf(slug, fixture.here.api), await adminOf(slug, fixture.there.api)];
  });

  async function adminOf(slug: string, api: Api): Promise<Api> {
    const key = { name: 'admin', scopes: ['memory:read', 'memory:write', 'admin'] };
    const { body } = await fixture.here.api.post('/v1/keys', key, { headers: { 'x-keepsake-workspace': slug } });
    return api.as(body.key);
  }

  const setSchema = (preferenceSchema: unknown) => here.patch('/v1/settings', { preferenceSchema });
  const change = (patch: object, headers: Record<string, string> = {}) =>
    there.patch('/v1/users/ada/profile', patch, { headers });
  const fault = async (preferences: unknown) => {
    const { status, body } = await change({ preferences });
    return [status, body.code, body.errors?.[0]?.pointer];
  };

  it('T6 fit it from the next write of another process on, and a refused write changes nothing', async () => {
    expect((await change({ preferences: { tone: 'loud' } })).status).toBe(200);
    expect((await setSchema(SCHEMA)).body.preferenceSchema).toEqual(SCHEMA);
    expect((await there.get('/v1/settings')).body.preferenceSchema).toEqual(SCHEMA);
    expect(await fault({ topics: [1] })).toEqual([400, 'preferences-unfit', '/preferences/tone']);
    expect(await fault({ tone: null })).toEqual([400, 'preferences-unfit', '/preferences/tone']);
    expect((await there.get('/v1/users/ada/profile')).body).toMatchObject({
      version: 1,
      preferences: { tone: 'loud' },
    });
    // What was there before is checked when it changes.
    expect((await change({ profile: { name: 'Ada' } })).status).toBe(200);
    expect((await change({ preferences: { tone: 'short', topics: ['a'] } })).status).toBe(200);
    expect(await fault({ topics: [1] })).toEqual([400, 'preferences-unfit', '/preferences/topics/0']);
    await setSchema({ properties: { topics: { items: { type: 'integer' } } } });
    expect(await fault({ topics: ['a'] })).toEqual([400, 'preferences-unfit', '/preferences/topics/0']);
    expect((await change({ preferences: { tone: 'loud', topics: [1] } })).status).toBe(200);
    await setSchema(null);
    expect((await there.get('/v1/settings')).body.preferenceSchema).toBeNull();
    expect((await change({ preferences: { topics: ['a'] } })).status).toBe(200);
  });

  it('T1 a second write asks the database for no settings', async () => {
    await setSchema(SCHEMA);
    expect((await change({ preferences: { tone: 'long' } })).status).toBe(200);
    const id = randomUUID();
    expect((await change({ preferences: { tone: 'short' } }, { 'x-request-id': id })).status).toBe(200);
    const statements = await fixture.statements.statementsOf(id);
    expect(statements).not.toEqual([]);
    expect(statements.filter((sql) => sql.includes('workspace_settings'))).toEqual([]);
  });

  it('T12 a schema holds in its workspace alone, and other settings stay as they are', async () => {
    await here.patch('/v1/settings', { redaction: { mode: 'mask' } });
    await setSchema({ type: 'object', maxProperties: 0 });
    expect((await there.get('/v1/settings')).body.redaction.mode).toBe('mask');
    await here.patch('/v1/settings', { redaction: null });
    expect(await fault({ a: 1 })).toEqual([400, 'preferences-unfit', '/preferences']);
    const other = await fixture.there.api.patch('/v1/users/ada/profile', { preferences: { a: 1 } });
    expect(other.status).toBe(200);
  });

  it('T66 schemas that could hold the process are refused by what is wrong with them', async () => {
    for (const [schema, pointer] of [
      [{ properties: { a: { pattern: '(a+)+$' } } }, '/preferenceSchema/properties/a/pattern'],
      [{ $ref: 'https://example.com/schema.json' }, '/preferenceSchema/$ref'],
      [{ properties: { a: { type: 'text' } } }, '/preferenceSchema/properties/a/type'],
    ] as const) {
      const { status, body } = await setSchema(schema);
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid-input', pointer]);
    }
    expect((await setSchema([])).status).toBe(400);
    expect((await there.get('/v1/settings')).body.preferenceSchema).toBeNull();
  });
});
