import { randomUUID } from 'node:crypto';
import { Api, type ApiAnswer } from '#test/support/api.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `validity-${++count}`;

function pointers({ body }: ApiAnswer<any>): string[] {
  return body.errors.map((error: { pointer: string }) => error.pointer);
}

const [january, february, march, april] = ['01', '02', '03', '04'].map((month) => `2025-${month}-01T00:00:00.000Z`);
const slot = { subject: 'Billing service', attribute: 'database' };

describe.each(DATABASES)('what takes the place of what, on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  const store = async (project: string, label: string, content: string, rest: object = {}) => {
    const { status, body } = await api.post('/v1/contexts', { project, label, content, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const get = async (id: string) => (await api.get(`/v1/contexts/${id}`)).body;

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn', EMBEDDING_PROVIDER: 'off' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('shows of every context since when it is true, and ends a version at the next one of its label', async () => {
    const project = newProject();
    const first = await store(project, 'region', 'We deploy to Frankfurt.');
    expect(first).toMatchObject({ validFrom: first.createdAt, validTo: null, supersededBy: null, slot: null });
    const tag = (await api.get(`/v1/contexts/${first.id}`)).headers.get('etag');
    const second = await store(project, 'region', 'We deploy to Dublin.', { validFrom: march });
    const third = await store(project, 'region', 'We deploy to Oslo.');
    expect(await get(first.id)).toMatchObject({ validTo: first.createdAt, supersededBy: second.id });
    expect(await get(second.id)).toMatchObject({ validFrom: march, validTo: third.createdAt, supersededBy: third.id });
    const again = await api.get(`/v1/contexts/${first.id}`, { headers: { 'if-none-match': tag ?? '' } });
    expect(again.status).toBe(200);
    const { body: versions } = await api.get(`/v1/contexts/${first.id}/versions`);
    expect(versions.items.map(({ supersededBy }: any) => supersededBy)).toEqual([null, third.id, second.id]);
    await api.post(`/v1/contexts/${third.id}/archive`);
    expect(await get(second.id)).toMatchObject({ validTo: null, supersededBy: null });
    await api.post(`/v1/contexts/${third.id}/restore`);
    expect(await get(second.id)).toMatchObject({ supersededBy: third.id });
  });

  it('has one current value of a slot, in whatever order the values arrive', async () => {
    const project = newProject();
    const values = { a: january, b: february, c: march, d: april };
    const stored: Record<string, any> = {};
    for (const name of ['c', 'a', 'd', 'b'] as const) {
      const subject = name === 'b' ? 'BILLING SERVICE' : slot.subject;
      const rest = { validFrom: values[name], slot: { ...slot, subject } };
      stored[name] = await store(project, `note ${name}`, `The value is ${name}.`, rest);
    }
    expect(stored['b']).toMatchObject({ validTo: march, supersededBy: stored['c'].id });
    expect(await get(stored['a'].id)).toMatchObject({
      validFrom: january,
      validTo: february,
      supersededBy: stored['b'].id,
    });
    expect(await get(stored['c'].id)).toMatchObject({ validTo: april, supersededBy: stored['d'].id });
    expect(await get(stored['d'].id)).toMatchObject({ validTo: null, supersededBy: null, slot });
    // Another attribute, and another project, have values of their own.
    await store(project, 'owner', 'Zoë owns it.', { slot: { ...slot, attribute: 'owner' } });
    await store(newProject(), 'note', 'Elsewhere.', { slot });
    expect(await get(stored['d'].id)).toMatchObject({ validTo: null });
    // What is archived is nobody's value.
    await api.post(`/v1/contexts/${stored['d'].id}/archive`);
    expect(await get(stored['c'].id)).toMatchObject({ validTo: null, supersededBy: null });
    await api.post(`/v1/contexts/${stored['d'].id}/restore`);
    expect(await get(stored['c'].id)).toMatchObject({ validTo: april, supersededBy: stored['d'].id });
  });

  it('keeps one current value where many are stored at once', async () => {
    const project = newProject();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (__, place) => store(project, `value ${place}`, `The value is ${place}.`, { slot })),
    );
    const all = await Promise.all(answers.map(({ id }) => get(id)));
    expect(all.filter(({ supersededBy }) => supersededBy === null)).toHaveLength(1);
    expect(new Set(all.map(({ supersededBy }) => supersededBy)).size).toBe(12);
  });

  it('stores a text again that is not valid any more: what was reversed is true again', async () => {
    const project = newProject();
    const first = await store(project, 'a', 'We use tabs.', { slot });
    const second = await store(project, 'b', 'We use spaces.', { slot });
    const repeat = await api.post('/v1/contexts', { project, label: 'b', content: 'We use spaces.', slot });
    expect([repeat.status, repeat.body.id, repeat.body.unchanged]).toEqual([200, second.id, true]);
    const back = await store(project, 'a', 'We use tabs.', { slot });
    expect(back).toMatchObject({ version: 2, supersededBy: null });
    expect(await get(second.id)).toMatchObject({ supersededBy: back.id });
    expect(await get(first.id)).toMatchObject({ supersededBy: second.id });
  });

  it('closes what a text is said to supersede, and lets it be again when that is deleted', async () => {
    const project = newProject();
    const old = await store(project, 'old', 'Logs go to files.');
    const other = await store(project, 'other', 'Logs are kept for a week.');
    const rest = { supersedes: [old.id, other.id.toUpperCase(), old.id], validFrom: '2030-01-01T00:00:00Z' };
    const now = await store(project, 'new', 'Logs go to the collector.', rest);
    const closed = { validTo: '2030-01-01T00:00:00.000Z', supersededBy: now.id };
    expect(await get(old.id)).toMatchObject(closed);
    expect(await get(other.id)).toMatchObject(closed);
    const { body: list } = await api.get('/v1/contexts', { query: { project } });
    expect(list.items.map(({ supersededBy }: any) => supersededBy)).toEqual([null, now.id, now.id]);
    await api.del(`/v1/contexts/${now.id}`);
    expect(await get(old.id)).toMatchObject({ validTo: null, supersededBy: null });
  });

  it('refuses times and ids that can be no answer, naming the field', async () => {
    const project = newProject();
    const elsewhere = await store(newProject(), 'x', 'Elsewhere.');
    const own = await store(project, 'own', 'Own text.');
    const refused = async (rest: object) => {
      const answer = await api.post('/v1/contexts', { project, label: 'l', content: 'text', ...rest });
      expect(answer.status).toBe(400);
      return pointers(answer);
    };
    expect(await refused({ supersedes: [own.id, randomUUID()] })).toEqual(['/supersedes/1']);
    expect(await refused({ supersedes: [elsewhere.id] })).toEqual(['/supersedes/0']);
    expect(await refused({ supersedes: ['own'] })).toEqual(['/supersedes/0']);
    expect(await refused({ supersedes: Array.from({ length: 101 }, () => randomUUID()) })).toEqual(['/supersedes']);
    expect(await refused({ validFrom: march, validTo: january })).toEqual(['/validTo']);
    expect(await refused({ validFrom: march, validTo: march })).toEqual(['/validTo']);
    expect(await refused({ validFrom: 'tomorrow' })).toEqual(['/validFrom']);
    expect(await refused({ slot: { subject: 'x' } })).toEqual(['/slot/attribute']);
    expect(await refused({ slot: { subject: 'x', attribute: ' ' } })).toContain('/slot/attribute');
    // A text that is there can't take its own place.
    expect(await refused({ label: 'own', content: 'Own text.', supersedes: [own.id] })).toEqual(['/supersedes/0']);
    const items = [
      { label: 'fine', content: 'Fine.' },
      { label: 'l', content: 'text', supersedes: [randomUUID()] },
    ];
    const batch = await api.post('/v1/contexts/batch', { project, items });
    expect([batch.status, pointers(batch)]).toEqual([400, ['/items/1/supersedes/0']]);
    const some = await api.post('/v1/contexts/batch', { project, items, atomic: false });
    expect(some.body.items.map(({ status }: any) => status)).toEqual([201, 400]);
    expect(some.body.items[1].problem.errors[0].pointer).toBe('/items/1/supersedes/0');
  });

  it('takes times for every part of a document', async () => {
    const project = newProject();
    const body = { project, label: 'price list', content: '# Prices\n\nTea costs 3.', validTo: '2031-01-01T00:00:00Z' };
    const { body: ingested } = await api.post('/v1/contexts/ingest', body);
    expect(await get(ingested.items[0].id)).toMatchObject({ validTo: '2031-01-01T00:00:00.000Z' });
    expect((await api.post('/v1/contexts/ingest', body)).status).toBe(200);
    expect((await api.post('/v1/contexts/ingest', { ...body, validFrom: '2032-01-01T00:00:00Z' })).status).toBe(400);
  });

  it('goes with its project, from one installation to another', async () => {
    const project = newProject();
    const old = await store(project, 'z old', 'Logs go to files.', { validFrom: january, slot });
    const now = await store(project, 'a new', 'Logs go away.', {
      validFrom: march,
      validTo: '2040-01-01T00:00:00Z',
      slot,
    });
    const said = await store(project, 'm said', 'Nothing is logged.', { supersedes: [now.id], validFrom: april });
    const { body: before } = await api.get('/v1/contexts', { query: { project } });
    const target = `${project}-copy`;
    const exported = await exportProject(fixture.server, project);
    expect((await importProject(api, target, exported.bytes)).status).toBe(200);
    const { body: after } = await api.get('/v1/contexts', { query: { project: target } });
    const shown = (items: any[]) =>
      items
        .map(({ label, validFrom, validTo, slot: of, supersededBy }) => ({
          label,
          validFrom,
          validTo,
          of,
          by: items.find(({ id }) => id === supersededBy)?.label ?? null,
        }))
        .sort((a, b) => (a.label < b.label ? -1 : 1));
    expect(shown(after.items)).toEqual(shown(before.items));
    expect(shown(after.items).map(({ by }) => by)).toEqual(['m said', null, 'a new']);
    expect([old.id, now.id, said.id]).not.toContain(after.items[0].id);
  });
});
