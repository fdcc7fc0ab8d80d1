import { SignJWT } from 'jose';
import { api, type Api } from '#test/support/api.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { CachingFixture, PLACES } from './caching/caching-places.js';

const OPERATOR = 'ks_shared_answers_e2e_0123456789abcdef0123456789';
const SECRET = 'shared answers'.repeat(4);
const TWO_PROCESSES = PLACES[0]![1];

/** Answers are kept once for everybody who may ask, so what one has read must open nothing to others. */
describe('answers that callers share', () => {
  let fixture: CachingFixture;
  let here: Keepsake;
  let there: Keepsake;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.at(TWO_PROCESSES, {
      KEEPSAKE_BOOTSTRAP_KEY: OPERATOR,
      JWT_SECRET: SECRET,
      WORKER_ENABLED: 'false',
      EMBEDDING_PROVIDER: 'off',
    });
    ({ here, there } = fixture);
    for (const slug of ['one', 'other']) await operator(here).post('/v1/workspaces', { slug });
  }, 180_000);

  afterAll(() => fixture.remove(), 120_000);

  const into = (workspace: string) => ({ headers: { 'x-keepsake-workspace': workspace } });
  const operator = (server: Keepsake): Api => api(server.url, OPERATOR);

  async function newKey(workspace: string, scopes: readonly string[]): Promise<{ id: string; key: string }> {
    const { status, body } = await operator(here).post('/v1/keys', { name: `key ${++count}`, scopes }, into(workspace));
    expect(status).toBe(201);
    return body;
  }

  function token(scope: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iat: now, exp: now + 600, sub: 'agent', ws: 'one', scope })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
  }

  /** A text that one caller has read, so that its answer is kept. */
  async function readByOne(): Promise<{ path: string; text: string; etag: string }> {
    const label = `shared-${++count}`;
    const text = `only for those of workspace one: ${label}`;
    const path = `/v1/projects/p/contexts/${label}`;
    const { key } = await newKey('one', ['memory:read', 'memory:write']);
    expect((await api(here.url, key).post('/v1/contexts', { project: 'p', label, content: text })).status).toBe(201);
    const { status, headers } = await api(here.url, key).get(path);
    expect([status, headers.get('cache-status')]).toEqual([200, 'keepsake; fwd=miss']);
    return { path, text, etag: String(headers.get('etag')) };
  }

  it('another who may read gets the same bytes and tag, on another process, without a load', async () => {
    const { path, text, etag } = await readByOne();
    const { key } = await newKey('one', ['memory:read']);
    const { body, headers } = await api(there.url, key).get(path);
    expect([body.content, headers.get('etag'), headers.get('cache-status')]).toEqual([text, etag, 'keepsake; hit']);
    expect((await api(there.url, key).get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('a key that is revoked reads nothing of it any more', async () => {
    const { path, etag } = await readByOne();
    const { id, key } = await newKey('one', ['memory:read']);
    expect((await api(there.url, key).get(path)).status).toBe(200);
    expect((await operator(here).del(`/v1/keys/${id}`, into('one'))).status).toBeLessThan(300);
    for (const server of [here, there]) {
      expect((await api(server.url, key).get(path)).status).toBe(401);
      expect((await api(server.url, key).get(path, { headers: { 'if-none-match': etag } })).status).toBe(401);
    }
  });

  it('a caller without the scope, or whose scope was taken away, is refused', async () => {
    const { path, etag } = await readByOne();
    const before = await token('memory:read');
    expect((await api(there.url, before).get(path)).headers.get('cache-status')).toBe('keepsake; hit');
    expect((await api(here.url, before).post('/v1/auth/logout', {})).status).toBeLessThan(300);
    const { key } = await newKey('one', ['embeddings']);
    for (const server of [here, there]) {
      expect((await api(server.url, before).get(path)).status).toBe(401);
      for (const credential of [key, await token('embeddings')]) {
        expect((await api(server.url, credential).get(path)).status).toBe(403);
        expect((await api(server.url, credential).get(path, { headers: { 'if-none-match': etag } })).status).toBe(403);
      }
    }
  });

  it('who goes to another workspace reads what is there, with the same credential and the same path', async () => {
    const { path, text, etag } = await readByOne();
    const label = path.split('/').at(-1);
    const read = (workspace: string) => operator(there).get(path, into(workspace));
    expect((await read('one')).body.content).toBe(text);
    expect((await read('other')).status).toBe(404);
    const conditional = { headers: { ...into('other').headers, 'if-none-match': etag } };
    expect((await operator(there).get(path, conditional)).status).toBe(404);
    await operator(here).post('/v1/contexts', { project: 'p', label, content: 'theirs' }, into('other'));
    expect((await read('other')).body.content).toBe('theirs');
    expect((await read('one')).body.content).toBe(text);
  });
});
