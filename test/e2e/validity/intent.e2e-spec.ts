import { Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `intent-${++count}`;

const monthOf = (month: number) => new Date(Date.UTC(2024, month - 1, 1)).toISOString();

describe.each(DATABASES)('what a question says of the time that it asks about, on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  const store = async (project: string, content: string, rest: object = {}) => {
    const { status, body } = await api.post('/v1/contexts', { project, content, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const search = async (project: string, q: string, rest: Record<string, string | number> = {}) => {
    const { status, body } = await api.get('/v1/search', { query: { project, q, ...rest } });
    expect(status).toBe(200);
    return body;
  };
  const snippets = async (...asked: Parameters<typeof search>): Promise<string[]> =>
    (await search(...asked)).items.map(({ snippet }: any) => snippet);

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('time: what was not valid then stands behind all that was, on short pages too', async () => {
    const project = newProject();
    const slot = { subject: 'kiosk', attribute: 'system' };
    for (const [month, name] of [
      [9, 'Sparrow'],
      [6, 'Magpie'],
      [3, 'Heron'],
      [1, 'Otter'],
    ] as const)
      await store(project, `The kiosk runs ${name}.`, { slot, validFrom: monthOf(month) });
    const asked = 'what did the kiosk run before June 2024';
    expect((await snippets(project, asked)).slice(0, 2)).toEqual(['The kiosk runs Heron.', 'The kiosk runs Otter.']);
    expect(await snippets(project, asked, { limit: 2 })).toEqual(['The kiosk runs Heron.', 'The kiosk runs Otter.']);
  });

  it('now: the newest of those that hold the same words stands first, in every mode, and on pages each comes once', async () => {
    const project = newProject();
    const texts = [
      'The staging port is 8080, the staging port.',
      'Staging: port 8081 it is, they say.',
      'For staging the port became 9090 after a long talk.',
    ];
    for (const content of texts) await store(project, content);
    await store(project, 'A port in the fog.');
    for (const mode of ['hybrid', 'keyword', 'semantic']) {
      const plain = await search(project, 'staging port', { mode });
      expect(plain.intent).toBeNull();
      const asked = await search(project, 'what is the staging port right now?', { mode });
      expect(asked.intent).toEqual({ kind: 'now', phrase: 'right now', from: null, to: null });
      expect(asked.items[0].snippet).toBe(texts[2]);
      expect(asked.items.map(({ id }: any) => id).sort()).toEqual(plain.items.map(({ id }: any) => id).sort());
      expect(asked.items[0].scores.intent).toBeGreaterThan(0);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await search(project, 'what is the staging port right now?', {
          mode,
          limit: 1,
          ...(cursor && { cursor }),
        });
        seen.push(...page.items.map(({ snippet }: any) => snippet));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen[0]).toBe(texts[2]);
      expect(seen.toSorted()).toEqual([...texts, 'A port in the fog.'].toSorted());
    }
    // What is written next is merged into the answer that is remembered.
    await store(project, 'Now the staging port is 9191.');
    expect((await snippets(project, 'what is the staging port right now?'))[0]).toBe('Now the staging port is 9191.');
  });

  it('now: what is not valid yet does not pass what is', async () => {
    const project = newProject();
    await store(project, 'The ferry fare is 4 coins.');
    await store(project, 'The ferry fare is 6 coins.', { validFrom: new Date(Date.now() + 86_400_000).toISOString() });
    expect((await snippets(project, 'what is the ferry fare right now?'))[0]).toBe('The ferry fare is 4 coins.');
  });

  it('a time: what was valid then stands first, also what no index holds any more, and nothing is hidden', async () => {
    const project = newProject();
    const first = await store(project, 'We log with Bunyan.', { label: 'logging', validFrom: monthOf(2) });
    await store(project, 'We log with Winston.', { label: 'logging', validFrom: monthOf(4) });
    const last = await store(project, 'We log with Pino, logging is fast.', {
      label: 'logging',
      validFrom: monthOf(6),
    });
    for (const mode of ['hybrid', 'keyword']) {
      const then = await search(project, 'what did we log with in March 2024?', { mode });
      expect(then.intent).toEqual({ kind: 'time', phrase: 'in March 2024', from: monthOf(3), to: monthOf(4) });
      expect(then.items[0]).toMatchObject({ id: first.id, snippet: 'We log with Bunyan.', validTo: monthOf(4) });
      expect(then.items.map(({ id }: any) => id)).toContain(last.id);
    }
    expect((await snippets(project, 'what did we log with in May 2024'))[0]).toBe('We log with Winston.');
    expect((await snippets(project, 'what did we log with since May 2024'))[0]).toBe(
      'We log with Pino, logging is fast.',
    );
    expect((await snippets(project, 'what did we log with'))[0]).toBe('We log with Pino, logging is fast.');
    // Explicit times win.
    const explicit = await search(project, 'what did we log with in March 2024?', { asOf: monthOf(5) });
    expect(explicit.intent).toBeNull();
    expect(explicit.items.map(({ snippet }: any) => snippet)).toEqual(['We log with Winston.']);
    const current = await search(project, 'what did we log with in March 2024?', { current: 'true' });
    expect(current.intent).toBeNull();
    expect(current.items.map(({ id }: any) => id)).toEqual([last.id]);
    // What was archived since is found as of a time alone.
    await api.post(`/v1/contexts/${first.id}/archive`);
    expect(await snippets(project, 'what did we log with in March 2024?')).not.toContain('We log with Bunyan.');
  });

  it('a time: what then took the place of a hit stands before it, whether it holds the words or not', async () => {
    const project = newProject();
    const slot = { subject: 'ledger', attribute: 'store' };
    await store(project, 'Badgers keep it.', { slot, validFrom: monthOf(1) });
    await store(project, 'The ledger database is an otter.', { slot, validFrom: monthOf(6) });
    const { items } = await search(project, 'ledger database in February 2024');
    expect(items.map(({ snippet }: any) => snippet)).toEqual(['Badgers keep it.', 'The ledger database is an otter.']);
  });

  it('before something without a date: what was superseded stands before what supersedes it', async () => {
    const project = newProject();
    await store(project, 'Our queue is RabbitMQ.', { label: 'queue' });
    await store(project, 'Our queue, since the migration, is Kafka: a queue for all.', { label: 'queue' });
    const question = 'which queue did we use before the migration?';
    const { intent, items } = await search(project, question);
    expect(intent).toEqual({ kind: 'time', phrase: 'before the migration', from: null, to: null });
    expect(items[0].snippet).toBe('Our queue is RabbitMQ.');
    expect(items[1].snippet).toContain('Kafka');
    expect((await snippets(project, 'which queue do we use'))[0]).toContain('Kafka');
  });

  it('never fails on times that are none, or far away', async () => {
    const project = newProject();
    await store(project, 'A fox.', { label: 'fox', validFrom: monthOf(1) });
    await store(project, 'A red fox.', { label: 'fox', validFrom: monthOf(3) });
    const times =
      'on 9999-99-99|on 1000-01-01|in 2999-12|999 years ago|in the last 999 quarters|in 999 hours|next year'.split('|');
    for (const time of [...times, 'in 1000-01-01 before 2999-12-31', '0 days ago', '99999999999999999999 years ago'])
      expect((await search(project, `fox ${time}`)).items.length).toBeGreaterThan(0);
    const paths = [
      `/v1/search?project=${project}&q=fox`,
      `/v1/contexts?project=${project}`,
      `/v1/projects/${project}/overview?limit=5`,
    ];
    const none = 'NaN|0|99999999999999|2024-13-01T00:00:00Z|2024-03-05|%00|%2B275760-09-13T00:00:00Z'.split('|');
    for (const path of paths)
      for (const asOf of ['', ...none, '2024-01-01T00:00:00Z&asOf=2024-01-02T00:00:00Z']) {
        const { status } = await api.get(`${path}&asOf=${asOf}`);
        expect([path, asOf, status]).toEqual([path, asOf, 400]);
      }
    for (const current of ['', '1', 'TRUE', 'true&current=false'])
      expect((await api.get(`/v1/contexts?project=${project}&current=${current}`)).status).toBe(400);
  });

  it('messages that were said then come first', async () => {
    const project = newProject();
    const { body: conversation } = await api.post('/v1/conversations', { project });
    const said = (content: string, createdAt: string) => ({ role: 'user', content, createdAt });
    await api.post(`/v1/conversations/${conversation.id}/messages`, {
      messages: [
        said('The heron budget is 300, a heron budget.', '2024-03-03T10:00:00Z'),
        said('Rain again.', '2024-04-03T10:00:00Z'),
        said('Nothing new.', '2024-04-04T10:00:00Z'),
        said('They said the heron needs a budget of 500 or so.', '2024-05-03T10:00:00Z'),
      ],
    });
    expect((await snippets(project, 'what was the heron budget in Q2 2024?'))[0]).toContain('500');
    expect((await snippets(project, 'what was the heron budget in Q1 2024?'))[0]).toContain('300');
  });

  it('a time: what is written later and was valid then is found at once', async () => {
    const project = newProject();
    await store(project, 'The tide table is blue.', { label: 'tide', validFrom: monthOf(1) });
    await store(project, 'The tide table is green.', { label: 'tide', validFrom: monthOf(6) });
    const question = 'what was the tide table in March 2024';
    expect(await snippets(project, question)).toEqual(['The tide table is blue.', 'The tide table is green.']);
    await store(project, 'The tide table was torn in spring.', { validFrom: monthOf(3), validTo: monthOf(4) });
    expect((await snippets(project, question)).slice(0, 2).sort()).toEqual([
      'The tide table is blue.',
      'The tide table was torn in spring.',
    ]);
  });
});
