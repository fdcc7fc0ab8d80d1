import { api as apiOf, type Api } from '#test/support/api.js';
import { conflictsFound } from '#test/support/conflicts-found.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `conflicts-${++count}`;

const OLD = 'The invoice parser reads scans with Tesseract.';
const NEW = 'We moved the invoice parser from Tesseract to PaddleOCR.';

describe.each(DATABASES)('conflicts on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;
  let other: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, {
      LOG_LEVEL: 'warn',
      EMBEDDING_PROVIDER: 'off',
      RATE_LIMIT_ENABLED: 'false',
    });
    api = fixture.server.api;
    const { body } = await api.post('/v1/keys', { name: 'other', scopes: ['memory:read', 'memory:write'] });
    other = apiOf(fixture.server.url, body.key);
  }, 120_000);

  afterAll(() => fixture.remove());

  const store = async (project: string, label: string, content: string, rest: object = {}, by = api) => {
    const { status, body } = await by.post('/v1/contexts', { project, label, content, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const get = async (id: string) => (await api.get(`/v1/contexts/${id}`)).body;
  const listed = async (project: string, state = 'open') => {
    await conflictsFound(api);
    return (await api.get('/v1/conflicts', { query: { project, state } })).body.items;
  };
  const resolve = (id: string, disposition: string, by = api) =>
    by.post(`/v1/conflicts/${id}/resolve`, { disposition });
  /** Somebody else says that something else is so. */
  const proposed = async (project: string) => {
    const older = await store(project, 'older', OLD);
    const newer = await store(project, 'newer', NEW, {}, other);
    const [conflict] = await listed(project);
    expect(conflict).toMatchObject({
      project,
      rule: 'change-from',
      state: 'open',
      older: { id: older.id, label: 'older', version: 1, createdBy: older.createdBy },
      newer: { id: newer.id, label: 'newer', createdBy: newer.createdBy },
      disposition: null,
      decidedBy: null,
      decidedAt: null,
    });
    return { older, newer, conflict };
  };

  it('end what the same author says explicitly is not so any more, until somebody decides otherwise', async () => {
    const project = newProject();
    const older = await store(project, 'older', OLD);
    const newer = await store(project, 'newer', NEW);
    expect(await listed(project)).toEqual([]);
    const [conflict] = await listed(project, 'applied');
    expect(conflict).toMatchObject({ state: 'applied', disposition: null, older: { id: older.id } });
    expect(await get(older.id)).toMatchObject({ supersededBy: newer.id, validTo: newer.createdAt });
    const { body: found } = await api.get('/v1/search', { query: { project, q: 'invoice parser', current: 'true' } });
    expect(found.items.map(({ id }: any) => id)).toEqual([newer.id]);
    expect((await resolve(conflict.id, 'keep_both')).status).toBe(200);
    expect(await get(older.id)).toMatchObject({ supersededBy: null, validTo: null });
  });

  it('end each step of a chain of changes, in whatever order their texts are stored and looked at', async () => {
    const steps = [OLD, NEW, 'We moved the invoice parser from PaddleOCR to Surya.'];
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ];
    for (const order of orders) {
      const project = newProject();
      const ids: string[] = [];
      for (const step of order) {
        const validFrom = `2025-0${step + 1}-01T00:00:00Z`;
        ids[step] = (await store(project, `step ${step}`, steps[step]!, { validFrom })).id;
      }
      await conflictsFound(api);
      const ends = await Promise.all(ids.map(async (id) => (await get(id)).supersededBy));
      expect(ends).toEqual([ids[1], ids[2], null]);
    }
  });

  it('stay listed where the newer text has been replaced meanwhile', async () => {
    const project = newProject();
    expect((await api.patch(`/v1/projects/${project}`, { supersede: 'propose' })).status).toBe(200);
    const first = await store(project, 'first', OLD);
    const second = await store(project, 'second', NEW);
    await store(project, 'third', 'We moved the invoice parser from PaddleOCR to Surya.');
    const open = await listed(project);
    expect(open).toHaveLength(2);
    const late = open.find(({ older }: any) => older.id === second.id);
    expect((await resolve(late.id, 'keep_new')).status).toBe(200);
    const [left] = await listed(project);
    expect(left).toMatchObject({ older: { id: first.id }, newer: { id: second.id } });
    expect((await resolve(left.id, 'keep_new')).status).toBe(200);
    expect(await get(first.id)).toMatchObject({ supersededBy: second.id });
  });

  it('are proposed where another author says it, and where a sentence has another value; both stay findable', async () => {
    const project = newProject();
    const { older, newer } = await proposed(project);
    await store(project, 'one limit', 'The upload limit for guests is 20 MB.');
    await store(project, 'next limit', 'The upload limit for guests is 50 MB.');
    const items = await listed(project);
    expect(items.map(({ rule }: any) => rule)).toEqual(['same-sentence-value', 'change-from']);
    for (const { id } of [older, newer]) expect(await get(id)).toMatchObject({ supersededBy: null, validTo: null });
    const first = (await api.get('/v1/conflicts', { query: { project, limit: '1' } })).body;
    expect(first.items).toEqual(items.slice(0, 1));
    const second = (await api.get('/v1/conflicts', { query: { project, limit: '1', cursor: first.nextCursor } })).body;
    expect(second).toEqual({ items: items.slice(1), nextCursor: null });
  });

  it('are none of questions, plans, quotations, jokes, repetitions and other things', async () => {
    const project = newProject();
    const texts = [
      OLD,
      'Should we move the invoice parser from Tesseract to PaddleOCR?',
      'We plan to move the invoice parser from Tesseract to PaddleOCR.',
      'The vendor said "we moved the invoice parser from Tesseract to PaddleOCR".',
      'We moved the invoice parser from Tesseract to an intern, just kidding.',
      'The invoice parser reads scans with Tesseract.',
      'We moved the receipt reader from Tesseract to PaddleOCR.',
    ];
    for (const [place, text] of texts.entries()) await store(project, `text ${place}`, text);
    expect([await listed(project), await listed(project, 'applied')]).toEqual([[], []]);
  });

  it('find what was so before also where it arrives later', async () => {
    const project = newProject();
    const newer = await store(project, 'newer', NEW, { validFrom: '2026-05-01T00:00:00Z' });
    const older = await store(project, 'older', OLD, { validFrom: '2026-02-01T00:00:00Z' });
    expect(await listed(project, 'applied')).toMatchObject([{ older: { id: older.id }, newer: { id: newer.id } }]);
    expect(await get(older.id)).toMatchObject({ supersededBy: newer.id, validTo: '2026-05-01T00:00:00.000Z' });
  });

  it.each([
    [
      'keep_new',
      (older: any, newer: any) => [{ supersededBy: newer.id, validTo: newer.createdAt }, { supersededBy: null }],
    ],
    [
      'keep_old',
      (older: any, newer: any) => [{ supersededBy: null }, { supersededBy: older.id, validTo: newer.createdAt }],
    ],
    ['keep_both', () => [{ supersededBy: null }, { supersededBy: null }]],
  ] as const)('are resolved with %s once, and say by whom', async (disposition, expected) => {
    const project = newProject();
    const { older, newer, conflict } = await proposed(project);
    const { status, body } = await resolve(conflict.id, disposition, other);
    expect([status, body]).toEqual([
      200,
      { ...conflict, state: 'resolved', disposition, decidedBy: newer.createdBy, decidedAt: body.decidedAt },
    ]);
    const [forOlder, forNewer] = expected(older, newer);
    expect([await get(older.id), await get(newer.id)]).toMatchObject([forOlder, forNewer]);
    const repeated = await resolve(conflict.id, disposition);
    expect([repeated.status, repeated.body]).toEqual([200, body]);
    const refused = await resolve(conflict.id, disposition === 'keep_both' ? 'keep_new' : 'keep_both');
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict-resolved']);
    expect([await listed(project), await listed(project, 'resolved')]).toEqual([[], [body]]);
    const { body: audit } = await api.get('/v1/admin/audit', { query: { limit: '1' } });
    expect(audit.items).toMatchObject([
      { action: 'conflict.resolve', principal: newer.createdBy, details: { conflictId: conflict.id, disposition } },
    ]);
  });

  it('are not proposed again where both were kept', async () => {
    const project = newProject();
    const { newer, conflict } = await proposed(project);
    await resolve(conflict.id, 'keep_both');
    await api.post(`/v1/contexts/${newer.id}/archive`);
    await api.post(`/v1/contexts/${newer.id}/restore`);
    await store(project, 'third', 'The invoice parser logs to the collector.');
    expect(await listed(project)).toEqual([]);
  });

  it('delete both where that is decided, and go with what is deleted', async () => {
    const project = newProject();
    const { older, newer, conflict } = await proposed(project);
    const { status, body } = await resolve(conflict.id, 'remove_both');
    expect([status, body.disposition]).toEqual([200, 'remove_both']);
    for (const { id } of [older, newer]) expect((await api.get(`/v1/contexts/${id}`)).status).toBe(404);
    expect((await resolve(conflict.id, 'remove_both')).status).toBe(404);
    const next = await proposed(newProject());
    await api.del(`/v1/contexts/${next.older.id}`);
    expect(await listed(next.conflict.project)).toEqual([]);
    expect((await resolve(next.conflict.id, 'keep_new')).status).toBe(404);
  });

  it('T43 have one decision where many decide at once', async () => {
    const { conflict } = await proposed(newProject());
    const decisions = ['keep_old', 'keep_new', 'keep_both', 'keep_old', 'keep_new', 'keep_both'];
    const answers = await Promise.all(decisions.map((disposition) => resolve(conflict.id, disposition)));
    const winners = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.disposition));
    expect(winners.size).toBe(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
  });

  it('refuse a decision by which a context would supersede itself through others', async () => {
    const project = newProject();
    const slot = { subject: 'invoice parser', attribute: 'engine' };
    const older = await store(project, 'older', OLD);
    const newer = await store(project, 'newer', NEW, { slot }, other);
    const [conflict] = await listed(project);
    // It ends the older one, and is ended by the newer one.
    const rest = { slot, validFrom: older.createdAt, supersedes: [older.id] };
    const between = await store(project, 'between', 'Scans are read by hand.', rest);
    expect([await get(older.id), await get(between.id)]).toMatchObject([
      { supersededBy: between.id },
      { supersededBy: newer.id },
    ]);
    const refused = await resolve(conflict.id, 'keep_old');
    expect([refused.status, refused.body.code]).toEqual([409, 'circular-succession']);
    expect(await get(newer.id)).toMatchObject({ supersededBy: null });
    expect((await resolve(conflict.id, 'keep_new')).status).toBe(200);
  });

  it('are applied, proposed or not looked for as the project says', async () => {
    const [applied, silent, asked] = [newProject(), newProject(), newProject()];
    const change = (project: string, supersede: string | null, headers = {}) =>
      api.patch(`/v1/projects/${project}`, { supersede }, { headers });
    const retention = { archiveAfterDays: null, purgeAfterDays: null, noticeDays: 7 };
    const shown = () => api.get(`/v1/projects/${applied}/settings`);
    expect((await shown()).body).toEqual({ project: applied, supersede: null, retention });
    const first = await change(applied, 'apply');
    expect([first.status, first.body]).toEqual([200, { project: applied, supersede: 'apply', retention }]);
    expect((await change(applied, 'off', { 'if-match': '"other"' })).status).toBe(412);
    expect((await change(applied, 'apply', { 'if-match': first.headers.get('etag') })).status).toBe(200);
    await change(silent, 'off');
    await change(asked, 'propose');
    for (const project of [applied, silent]) {
      await store(project, 'one limit', 'The upload limit for guests is 20 MB.');
      await store(project, 'next limit', 'The upload limit for guests is 50 MB.', {}, other);
    }
    for (const [label, text] of [
      ['older', OLD],
      ['newer', NEW],
    ] as const)
      await store(asked, label, text);
    expect(await listed(applied, 'applied')).toMatchObject([{ rule: 'same-sentence-value', state: 'applied' }]);
    expect([await listed(silent), await listed(silent, 'applied')]).toEqual([[], []]);
    expect([await listed(asked), await listed(asked, 'applied')]).toMatchObject([[{ rule: 'change-from' }], []]);
    expect((await other.patch(`/v1/projects/${applied}`, { supersede: 'off' })).status).toBe(403);
    expect((await api.patch(`/v1/projects/${applied}`, {})).status).toBe(400);
    const kept = await api.patch(`/v1/projects/${applied}`, { retention: { archiveAfterDays: 90 } });
    expect(kept.body).toEqual({
      project: applied,
      supersede: 'apply',
      retention: { ...retention, archiveAfterDays: 90 },
    });
    expect((await api.get(`/v1/retention/${applied}`)).body).toMatchObject({ archiveAfterDays: 90, noticeDays: 7 });
    expect(kept.headers.get('etag')).toBe((await shown()).headers.get('etag'));
    expect(kept.headers.get('etag')).not.toBe(first.headers.get('etag'));
    const asBefore = await api.patch(`/v1/projects/${applied}`, { supersede: null, retention: null });
    expect(asBefore.body).toEqual({ project: applied, supersede: null, retention });
    expect((await change(applied, 'always')).status).toBe(400);
  });

  it('are not looked for in what is imported, which keeps what was decided of validity; later texts find it', async () => {
    const [project, copy] = [newProject(), newProject()];
    const { older, newer, conflict } = await proposed(project);
    await resolve(conflict.id, 'keep_new');
    await importProject(api, copy, (await exportProject(fixture.server, project)).bytes);
    expect([await listed(copy), await listed(copy, 'applied'), await listed(copy, 'resolved')]).toEqual([[], [], []]);
    const { body } = await api.get('/v1/contexts', { query: { project: copy } });
    const [copiedNewer, copiedOlder] = body.items;
    expect([older.id, newer.id]).not.toContain(copiedOlder.id);
    expect(copiedOlder).toMatchObject({ label: 'older', supersededBy: copiedNewer.id });
    await store(copy, 'latest', 'We moved the invoice parser from PaddleOCR to Docling.');
    expect(await listed(copy)).toMatchObject([{ older: { id: copiedNewer.id } }]);
  });

  it('are unknown to others, and to a project that nobody has written to', async () => {
    expect((await api.get('/v1/conflicts', { query: { project: newProject() } })).body).toEqual({
      items: [],
      nextCursor: null,
    });
    const { conflict } = await proposed(newProject());
    await api.post('/v1/workspaces', { slug: 'elsewhere' }).catch(() => undefined);
    const headers = { 'x-keepsake-workspace': 'elsewhere' };
    const { status } = await api.post(`/v1/conflicts/${conflict.id}/resolve`, { disposition: 'keep_new' }, { headers });
    expect(status).toBe(404);
  });
});
