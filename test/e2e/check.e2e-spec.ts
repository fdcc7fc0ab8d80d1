import type { Api, ApiAnswer } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `project-${++count}`;

function pointers({ body }: ApiAnswer<any>): string[] {
  return body.errors.map((error: { pointer: string }) => error.pointer);
}

describe.each(DATABASES)('what to heed, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;

  const check = (project: string, text: string, rest: object = {}) =>
    api.post('/v1/contexts/check', { project, text, ...rest });
  async function store(project: string, contexts: Record<string, string>): Promise<void> {
    const items = Object.entries(contexts).map(([label, content]) => ({ label, content }));
    expect((await api.post('/v1/contexts/batch', { project, items })).status).toBe(201);
  }

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside);
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('reports what has taken the place of what speaks to the text, before it', async () => {
    const project = newProject();
    const stored = async (label: string, content: string, rest: object = {}) =>
      (await api.post('/v1/contexts', { project, label, content, ...rest })).body.id;
    const older = await stored('older', 'The invoices are printed on the green printer of the warehouse.');
    const newer = await stored('newer', 'Paperless since March.', { supersedes: [older] });
    const newest = await stored('newest', 'All goes by e-mail. Use the portal instead of paper.', {
      supersedes: [newer],
    });
    await stored('neighbour', 'Leek soup wants leeks, potatoes and patience.');
    const { body } = await check(project, 'I print the invoices on the green printer.');
    expect(body.contexts).toMatchObject([
      { id: newest, supersededBy: null, why: [{ kind: 'successor', of: older }] },
      { id: older, supersededBy: newer, why: [{ kind: 'words' }] },
    ]);
    expect(body.rules.map(({ text }: any) => text)).toEqual(['Use the portal instead of paper.']);
  });

  it('reports what is relevant and why, the rules in it, and which of them the plan breaks', async () => {
    const project = newProject();
    await store(project, {
      'rules/deploy': '# Deploys\n\n- NEVER deploy on Fridays.\n- ALWAYS run the tests before deploying.\nowner: Ann',
      'rules/commits': 'Secrets must never be committed.',
      'notes/api': 'The API of the lighthouse answers in JSON. Use pnpm instead of npm.',
      'notes/soup': 'Leek soup wants leeks, potatoes and patience.',
    });
    const { status, body } = await check(
      project,
      'Plan:\n1. npm test\n2. I deploy the API on Friday.\n3. run npm publish',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ project, degraded: false, reason: null });
    expect(body.contexts.map(({ label }: any) => label)).toEqual(['rules/deploy', 'notes/api', 'rules/commits']);
    expect(body.contexts[0]).toMatchObject({
      priority: 'always_check',
      version: 1,
      why: [{ kind: 'always-check' }, { kind: 'words', words: expect.arrayContaining(['deploy', 'friday']) }],
    });
    expect(body.contexts[1].why).toEqual([{ kind: 'words', words: expect.arrayContaining(['api']) }]);
    expect(body.contexts[2]).toMatchObject({ score: null, why: [{ kind: 'always-check' }] });
    expect(body.rules.map(({ kind, text, label }: any) => [kind, text, label])).toEqual([
      ['never', 'NEVER deploy on Fridays.', 'rules/deploy'],
      ['always', 'ALWAYS run the tests before deploying.', 'rules/deploy'],
      ['use', 'Use pnpm instead of npm.', 'notes/api'],
      ['never', 'Secrets must never be committed.', 'rules/commits'],
    ]);
    expect(body.violations.map(({ rule, sentence, words }: any) => [rule.text, sentence, words])).toEqual([
      ['NEVER deploy on Fridays.', 'I deploy the API on Friday.', ['deploy', 'Friday']],
      ['Use pnpm instead of npm.', 'run npm publish', ['run', 'npm']],
    ]);
  });

  it('takes signs of a search for plain signs', async () => {
    const project = newProject();
    await store(project, { disk: 'The disk of the harbour holds the log.' });
    const { body } = await check(project, 'rm -rf "the harbour" -log -disk');
    expect(body.contexts.map(({ label }: any) => label)).toEqual(['disk']);
  });

  it('T2 T42 heeds what was just written, and not what is archived, replaced or deleted', async () => {
    const project = newProject();
    const text = 'I paint the tower red.';
    const labels = async () => (await check(project, text)).body.contexts.map(({ label }: any) => label);
    const rules = async () => (await check(project, text)).body.rules.map(({ text: rule }: any) => rule);
    expect(await labels()).toEqual([]);
    await store(project, { paint: 'NEVER paint the tower red.' });
    expect(await labels()).toEqual(['paint']);
    await store(project, { paint: 'NEVER paint the tower green.' });
    expect(await rules()).toEqual(['NEVER paint the tower green.']);
    const [{ id }] = (await check(project, text)).body.contexts;
    await api.patch(`/v1/contexts/${id}`, { priority: 'reference' });
    expect((await check(project, text)).body.contexts[0].why[0].kind).toBe('words');
    await api.post(`/v1/contexts/${id}/archive`);
    expect(await labels()).toEqual(['paint']);
    expect(await rules()).toEqual(['NEVER paint the tower red.']);
    await api.del(`/v1/projects/${project}`, { query: { confirm: project } });
    expect(await labels()).toEqual([]);
  });

  it('T12 heeds nothing of another project', async () => {
    const [project, other] = [newProject(), newProject()];
    await store(other, { rule: 'NEVER cross the harbour at night.' });
    expect((await check(project, 'I cross the harbour at night.')).body).toMatchObject({
      contexts: [],
      violations: [],
    });
  });

  it('finds no more than is asked for, and counts what it hands out', async () => {
    const project = newProject();
    await store(
      project,
      Object.fromEntries(Array.from({ length: 5 }, (_item, n) => [`n${n}`, `The buoy number ${n} needs paint.`])),
    );
    expect((await check(project, 'Paint the buoy.', { limit: 2 })).body.contexts).toHaveLength(2);
    await eventually(async () => (await api.get(`/v1/projects/${project}/overview`)).body.mostUsed.length === 2, {
      timeoutMs: 20_000,
      everyMs: 250,
      what: 'the two to be counted',
    });
  });

  it.each([
    ['no text', {}, ['/text']],
    ['a blank text', { text: ' \n' }, ['/text']],
    ['a text that is too long', { text: 'x'.repeat(20_001) }, ['/text']],
    ['NUL', { text: 'a\0b' }, ['/text']],
    ['a limit of none', { text: 'x', limit: 0 }, ['/limit']],
    ['an unknown field', { text: 'x', query: 1 }, ['/query']],
  ])('refuses %s', async (_what, body, where) => {
    const answer = await api.post('/v1/contexts/check', body);
    expect([answer.status, pointers(answer)]).toEqual([400, where]);
  });
});

describe('what to heed without an embedder', () => {
  it('T22 is found by words alone, and says so', async () => {
    const fixture = await startFixtureOn(true, { EMBEDDING_PROVIDER: 'off', WORKER_ENABLED: 'false' });
    try {
      const { api } = fixture.server;
      await api.post('/v1/contexts', { label: 'paint', content: 'Paint of the tower: white.' });
      const { status, body } = await api.post('/v1/contexts/check', { text: 'I paint the tower.' });
      expect([status, body.contexts.length]).toEqual([200, 1]);
      expect([body.degraded, body.reason]).toEqual([false, null]);
    } finally {
      await fixture.remove();
    }
  }, 120_000);
});
