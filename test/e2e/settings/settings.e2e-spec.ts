import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { CachingFixture } from '../caching/caching-places.js';

const DEFAULTS = {
  mode: 'report',
  detectors: { apiKeys: true, privateKeys: true, cards: true, ibans: true, emails: false, phones: false },
};

/** What is set of a workspace, by one process and read by another. */
describe('the settings of a workspace', () => {
  let fixture: CachingFixture;
  let here: Api;
  let there: Api;
  let workspace: string;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers();
  }, 180_000);
  afterAll(() => fixture?.remove(), 120_000);

  beforeEach(async () => {
    workspace = `settings-${++count}`;
    await fixture.here.api.post('/v1/workspaces', { slug: workspace });
    [here, there] = [await keyOf(workspace), await keyOf(workspace, fixture.there.api)];
  });

  /** An administrator of the workspace. */
  async function keyOf(slug: string, api: Api = fixture.here.api): Promise<Api> {
    const key = { name: 'admin', scopes: ['memory:read', 'memory:write', 'admin'] };
    const { body } = await fixture.here.api.post('/v1/keys', key, { headers: { 'x-keepsake-workspace': slug } });
    return api.as(body.key);
  }

  const read = async (api: Api) => {
    const id = randomUUID();
    const answer = await api.get('/v1/settings', { headers: { 'x-request-id': id } });
    expect(answer.status).toBe(200);
    return { ...answer, statements: await fixture.statements.statementsOf(id) };
  };
  const change = (patch: object, api = here, headers: Record<string, string> = {}) =>
    api.patch('/v1/settings', patch, { headers });

  it('are the defaults where nobody has set any, and a second read of them asks the database nothing', async () => {
    const first = await read(there);
    expect(first.body).toEqual({ redaction: DEFAULTS, preferenceSchema: null, updatedAt: null });
    const second = await read(there);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('cache-status')).toMatch(/^keepsake; hit/);
    expect(second.statements).toEqual([]);
  });

  it('are changed field by field, and the next read in another process shows it', async () => {
    await read(there);
    const changed = await change({ redaction: { mode: 'mask', detectors: { emails: true } } });
    expect(changed.status).toBe(200);
    const shown = await read(there);
    expect(shown.body.redaction).toEqual({ mode: 'mask', detectors: { ...DEFAULTS.detectors, emails: true } });
    expect(shown.body).toEqual(changed.body);
    expect(shown.headers.get('etag')).toBe(changed.headers.get('etag'));
    await change({ redaction: { detectors: { cards: false } } });
    expect((await read(there)).body.redaction).toEqual({
      mode: 'mask',
      detectors: { ...DEFAULTS.detectors, emails: true, cards: false },
    });
    await change({ redaction: { detectors: null } });
    expect((await read(there)).body.redaction).toEqual({ ...DEFAULTS, mode: 'mask' });
    await change({ redaction: null });
    expect((await read(there)).body.redaction).toEqual(DEFAULTS);
  });

  it('are of one workspace alone', async () => {
    await read(there);
    await change({ redaction: { mode: 'refuse' } }, await keyOf('default'));
    try {
      expect((await read(there)).body.redaction).toEqual(DEFAULTS);
      expect((await read(fixture.there.api)).body.redaction.mode).toBe('refuse');
    } finally {
      await change({ redaction: null }, await keyOf('default'));
    }
  });

  it('of two changes based on the same state one is refused; the same again changes nothing', async () => {
    const etag = (await read(here)).headers.get('etag') as string;
    const changed = await change({ redaction: { mode: 'mask' } }, here, { 'if-match': etag });
    expect(changed.status).toBe(200);
    expect((await change({ redaction: { mode: 'off' } }, there, { 'if-match': etag })).status).toBe(412);
    const again = await change({ redaction: { mode: 'mask' } });
    expect(again.body).toEqual(changed.body);
    expect(again.headers.get('etag')).toBe(changed.headers.get('etag'));
  });

  it('are changed by administrators alone, and by known fields and values', async () => {
    const key = { name: 'writer', scopes: ['memory:read', 'memory:write'] };
    const writer = here.as((await here.post('/v1/keys', key)).body.key);
    expect((await change({ redaction: { mode: 'off' } }, writer)).status).toBe(403);
    expect((await read(writer)).body.redaction).toEqual(DEFAULTS);
    for (const wrong of [{ redaction: { mode: 'hide' } }, { redaction: { detectors: { keys: true } } }, { other: 1 }])
      expect((await change(wrong)).status).toBe(400);
  });
});
