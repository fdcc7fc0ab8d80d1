import type { Api } from '#test/support/api.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RawAnswer, type RawHeaders, sendRaw } from '#test/support/raw-http.js';

const PAST = 'Wed, 21 Oct 2015 07:28:00 GMT';
const FUTURE = 'Wed, 21 Oct 2099 07:28:00 GMT';
const HIT = 'keepsake; hit';
const MISS = 'keepsake; fwd=miss';
const ASKED = 'keepsake; fwd=request';

/** What is sent with the tag of the current state, and the status that the RFC asks for. */
type Case = readonly [what: string, headers: (tag: string) => RawHeaders, status: number];

const ifNoneMatch: readonly Case[] = [
  ['the tag', (tag) => ({ 'if-none-match': tag }), 304],
  ['the tag as a weak one', (tag) => ({ 'if-none-match': `W/${tag}` }), 304],
  ['a list with it', (tag) => ({ 'if-none-match': `"a", ${tag}, "b"` }), 304],
  ['a list without spaces', (tag) => ({ 'if-none-match': `"a",W/${tag}` }), 304],
  ['a list with empty elements', (tag) => ({ 'if-none-match': ` ,, ${tag} ,` }), 304],
  ['two lines', (tag) => ({ 'if-none-match': ['"a"', tag] }), 304],
  ['*', () => ({ 'if-none-match': '*' }), 304],
  ['* as a tag', () => ({ 'if-none-match': '"*"' }), 200],
  ['another tag', () => ({ 'if-none-match': '"a"' }), 200],
  ['a tag that contains it', (tag) => ({ 'if-none-match': `"a,${tag.slice(1, -1)}"` }), 200],
  ['the tag without its quotes', (tag) => ({ 'if-none-match': tag.slice(1, -1) }), 200],
  ['the tag in another case', (tag) => ({ 'if-none-match': swapCase(tag) }), 200],
  ['weakness in lower case, which is none', () => ({ 'if-none-match': 'w/"a"' }), 200],
  ['nothing', () => ({ 'if-none-match': '' }), 200],
];

const ifMatch: readonly Case[] = [
  ['the tag', (tag) => ({ 'if-match': tag }), 200],
  ['the tag as a weak one, which never matches', (tag) => ({ 'if-match': `W/${tag}` }), 412],
  ['a list with it', (tag) => ({ 'if-match': `"a", ${tag}` }), 200],
  ['a list with a weak one', (tag) => ({ 'if-match': `"a",W/${tag}` }), 412],
  ['a list whose tags have commas', (tag) => ({ 'if-match': `"a,b",${tag},"c,"` }), 200],
  ['a tag that has it between commas', (tag) => ({ 'if-match': `"a,${tag.slice(1, -1)},b"` }), 412],
  ['two lines', (tag) => ({ 'if-match': ['"a"', tag] }), 200],
  ['*', () => ({ 'if-match': '*' }), 200],
  ['another tag', () => ({ 'if-match': '"a"' }), 412],
  ['nothing', () => ({ 'if-match': '' }), 412],
];

const dates: readonly Case[] = [
  ['If-Modified-Since: there is no such date', () => ({ 'if-modified-since': FUTURE }), 200],
  ['If-Modified-Since in the past', () => ({ 'if-modified-since': PAST }), 200],
  ['If-Modified-Since that is no date', () => ({ 'if-modified-since': 'yesterday' }), 200],
  ['If-Modified-Since beside another tag', () => ({ 'if-none-match': '"a"', 'if-modified-since': FUTURE }), 200],
  ['If-Modified-Since beside the tag', (tag) => ({ 'if-none-match': tag, 'if-modified-since': PAST }), 304],
  ['If-Unmodified-Since: there is no such date', () => ({ 'if-unmodified-since': PAST }), 200],
  ['If-Unmodified-Since beside the tag', (tag) => ({ 'if-match': tag, 'if-unmodified-since': PAST }), 200],
  ['If-Unmodified-Since beside another tag', () => ({ 'if-match': '"a"', 'if-unmodified-since': FUTURE }), 412],
];

const together: readonly Case[] = [
  ['both match', (tag) => ({ 'if-match': tag, 'if-none-match': tag }), 304],
  ['If-Match comes first', (tag) => ({ 'if-match': '"a"', 'if-none-match': tag }), 412],
  ['neither says no', (tag) => ({ 'if-match': tag, 'if-none-match': '"a"' }), 200],
  ['a range, which is not offered', () => ({ range: 'bytes=0-9' }), 200],
  ['a range of the tag', (tag) => ({ range: 'bytes=0-9', 'if-range': tag }), 200],
  ['a range of another tag', () => ({ range: 'bytes=0-9', 'if-range': '"a"' }), 200],
  ['a range of what is known', (tag) => ({ range: 'bytes=0-9', 'if-none-match': tag }), 304],
];

function swapCase(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

describe('conditional and cached requests over the wire', () => {
  let server: Keepsake;
  /** May not make the source work again for what is stored. */
  let reader: string;
  let admin: string;
  let writer: Api;
  let context: { readonly id: string };
  let path: string;
  let tag: string;

  const send = (method: string, to = path, headers: RawHeaders = {}, key = reader): Promise<RawAnswer> =>
    sendRaw(server.url + to, method, { authorization: `Bearer ${key}`, ...headers });
  const get = (headers?: RawHeaders, key?: string, to?: string) => send('GET', to, headers, key);

  async function newKey(...scopes: string[]): Promise<string> {
    const { body } = await server.api.post('/v1/keys', { name: scopes.join(' '), scopes });
    return body.key;
  }

  async function newContext(label: string): Promise<{ readonly id: string }> {
    const { status, body } = await writer.post('/v1/contexts', { label, content: `# ${label}\n\nWhat is kept.` });
    expect(status).toBe(201);
    return body;
  }

  beforeAll(async () => {
    server = await startKeepsake({
      onPostgres: true,
      env: { KEEPSAKE_SINGLE_PROCESS: 'true', EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn' },
    });
    reader = await newKey('memory:read');
    admin = await newKey('memory:read', 'admin');
    writer = server.api.as(await newKey('memory:read', 'memory:write'));
    context = await newContext('conditional');
    path = `/v1/contexts/${context.id}`;
  }, 120_000);

  afterAll(() => server.remove());

  beforeEach(async () => {
    await get();
    const answer = await get();
    tag = answer.headers['etag'] as string;
  });

  it('starts from an answer of the cache with a strong tag', async () => {
    expect((await get()).headers['cache-status']).toBe(HIT);
    expect(tag).toMatch(/^"[\x21\x23-\x7e]+"$/);
  });

  describe.each([
    ['If-None-Match (RFC 9110, section 13.1.2)', ifNoneMatch],
    ['If-Match (section 13.1.1)', ifMatch],
    ['dates (sections 13.1.3 and 13.1.4)', dates],
    ['precedence (section 13.2.2) and ranges', together],
  ])('%s', (_name, cases) => {
    it.each(cases)('T24 %s', async (_what, headers, status) => {
      const [answer, head] = [await get(headers(tag)), await send('HEAD', path, headers(tag))];
      expect([answer.status, head.status]).toEqual([status, status]);
      expect(head.body).toBe('');
      if (status === 200) {
        expect(JSON.parse(answer.body)).toMatchObject({ id: context.id });
        expect(answer.headers).toMatchObject({ etag: tag, 'cache-control': 'private, no-cache' });
        expect(head.headers).toMatchObject({ etag: tag, 'content-length': answer.headers['content-length'] });
        expect(answer.headers).not.toHaveProperty('content-range');
      }
      if (status === 304) expect(answer.body).toBe('');
      if (status === 412) {
        expect(JSON.parse(answer.body)).toMatchObject({ code: 'precondition-failed', status: 412 });
        expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
        expect(answer.headers).not.toHaveProperty('cache-status');
      }
    });
  });

  it('T24 a 304 carries what the 200 says of caching, and nothing of its body (section 15.4.5)', async () => {
    const [full, unchanged] = [await get(), await get({ 'if-none-match': tag })];
    for (const name of ['etag', 'cache-control', 'vary', 'cache-status'])
      expect([name, unchanged.headers[name]]).toEqual([name, full.headers[name]]);
    expect(unchanged.headers['date']).toMatch(/ GMT$/);
    expect(unchanged.headers['age']).toMatch(/^\d+$/);
    for (const name of ['content-type', 'content-length', 'transfer-encoding'])
      expect(unchanged.headers).not.toHaveProperty(name);
  });

  it('HEAD answers as GET does, without the body, from the same entry (section 9.3.2)', async () => {
    const [full, head] = [await get(), await send('HEAD')];
    const own = ['date', 'age', 'x-request-id', 'server-timing'];
    const same = (answer: RawAnswer) => Object.entries(answer.headers).filter(([name]) => !own.includes(name));
    expect(same(head)).toEqual(same(full));
    expect(head.headers['age']).toMatch(/^\d+$/);
    expect(Number(full.headers['content-length'])).toBe(Buffer.byteLength(full.body));
    const fresh = `/v1/contexts/${(await newContext('head first')).id}`;
    expect((await send('HEAD', fresh)).headers['cache-status']).toBe(MISS);
    expect((await get({}, reader, fresh)).headers['cache-status']).toBe(HIT);
  });

  it('an acknowledged write changes the tag: the old one is not the state any more', async () => {
    const { id } = await newContext('changing');
    const to = `/v1/contexts/${id}`;
    const { headers } = await get({}, reader, to);
    const old = headers['etag'] as string;
    expect((await get({ 'if-none-match': old }, reader, to)).status).toBe(304);
    const stale = await writer.patch(to, { tags: ['x'] }, { headers: { 'if-match': `W/${old}` } });
    expect([stale.status, stale.body.code]).toEqual([412, 'precondition-failed']);
    const changed = await writer.patch(to, { tags: ['x'] }, { headers: { 'if-match': `"a", ${old}` } });
    expect(changed.status).toBe(200);
    const after = await get({ 'if-none-match': old }, reader, to);
    expect([after.status, after.headers['etag']]).toEqual([200, changed.headers.get('etag')]);
    expect((await get({ 'if-match': old }, reader, to)).status).toBe(412);
    expect((await writer.patch(to, { tags: ['y'] }, { headers: { 'if-match': old } })).status).toBe(412);
    expect((await writer.patch(to, { tags: ['y'] }, { headers: { 'if-match': '*' } })).status).toBe(200);
  });

  it('T24 keys and families have a tag that never comes again, 304, and changes that honour it', async () => {
    const { body: key } = await server.api.post('/v1/keys', { name: 'tagged', scopes: ['memory:read'] });
    const reason = 'a test of tags';
    const things: readonly (readonly [to: string, list: string, changes: readonly object[]])[] = [
      [`/v1/keys/${key.id}`, '/v1/keys', [{ name: 'another' }, { name: 'tagged' }]],
      [
        '/v1/admin/cache/families/handover',
        '/v1/admin/cache/families',
        [{ ttlMs: 5_000, reason }, { reason }, { ttlMs: 5_000, reason }, { reason }],
      ],
    ];
    for (const [to, list, changes] of things) {
      const seen = new Set<string>();
      for (const change of changes) {
        const old = (await get({}, server.key, to)).headers['etag'] as string;
        const oldList = (await get({}, server.key, list)).headers['etag'] as string;
        const known = await get({ 'if-none-match': old }, server.key, to);
        expect([to, known.status, known.body]).toEqual([to, 304, '']);
        expect((await get({ 'if-none-match': oldList }, server.key, list)).status).toBe(304);
        expect((await get({ 'if-match': '"a"' }, server.key, to)).status).toBe(412);
        const patch = (headers: Record<string, string>) => server.api.patch(to, change, { headers });
        expect((await patch({ 'if-none-match': old })).status).toBe(412);
        const changed = await patch({ 'if-match': old });
        expect([changed.status, changed.headers.get('etag')]).toEqual([
          200,
          (await get({}, server.key, to)).headers['etag'],
        ]);
        const late = await patch({ 'if-match': old });
        expect([late.status, late.body.code]).toEqual([412, 'precondition-failed']);
        expect((await get({ 'if-none-match': old }, server.key, to)).status).toBe(200);
        expect((await get({ 'if-none-match': oldList }, server.key, list)).status).toBe(200);
        seen.add(old);
      }
      expect(seen.size).toBe(changes.length);
    }
    const stale = { headers: { 'if-match': '"a"' } };
    expect((await server.api.send('DELETE', `/v1/keys/${key.id}`, stale)).status).toBe(412);
    expect((await server.api.post(`/v1/keys/${key.id}/rotate`, undefined, stale)).status).toBe(412);
    expect((await server.api.send('DELETE', `/v1/keys/${key.id}`)).status).toBe(200);
    expect((await server.api.get(`/v1/keys/${key.id}`)).body.revokedAt).toEqual(expect.any(String));
  });

  it('T24 every read that sends an entity tag answers 304 to it: sessions, their lists and entries, policies', async () => {
    const { body: session } = await writer.post('/v1/sessions', {});
    const paths = [`/v1/sessions/${session.id}`, '/v1/sessions', `/v1/sessions/${session.id}/entries`, '/v1/retention'];
    for (const to of [...paths, '/v1/retention/default']) {
      const full = await get({}, reader, to);
      const known = await get({ 'if-none-match': String(full.headers['etag']) }, reader, to);
      expect([to, full.status, known.status, known.body]).toEqual([to, 200, 304, '']);
      expect(full.headers).toMatchObject({
        'cache-control': 'private, no-cache',
        vary: expect.stringContaining('Auth'),
      });
    }
  });

  describe('If-None-Match of a change (section 13.1.2: 412, and nothing is done)', () => {
    /** A thing that has an entity tag, and calls that change it. */
    type Changed = readonly [what: string, make: () => Promise<{ change: Change; of?: Api }>];
    type Change = readonly [method: string, to: string, body: object];
    const thing = (to: string) => to.replace(/\/(archive|restore|end|acknowledge)$/, '');
    const changes: readonly Changed[] = [
      [
        'PATCH of a context',
        async () => {
          const to = `/v1/contexts/${(await newContext(`patched ${counted++}`)).id}`;
          return { change: ['PATCH', to, { tags: ['x'] }] };
        },
      ],
      [
        'POST that archives a context',
        async () => {
          const to = `/v1/contexts/${(await newContext(`archived ${counted++}`)).id}`;
          return { change: ['POST', `${to}/archive`, { reason: 'old' }] };
        },
      ],
      [
        'POST that restores a context',
        async () => {
          const to = `/v1/contexts/${(await newContext(`restored ${counted++}`)).id}`;
          await writer.post(`${to}/archive`, { reason: 'old' });
          return { change: ['POST', `${to}/restore`, {}] };
        },
      ],
      [
        'PATCH of a session',
        async () => {
          const to = `/v1/sessions/${(await writer.post('/v1/sessions', { client: 'c' })).body.id}`;
          return { change: ['PATCH', to, { summary: 's' }] };
        },
      ],
      [
        'POST that ends a session',
        async () => {
          const to = `/v1/sessions/${(await writer.post('/v1/sessions', { client: 'c' })).body.id}`;
          return { change: ['POST', `${to}/end`, { summary: 's' }] };
        },
      ],
      [
        'POST that acknowledges a handover',
        async () => {
          const to = `/v1/handovers/${(await writer.post('/v1/handovers', {})).body.id}`;
          return { change: ['POST', `${to}/acknowledge`, {}] };
        },
      ],
      [
        'PUT of a retention policy',
        async () => {
          const to = `/v1/retention/kept-${counted++}`;
          return { change: ['PUT', to, { archiveAfterDays: 30 }], of: server.api };
        },
      ],
    ];
    let counted = 0;

    it.each(changes)('T24 %s', async (_what, make) => {
      const { change, of = writer } = await make();
      const [method, order, body] = change;
      const to = thing(order);
      const current = (await of.get(to)).headers.get('etag') as string;
      const attempt = (headers: Record<string, string>) => of.send(method, order, { body, headers });
      const refused: Record<string, string>[] = [
        { 'if-none-match': current },
        { 'if-none-match': `W/${current}` },
        { 'if-none-match': `"a", ${current}` },
        { 'if-none-match': '*' },
        { 'if-match': current, 'if-none-match': '*' },
        { 'if-match': '"a"', 'if-none-match': '"b"' },
      ];
      for (const headers of refused) {
        const answer = await attempt(headers);
        expect([headers, answer.status, answer.body.code]).toEqual([headers, 412, 'precondition-failed']);
        const named = headers['if-match'] === '"a"' ? '/if-match' : '/if-none-match';
        expect(answer.body.errors).toEqual([expect.objectContaining({ pointer: named, in: 'header' })]);
      }
      expect((await of.get(to)).headers.get('etag')).toBe(current);
      const done = await attempt({ 'if-match': current, 'if-none-match': '"a", "*"' });
      expect(done.status).toBe(200);
      expect((await of.get(to)).headers.get('etag')).not.toBe(current);
    });

    it('the document says which routes honour the conditions', async () => {
      const { body } = await server.api.get('/openapi.json');
      const named = (method: string, route: string) =>
        body.paths[route][method].parameters.map(({ name }: { name: string }) => name);
      for (const [method, route] of [
        ['patch', '/v1/contexts/{id}'],
        ['post', '/v1/sessions/{id}/end'],
        ['put', '/v1/retention/{project}'],
      ] as const)
        expect(named(method, route)).toEqual(expect.arrayContaining(['If-Match', 'If-None-Match']));
    });
  });

  describe('request directives (RFC 9111, section 5.2.1) and Cache-Status (RFC 9211)', () => {
    it.each<readonly [string, RawHeaders, string]>([
      ['no-cache', { 'cache-control': 'no-cache' }, ASKED],
      ['no-cache in capitals', { 'cache-control': 'No-Cache' }, ASKED],
      ['no-cache in a list', { 'cache-control': 'max-stale=5 , no-cache' }, ASKED],
      ['no-cache in a second line', { 'cache-control': ['max-stale=5', 'no-cache'] }, ASKED],
      ['Pragma', { pragma: 'no-cache' }, ASKED],
      ['Pragma beside Cache-Control, which counts', { pragma: 'no-cache', 'cache-control': 'max-age=1000' }, HIT],
      ['max-age=0', { 'cache-control': 'max-age=0' }, ASKED],
      ['max-age of more than its age', { 'cache-control': 'max-age=1000' }, HIT],
      ['max-age in quotes', { 'cache-control': 'max-age="0"' }, ASKED],
      ['max-age that is no number', { 'cache-control': 'max-age=soon' }, HIT],
      [
        'min-fresh and others, which are advice',
        { 'cache-control': 'min-fresh=99999, no-transform, x="no-cache"' },
        HIT,
      ],
      ['only-if-cached', { 'cache-control': 'only-if-cached' }, HIT],
      ['only-if-cached and no-cache', { 'cache-control': 'only-if-cached, no-cache' }, HIT],
      ['no-store, of what is stored', { 'cache-control': 'no-store' }, HIT],
    ])('%s', async (_what, headers, expected) => {
      const ask = async (key: string) => (await get(headers, key)).headers['cache-status'];
      await get({}, admin);
      expect(await ask(admin)).toBe(expected);
      // Others can't make the source work for what is stored.
      expect(await ask(reader)).toBe(HIT);
      expect((await get({}, admin)).headers['cache-status']).toBe(HIT);
    });

    it('max-age asks the source for what is older', async () => {
      await get({}, admin);
      let age = 0;
      while (age < 2) age = Number((await get({}, admin)).headers['age']);
      expect((await get({ 'cache-control': 'max-age=3600' }, admin)).headers['cache-status']).toBe(HIT);
      const asked = await get({ 'cache-control': 'max-age=1' }, admin);
      expect(asked.headers['cache-status']).toBe(ASKED);
      expect(asked.headers).not.toHaveProperty('age');
      expect(Number((await get({}, admin)).headers['age'])).toBeLessThan(2);
    });

    it('a fresh answer to somebody who knows it is a 304 as well', async () => {
      const answer = await get({ 'cache-control': 'no-cache', 'if-none-match': tag }, admin);
      expect([answer.status, answer.headers['cache-status']]).toEqual([304, ASKED]);
    });

    it('only-if-cached answers 504 where nothing is stored, and asks nobody', async () => {
      const to = `/v1/contexts/${(await newContext('never read')).id}`;
      for (const again of [1, 2]) {
        const answer = await get({ 'cache-control': 'only-if-cached' }, reader, to);
        expect([again, answer.status, JSON.parse(answer.body).code]).toEqual([again, 504, 'not-cached']);
        expect(answer.headers['cache-control']).toBe('no-store');
      }
      expect((await get({}, reader, to)).headers['cache-status']).toBe(MISS);
      const known = await get({ 'cache-control': 'only-if-cached', 'if-none-match': '*' }, reader, to);
      expect([known.status, known.headers['cache-status']]).toEqual([304, HIT]);
    });

    it('no-store leaves nothing behind', async () => {
      const to = `/v1/contexts/${(await newContext('not to be stored')).id}`;
      for (const key of [reader, admin]) {
        for (const directives of ['no-store', 'no-store, no-cache']) {
          const answer = await get({ 'cache-control': directives }, key, to);
          expect([answer.status, answer.headers['cache-status']]).toEqual([
            200,
            directives === 'no-store' || key === reader ? MISS : ASKED,
          ]);
          expect(answer.headers['cache-control']).toBe('no-store');
        }
        expect((await get({ 'cache-control': 'only-if-cached' }, key, to)).status).toBe(504);
      }
    });

    it('Age is sent with what is stored alone, in whole seconds', async () => {
      const to = `/v1/contexts/${(await newContext('aging')).id}`;
      const [first, second] = [await get({}, reader, to), await get({}, reader, to)];
      expect(first.headers).not.toHaveProperty('age');
      expect(second.headers['age']).toMatch(/^\d+$/);
    });
  });

  describe('Vary and keys', () => {
    it('T12 an answer hangs on the credential and on the workspace that is named, and says so', async () => {
      const { headers } = await get();
      const names = (headers['vary'] ?? '').toLowerCase().split(/\s*,\s*/);
      expect(names).toEqual(expect.arrayContaining(['authorization', 'x-keepsake-workspace']));
      // The same for all who may ask, and for nobody else.
      expect((await get({}, await newKey('memory:read'))).headers['cache-status']).toBe(HIT);
      expect((await get({}, await newKey('embeddings'))).status).toBe(403);
      await server.api.post('/v1/workspaces', { slug: 'elsewhere' });
      const elsewhere = await get({ 'x-keepsake-workspace': 'elsewhere' }, server.key);
      expect(elsewhere.status).toBe(404);
      expect((await get({}, server.key)).status).toBe(200);
      expect((await get({ 'x-keepsake-workspace': 'elsewhere' }, server.key)).status).toBe(404);
    });

    it('headers that no answer hangs on do not divide it', async () => {
      const other = { 'accept-language': 'fr', accept: 'application/json', 'user-agent': 'x', cookie: 'a=b' };
      expect((await get(other)).headers['cache-status']).toBe(HIT);
    });

    it('the order of parameters does not matter, their values do', async () => {
      const list = (query: string) => get({}, reader, `/v1/contexts?${query}`);
      expect((await list('project=default&limit=5')).headers['cache-status']).toBe(MISS);
      expect((await list('limit=5&project=default')).headers['cache-status']).toBe(HIT);
      expect((await list('limit=%35&project=default')).headers['cache-status']).toBe(HIT);
      expect((await list('limit=6&project=default')).headers['cache-status']).toBe(MISS);
    });
  });

  describe('what is not stored', () => {
    it.each<readonly [string, () => Promise<RawAnswer>, number]>([
      [
        'no such context',
        () => get({ 'if-none-match': '*' }, reader, '/v1/contexts/01890000-0000-7000-8000-000000000000'),
        404,
      ],
      [
        'a precondition on nothing',
        () => get({ 'if-match': '"a"' }, reader, '/v1/contexts/01890000-0000-7000-8000-000000000000'),
        404,
      ],
      ['a broken id', () => get({ 'if-none-match': '*' }, reader, '/v1/contexts/x'), 400],
      ['no credential', () => sendRaw(server.url + path, 'GET', { 'if-none-match': tag }), 401],
      ['a wrong credential', () => get({ 'if-none-match': tag }, `ks_wrong_${'x'.repeat(40)}`), 401],
      ['a scope too few', () => get({ 'if-none-match': '*' }, reader, '/v1/keys'), 403],
      ['a method that is not there', () => send('PUT', path, { 'if-none-match': tag, 'content-length': '0' }), 405],
    ])('T24 %s: preconditions are not looked at, and the answer is no-store', async (_what, ask, status) => {
      for (const again of [1, 2]) {
        const answer = await ask();
        expect([again, answer.status, answer.headers['cache-control']]).toEqual([again, status, 'no-store']);
        for (const name of ['etag', 'age', 'cache-status']) expect(answer.headers).not.toHaveProperty(name);
        if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
        if (status === 405) expect(answer.headers['allow']).toContain('GET');
      }
    });

    it('routes that do not declare it say no-store and nothing of a cache', async () => {
      for (const to of ['/health/live', '/v1/workspaces', '/v1/admin/audit', '/openapi.json']) {
        const answer = await get({}, server.key, to);
        expect([to, answer.status, answer.headers['cache-control']]).toEqual([to, 200, 'no-store']);
        expect(answer.headers).not.toHaveProperty('cache-status');
      }
    });
  });
});
