import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { REJECTED, VARIANTS } from './rejected-variants.js';

describe.each(DATABASES)('forgetting, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { SESSION_SWEEP_SECONDS: '3600' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  async function store(project: string, label: string, content: string) {
    const { status, body } = await api.post('/v1/contexts', { project, label, content });
    expect(status).toBe(201);
    return body;
  }

  const tombstonesOf = async (project: string) => (await api.get(`/v1/projects/${project}/tombstones`)).body.items;
  const auditOf = async (action: string) =>
    (await api.get('/v1/admin/audit', { query: { limit: 100 } })).body.items.filter(
      (line: { action: string }) => line.action === action,
    );

  it('with a tombstone deletes a text and refuses it from then on, until the tombstone is lifted', async () => {
    const project = 'rejecting';
    const gone = await store(project, `about/${REJECTED.slice(0, 20)}`, REJECTED);
    const stays = await store(project, 'stays', 'The staging key of atlas lies under the second stone.');
    expect(await tombstonesOf(project)).toEqual([]);

    const forgotten = await api.post(`/v1/contexts/${gone.id}/forget`, { reason: 'It was wrong.', tombstone: true });
    expect([forgotten.status, forgotten.body]).toEqual([
      200,
      { removed: { contexts: 1 }, tombstones: [expect.any(String)] },
    ]);
    expect((await api.get(`/v1/contexts/${gone.id}`)).status).toBe(404);
    expect((await api.get(`/v1/contexts/${stays.id}`)).body.content).toBe(stays.content);
    const [tombstone, ...others] = await tombstonesOf(project);
    expect([tombstone, others]).toEqual([
      {
        id: forgotten.body.tombstones[0],
        project,
        reason: 'It was wrong.',
        createdBy: expect.stringMatching(/^key:/),
        createdAt: expect.any(String),
      },
      [],
    ]);

    for (const [what, content] of Object.entries(VARIANTS)) {
      const again = await api.post('/v1/contexts', { project, label: 'another', content });
      expect([what, again.status, again.body.code]).toEqual([what, 409, 'context-rejected']);
      expect(again.body.errors).toEqual([
        { in: 'body', pointer: '/content', detail: 'is a text that was rejected in the project' },
      ]);
      expect(JSON.stringify(again.body)).not.toContain('third');
    }
    expect((await api.get('/v1/contexts', { query: { project } })).body.items).toHaveLength(1);
    // Other texts and other projects take what they are given.
    await store(project, 'paraphrase', 'Under the third stone lies the key that deploys atlas.');
    await store(project, 'longer', `${REJECTED} Ask Mina for it.`);
    await store('another-project', 'same', REJECTED);

    const lines = await auditOf('context.forget');
    expect(lines[0]).toMatchObject({
      reason: 'It was wrong.',
      details: { project, count: 1, contexts: [gone.id], tombstones: forgotten.body.tombstones },
    });
    expect(JSON.stringify(lines)).not.toContain('deploy key');

    const path = `/v1/projects/${project}/tombstones/${tombstone.id}`;
    expect((await api.del(`/v1/projects/another-project/tombstones/${tombstone.id}`)).status).toBe(404);
    const lifted = await api.del(path);
    expect([lifted.status, lifted.body]).toEqual([200, { removed: { tombstones: 1 } }]);
    expect(await tombstonesOf(project)).toEqual([]);
    const twice = await api.del(path);
    expect([twice.status, twice.body.code]).toEqual([404, 'tombstone-not-found']);
    expect((await auditOf('tombstone.lift'))[0].details).toEqual({ project, tombstone: tombstone.id });
    await store(project, 'another', REJECTED);
  }, 120_000);

  it('by label rejects every text of it once, archived ones too; without a tombstone none', async () => {
    const project = 'labels';
    const label = 'a/b: c';
    const path = `/v1/projects/${project}/contexts/${encodeURIComponent(label)}`;
    const first = await store(project, label, 'The first text.');
    await store(project, label, 'The second text.');
    await store(project, label, 'The  FIRST text.');
    await api.post(`/v1/contexts/${first.id}/archive`, {});
    const forgotten = await api.post(`${path}/forget`, { tombstone: true });
    expect([forgotten.status, forgotten.body.removed, forgotten.body.tombstones.length]).toEqual([
      200,
      { contexts: 3 },
      2,
    ]);
    expect((await api.get(path)).status).toBe(404);
    for (const content of ['the first text.', 'the second text.'])
      expect((await api.post('/v1/contexts', { project, label, content })).status).toBe(409);
    expect((await tombstonesOf(project)).map(({ id }: { id: string }) => id).sort()).toEqual(
      forgotten.body.tombstones.toSorted(),
    );
    expect((await api.post(`${path}/forget`, { tombstone: true })).status).toBe(404);

    const other = await store(project, label, 'The third text.');
    expect((await api.post(`${path}/forget`)).body).toEqual({ removed: { contexts: 1 }, tombstones: [] });
    expect((await store(project, label, 'The third text.')).id).not.toBe(other.id);
    // What was rejected before stays so, with its reason, when it is forgotten again in another form.
    expect((await tombstonesOf(project)).length).toBe(2);
  }, 120_000);

  it('forgets as DELETE does: of one version, of all, for a state, for who may write', async () => {
    const project = 'ways';
    const [first, second] = [await store(project, 'l', 'One word.'), await store(project, 'l', 'Two words.')];
    const tag = (await api.get(`/v1/contexts/${second.id}`)).headers.get('etag')!;
    await api.patch(`/v1/contexts/${second.id}`, { tags: ['new'] });
    const refused = await api.post(`/v1/contexts/${second.id}/forget`, {}, { headers: { 'if-match': tag } });
    expect(refused.status).toBe(412);
    const key = (await api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] })).body.key;
    expect((await api.as(key).post(`/v1/contexts/${second.id}/forget`, {})).status).toBe(403);
    expect((await api.as(key).del(`/v1/projects/${project}/tombstones/${randomUUID()}`)).status).toBe(403);
    expect((await api.as(key).get(`/v1/projects/${project}/tombstones`)).status).toBe(200);
    expect((await api.post(`/v1/contexts/${second.id}/forget`, { text: 'x' })).status).toBe(400);
    expect((await api.post(`/v1/contexts/${randomUUID()}/forget`, {})).status).toBe(404);

    const headers = { 'idempotency-key': randomUUID() };
    const send = () => api.post(`/v1/contexts/${second.id}/forget`, { tombstone: true }, { headers });
    const once = await send();
    expect([once.status, (await send()).body]).toEqual([200, once.body]);
    expect((await api.get(`/v1/projects/${project}/contexts/l`)).body.id).toBe(first.id);
    const all = await api.post(`/v1/contexts/${first.id}/forget`, { allVersions: true });
    expect(all.body).toEqual({ removed: { contexts: 1 }, tombstones: [] });
    expect((await api.get(`/v1/projects/never-written/tombstones`)).body).toEqual({ items: [], nextCursor: null });
  }, 120_000);

  it('lists tombstones page by page, newest first', async () => {
    const project = 'pages';
    const made: string[] = [];
    for (let number = 1; number <= 5; number++) {
      const { id } = await store(project, `l${number}`, `Text number ${number}.`);
      made.unshift((await api.post(`/v1/contexts/${id}/forget`, { tombstone: true })).body.tombstones[0]);
    }
    const listed: string[] = [];
    let cursor: string | null | undefined;
    do {
      const query = { limit: 2, ...(cursor === undefined || cursor === null ? {} : { cursor }) };
      const { body } = await api.get(`/v1/projects/${project}/tombstones`, { query });
      listed.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(listed).toEqual(made);
  }, 120_000);
});
