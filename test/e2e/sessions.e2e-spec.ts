import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { ageSessions } from '#test/support/stored-time.js';
import { ARE_TABLES_WHOLE } from '#test/support/table-rows.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const SWEEP_SECONDS = 1;

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `work-${++count}`;

describe.each([
  ['PostgreSQL', true],
  ['the embedded database', false],
])('sessions on %s', (_name, outside) => {
  let database: TestDatabase | undefined;
  let server: Keepsake;
  let project: string;

  beforeAll(async () => {
    database = outside ? await createTestDatabase() : undefined;
    const SESSION_SWEEP_SECONDS = String(SWEEP_SECONDS);
    server = await startKeepsake({ env: { DATABASE_URL: database?.url, LOG_LEVEL: 'warn', SESSION_SWEEP_SECONDS } });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await database?.drop();
  });

  beforeEach(() => {
    project = newProject();
  });

  const start = async (rest: object = {}) => {
    const { status, body } = await server.api.post('/v1/sessions', { project, client: 'agent', ...rest });
    expect(status).toBe(201);
    return body;
  };
  const write = async (id: string, kind: string, text: string, rest: object = {}) => {
    const { status, body } = await server.api.post(`/v1/sessions/${id}/entries`, { kind, text, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const end = (id: string, summary?: string) => server.api.post(`/v1/sessions/${id}/end`, { summary });
  const session = async (id: string) => (await server.api.get(`/v1/sessions/${id}`)).body;
  const store = async (label: string, content: string, rest: object = {}) => {
    const { status, body } = await server.api.post('/v1/contexts', { project, label, content, ...rest });
    expect([200, 201]).toContain(status);
    return body;
  };
  const handovers = async (query: object = { project }) =>
    (await server.api.get('/v1/handovers', { query: { ...query } })).body.items;
  const latest = async () => (await server.api.get('/v1/handovers/latest', { query: { project } })).body.handover;
  const found = async (q: string, query: object = {}) =>
    (await server.api.get('/v1/search', { query: { project, q, ...query } })).body.items;
  const textsOf = (items: { text: string }[]) => items.map(({ text }) => text);

  it('wakes up, works, hands over, and the next one wakes up with that', async () => {
    const begun = await server.api.post('/v1/sessions', { project, client: 'agent 1', metadata: { branch: 'main' } });
    expect(begun.status).toBe(201);
    const first = begun.body;
    expect(begun.headers.get('location')).toBe(`/v1/sessions/${first.id}`);
    expect(begun.headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(first).toMatchObject({
      project,
      client: 'agent 1',
      metadata: { branch: 'main' },
      state: 'active',
      summary: null,
      endedAt: null,
      wakeUp: {
        handover: null,
        contexts: [],
        todos: [],
        counts: { contexts: 0, alwaysCheck: 0, openTodos: 0, sessions: 1, handovers: 0 },
      },
    });
    expect(Date.parse(first.expiresAt) - Date.parse(first.lastActiveAt)).toBe(24 * 3_600_000);
    const { wakeUp: _wakeUp, ...shown } = first;
    expect(await session(first.id)).toEqual(shown);

    const rule = await store('rules/deploy', 'NEVER deploy on a Friday.', { sessionId: first.id });
    const notes = await store('notes', 'Plain notes about the pipeline.');
    const recalled = await server.api.post('/v1/contexts/recall', { project, labels: ['notes'], sessionId: first.id });
    expect(recalled.body.items).toMatchObject([{ id: notes.id }]);

    await write(first.id, 'progress', 'Moved the pipeline to the new runner.');
    await write(first.id, 'decision', 'The runner stays on Linux.');
    const broken = await write(first.id, 'error', 'The cache of the runner was full.');
    await write(first.id, 'insight', 'The runner is twice as fast.');
    const low = await write(first.id, 'todo', 'Tidy the logs.', { metadata: { priority: 'low' } });
    const urgent = await write(first.id, 'todo', 'Rotate the token.', { metadata: { priority: 'critical' } });
    const done = await write(first.id, 'todo', 'Delete the old runner.');
    await write(first.id, 'question', 'Who owns the token?');
    await write(first.id, 'progress', 'The old runner and the full cache are gone.', {
      resolves: [done.id, broken.id],
    });

    const preview = await server.api.get('/v1/handovers/preview', { query: { sessionId: first.id } });
    expect(textsOf(preview.body.openTodos)).toEqual(['Rotate the token.', 'Tidy the logs.']);
    expect(await handovers()).toEqual([]);

    const ended = await end(first.id, 'The pipeline has moved.');
    expect(ended.status).toBe(200);
    expect(ended.body.session).toMatchObject({ id: first.id, state: 'ended', summary: 'The pipeline has moved.' });
    const { handover } = ended.body;
    expect(handover).toMatchObject({
      project,
      sessionId: first.id,
      reason: 'end',
      summary: 'The pipeline has moved.',
      openTodos: [
        { entryId: urgent.id, text: 'Rotate the token.', priority: 'critical' },
        { entryId: low.id, text: 'Tidy the logs.', priority: 'low' },
      ],
      errors: [],
      nextSteps: ['Rotate the token.', 'Tidy the logs.', 'Find out: Who owns the token?'],
      statistics: {
        entries: { progress: 2, decision: 1, error: 1, insight: 1, todo: 3, question: 1 },
        contexts: 2,
      },
      acknowledgedAt: null,
    });
    expect(textsOf(handover.workDone)).toEqual([
      'Moved the pipeline to the new runner.',
      'The old runner and the full cache are gone.',
    ]);
    expect(textsOf(handover.decisions)).toEqual(['The runner stays on Linux.']);
    expect(textsOf(handover.questions)).toEqual(['Who owns the token?']);
    expect(textsOf(handover.insights)).toEqual(['The runner is twice as fast.']);
    const idsUsed = handover.contextsUsed.map(({ id }: { id: string }) => id);
    expect(new Set(idsUsed)).toEqual(new Set([rule.id, notes.id]));

    // Ending again is the same answer: the first summary stands, and there is no second handover.
    expect((await end(first.id, 'Something else.')).body).toEqual(ended.body);
    expect(await handovers()).toEqual([handover]);
    expect((await server.api.get(`/v1/handovers/${handover.id}`)).body).toEqual(handover);
    expect(await latest()).toEqual(handover);

    const second = await start({ client: 'agent 2' });
    expect(second.wakeUp).toEqual({
      handover,
      contexts: [
        {
          id: rule.id,
          label: 'rules/deploy',
          version: 1,
          preview: 'NEVER deploy on a Friday.',
          supersededBy: null,
          validTo: null,
        },
      ],
      todos: [
        expect.objectContaining({ id: urgent.id, text: 'Rotate the token.', priority: 'critical' }),
        expect.objectContaining({ id: low.id, text: 'Tidy the logs.', priority: 'low' }),
      ],
      counts: { contexts: 2, alwaysCheck: 1, openTodos: 2, sessions: 2, handovers: 1 },
    });
    const taken = await server.api.post(`/v1/handovers/${handover.id}/acknowledge`, { sessionId: second.id });
    expect(taken.body).toMatchObject({ acknowledgedSessionId: second.id, acknowledgedBy: expect.any(String) });
    // A todo of the first session, done by the second, is open nowhere.
    await write(second.id, 'progress', 'Rotated.', { resolves: [urgent.id] });
    expect(textsOf((await start()).wakeUp.todos)).toEqual(['Tidy the logs.']);
    expect((await server.api.get(`/v1/projects/${project}`)).body.counts).toMatchObject({
      contexts: 2,
      handovers: 1,
      openTodos: 1,
      sessions: 3,
    });
  });

  it('shows at most ten always_check contexts, the newest, and reports how many there are', async () => {
    for (let index = 0; index < 12; index++) await store(`rule-${index}`, `Rule ${index}: ALWAYS look twice.`);
    const { wakeUp } = await start();
    expect(wakeUp.contexts.map(({ label }: { label: string }) => label)).toEqual(
      Array.from({ length: 10 }, (_, index) => `rule-${11 - index}`),
    );
    expect(wakeUp.counts).toMatchObject({ contexts: 12, alwaysCheck: 12 });
  });

  it('T16 two clients with one key and one user agent have a session each, and nothing of theirs mixes', async () => {
    const projects = [newProject(), newProject()] as const;
    const turns = outside || ARE_TABLES_WHOLE ? 5 : 2;
    const clients = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const { id } = await start({ project: projects[index % 2], client: 'the same agent' });
        return { id, project: projects[index % 2], index };
      }),
    );
    expect(new Set(clients.map(({ id }) => id)).size).toBe(8);
    await Promise.all(
      clients.flatMap(({ id, project: of, index }) =>
        Array.from({ length: turns }, async (_, turn) => {
          await write(id, 'progress', `line ${turn} of client ${index}`);
          const label = `note ${index}/${turn}`;
          const { body } = await server.api.post('/v1/contexts', { project: of, label, content: label, sessionId: id });
          expect(body).toMatchObject({ project: of, sessionId: id });
          expect(await session(id)).toMatchObject({ id, project: of, state: 'active' });
        }),
      ),
    );
    await Promise.all(
      clients.map(async ({ id, project: of, index }) => {
        const { handover } = (await end(id)).body;
        const lines = Array.from({ length: turns }, (_, turn) => `line ${turn} of client ${index}`);
        expect(textsOf(handover.workDone).toSorted()).toEqual(lines);
        expect(handover).toMatchObject({ project: of, sessionId: id, statistics: { contexts: turns } });
      }),
    );
    for (const of of projects) {
      const { body } = await server.api.get('/v1/contexts', { query: { project: of, limit: 100 } });
      expect(body.items).toHaveLength(4 * turns);
    }
  });

  it('writes a log that can be filtered and paged, each line once', async () => {
    const { id } = await start();
    const kinds = ['progress', 'decision', 'error', 'todo', 'question', 'insight'];
    for (let index = 0; index < 12; index++) await write(id, kinds[index % 6]!, `line ${index}`);
    const list = (query: object) => server.api.get(`/v1/sessions/${id}/entries`, { query: { ...query } });
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await list({ limit: 5, cursor });
      paged.push(...textsOf(body.items));
      cursor = body.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(paged).toEqual(Array.from({ length: 12 }, (_, index) => `line ${index}`));
    expect(textsOf((await list({ kind: 'decision' })).body.items)).toEqual(['line 1', 'line 7']);
    expect((await list({ open: true })).body.items).toHaveLength(6);
    const { nextCursor } = (await list({ limit: 1 })).body;
    const other = await start();
    const foreign = await server.api.get(`/v1/sessions/${other.id}/entries`, { query: { cursor: nextCursor } });
    expect(foreign).toMatchObject({ status: 400, body: { code: 'invalid-cursor' } });
    expect((await list({ limit: 1, kind: 'todo', cursor: nextCursor })).status).toBe(400);
  });

  it('works in another project after a switch, and leaves what it did where it did it', async () => {
    const { id } = await start();
    await write(id, 'progress', 'Here.');
    const other = newProject();
    const switched = await server.api.patch(`/v1/sessions/${id}`, { project: other });
    expect(switched.body).toMatchObject({ id, project: other, state: 'active' });
    await write(id, 'progress', 'There.');
    expect(await handovers()).toMatchObject([{ reason: 'switch', workDone: [{ text: 'Here.' }] }]);
    await end(id);
    expect(await handovers({ project: other })).toMatchObject([{ reason: 'end', workDone: [{ text: 'There.' }] }]);
    expect(await handovers()).toHaveLength(1);
  });

  it('takes a change on the state it was based on, or on any, and refuses a lost update', async () => {
    const { id } = await start();
    const read = await server.api.get(`/v1/sessions/${id}`);
    const tag = read.headers.get('etag')!;
    const patch = (summary: string, ifMatch?: string) =>
      server.api.patch(`/v1/sessions/${id}`, { summary }, { headers: ifMatch ? { 'if-match': ifMatch } : {} });
    const one = await patch('one', tag);
    expect(one.status).toBe(200);
    expect((await patch('lost', tag)).status).toBe(412);
    expect((await patch('two', one.headers.get('etag')!)).status).toBe(200);
    expect((await patch('three')).status).toBe(200);
    expect((await patch('four', '*')).status).toBe(200);
    const lost = await server.api.post(`/v1/sessions/${id}/end`, {}, { headers: { 'if-match': tag } });
    expect(lost.status).toBe(412);
    expect(await session(id)).toMatchObject({ summary: 'four', state: 'active' });
  });

  it('T18 an ended session takes nothing more and never comes back', async () => {
    const { id } = await start();
    const late = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? server.api.post(`/v1/sessions/${id}/heartbeat`)
        : server.api.post(`/v1/sessions/${id}/entries`, { kind: 'progress', text: `line ${index}` }),
    );
    const [ended, ...answers] = await Promise.all([end(id, 'Done.'), ...late]);
    expect(ended.status).toBe(200);
    for (const { status } of answers) expect([200, 201, 409]).toContain(status);
    const taken = answers.filter(({ status }) => status === 201).map(({ body }) => body.text);
    const { handover } = (await end(id)).body;
    expect(new Set(textsOf(handover.workDone))).toEqual(new Set(taken));
    expect(handover.workDone).toHaveLength(taken.length);

    const refused = { status: 409, body: { code: 'session-ended' } };
    expect(await server.api.post(`/v1/sessions/${id}/heartbeat`)).toMatchObject(refused);
    expect(await server.api.patch(`/v1/sessions/${id}`, { summary: 'again' })).toMatchObject(refused);
    expect(await server.api.post(`/v1/sessions/${id}/entries`, { kind: 'todo', text: 'x' })).toMatchObject(refused);
    const stored = await server.api.post('/v1/contexts', { project, label: 'l', content: 'x', sessionId: id });
    expect(stored).toMatchObject({ ...refused, body: { errors: [{ pointer: '/sessionId' }] } });
    expect(await session(id)).toMatchObject({ state: 'ended', summary: 'Done.' });
    expect(await handovers()).toHaveLength(1);
  });

  it('T18 T42 everything of a deleted project is gone at once, and nothing brings it back', async () => {
    const { id: ended } = await start();
    await write(ended, 'progress', 'Fed the walrus.');
    const { handover } = (await end(ended)).body;
    const { id } = await start();
    const todo = await write(id, 'todo', 'Wash the walrus.');
    const { id: contextId } = await store('walrus', 'You must never tease the walrus.', { sessionId: id });
    await server.api.put(`/v1/retention/${project}`, { archiveAfterDays: 30 });
    expect(await found('walrus')).toHaveLength(3);
    const heartbeats = Array.from({ length: 5 }, () => server.api.post(`/v1/sessions/${id}/heartbeat`));
    const { status, body } = await server.api.del(`/v1/projects/${project}`, { query: { confirm: project } });
    expect([status, body]).toEqual([
      200,
      {
        slug: project,
        deleted: {
          agentStates: 0,
          checkpoints: 0,
          conversations: 0,
          contexts: 1,
          handovers: 1,
          openTodos: 1,
          sessions: 2,
        },
      },
    ]);
    await Promise.all(heartbeats);

    const gone = [
      ...[ended, id].flatMap((one) => [`/v1/sessions/${one}`, `/v1/sessions/${one}/entries`]),
      `/v1/handovers/${handover.id}`,
      `/v1/handovers/preview?sessionId=${id}`,
      ...['', '/versions', '/diff', '/preview'].map((path) => `/v1/contexts/${contextId}${path}`),
      `/v1/projects/${project}/contexts/walrus`,
    ];
    for (const path of gone) expect([path, (await server.api.get(path)).status]).toEqual([path, 404]);
    for (const query of [{}, { live: false }]) expect(await found('walrus', query)).toEqual([]);
    expect(await handovers()).toEqual([]);
    expect(await latest()).toBeNull();
    const recalled = await server.api.post('/v1/contexts/recall', { ids: [contextId] });
    expect(recalled.body).toMatchObject({ items: [], missing: [contextId] });
    const policy = await server.api.get(`/v1/retention/${project}`);
    expect(policy.body).toMatchObject({ archiveAfterDays: null, updatedAt: null });
    const overview = await server.api.get(`/v1/projects/${project}/overview`);
    expect(overview.body).toMatchObject({ counts: { labels: 0, versions: 0 }, tree: { nodes: [] } });

    for (const path of ['heartbeat', 'end', 'entries']) {
      const order = path === 'entries' ? { kind: 'progress', text: 'x', resolves: [todo.id] } : {};
      expect((await server.api.post(`/v1/sessions/${id}/${path}`, order)).status).toBe(404);
    }
    expect((await start()).wakeUp).toMatchObject({ handover: null, contexts: [], todos: [] });
  });

  describe('that time passes for', () => {
    let idle: any;
    let kept: any;
    let over: any;
    let beaten: any;
    /** Before time passed: what was found of the idle one, and answers to heartbeats of the last one. */
    let early: any;
    let beats: readonly { status: number; body: any }[];

    /** All of them are aged while the server is stopped once. */
    beforeAll(async () => {
      const begin = async () => {
        project = newProject();
        return start();
      };
      idle = await begin();
      await write(idle.id, 'progress', 'Painted the bikeshed.');
      await write(idle.id, 'todo', 'Let it dry.');
      early = await found('bikeshed', { live: false });
      kept = await begin();
      over = await begin();
      beaten = await begin();
      const beat = () => server.api.post(`/v1/sessions/${beaten.id}/heartbeat`);
      beats = await Promise.all(Array.from({ length: 10 }, beat));
      const minutes = { [idle.id]: 121, [kept.id]: 23 * 60, [over.id]: 24 * 60 + 1, [beaten.id]: 1 };
      await ageSessions(server, database?.url, minutes);
    }, 120_000);

    it('T17 an idle one makes exactly one handover though its client never returns', async () => {
      expect(early).toEqual([]);
      ({ project } = idle);
      const { id } = idle;
      const handover = await eventually(async () => (await latest()) ?? undefined, {
        timeoutMs: 30_000,
        everyMs: 100,
        what: 'the handover of the idle session',
      });
      expect(handover).toMatchObject({
        sessionId: id,
        reason: 'idle',
        workDone: [{ text: 'Painted the bikeshed.' }],
        openTodos: [{ text: 'Let it dry.' }],
      });
      expect(await session(id)).toMatchObject({ state: 'idle', endedAt: null });
      expect((await server.api.get(`/v1/handovers/${handover.id}`)).body).toEqual(handover);
      // What the session wrote is handed over from now on.
      expect(await found('bikeshed', { live: false })).toMatchObject([
        { kind: 'entry', snippet: 'Painted the bikeshed.' },
      ]);
      // The sweeps that follow leave it at that one.
      const sweeps = async () =>
        (
          await server.api.get('/v1/jobs', {
            query: { all: true, name: 'session-sweep', state: 'completed', limit: 100 },
          })
        ).body.items.length;
      const before = await sweeps();
      await eventually(async () => (await sweeps()) >= before + 2, {
        timeoutMs: 60_000,
        everyMs: 250,
        what: 'two more sweeps',
      });
      expect(await handovers()).toEqual([handover]);

      // Its client comes back after all: the same handover is made again.
      await write(id, 'progress', 'Painted it again.');
      expect(await session(id)).toMatchObject({ state: 'active' });
      const ended = (await end(id)).body.handover;
      expect(ended).toMatchObject({ id: handover.id, reason: 'end' });
      expect(textsOf(ended.workDone)).toEqual(['Painted the bikeshed.', 'Painted it again.']);
      expect(await handovers()).toEqual([ended]);
    }, 120_000);

    it('is kept alive by an activity until 24 hours are over, and expires then', async () => {
      expect(await session(kept.id)).toMatchObject({ state: 'idle' });
      const beat = await server.api.post(`/v1/sessions/${kept.id}/heartbeat`);
      expect(beat.body).toMatchObject({ id: kept.id, state: 'active' });
      expect(Date.parse(beat.body.expiresAt)).toBeGreaterThanOrEqual(Date.parse(kept.expiresAt));

      ({ project } = over);
      expect(await session(over.id)).toMatchObject({ state: 'expired' });
      expect(await server.api.post(`/v1/sessions/${over.id}/heartbeat`)).toMatchObject({
        status: 409,
        body: { code: 'session-expired' },
      });
      const listed = async (state: string) =>
        (await server.api.get('/v1/sessions', { query: { project, state } })).body.items.map((one: any) => one.id);
      expect(await listed('expired')).toEqual([over.id]);
      expect(await listed('active')).toEqual([]);
      await eventually(async () => (await handovers()).length === 1, {
        timeoutMs: 30_000,
        everyMs: 100,
        what: 'its handover',
      });
    }, 120_000);

    it('writes activity at most once a minute, and says when it was', async () => {
      for (const { status, body } of beats) expect([status, body.lastActiveAt]).toEqual([200, beaten.lastActiveAt]);
      const { body } = await server.api.post(`/v1/sessions/${beaten.id}/heartbeat`);
      expect(Date.parse(body.lastActiveAt)).toBeGreaterThan(Date.parse(beaten.lastActiveAt));
    }, 120_000);
  });

  it('T1 finds what open sessions write with the answer to it, and leaves it out until they end where live=false asks for that', async () => {
    await store('zoo', 'The zoo has an otter.');
    const { id } = await start();
    const entry = await write(id, 'insight', 'The otter sleeps at noon.');
    const all = await found('otter');
    expect(all.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['context', 'entry']);
    expect(await found('otter', { live: false })).toMatchObject([{ kind: 'context' }]);
    for (const query of [{}, { live: true }, { session: id }, { kinds: 'entry' }])
      expect(await found('noon', query)).toMatchObject([
        { kind: 'entry', id: entry.id, snippet: 'The otter sleeps at noon.' },
      ]);
    expect(await found('noon', { session: UNKNOWN_ID })).toEqual([]);
    expect(await found('noom')).toMatchObject([{ id: entry.id, weak: true }]);
    await end(id);
    for (const query of [{}, { live: true }, { live: false }])
      expect(await found('noon', query)).toMatchObject([{ id: entry.id }]);
  });

  it('T21 lists every session once, newest first, and refuses the cursor of another list', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) ids.unshift((await start()).id);
    const list = (query: object) => server.api.get('/v1/sessions', { query: { project, limit: 3, ...query } });
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await list({ cursor });
      paged.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor ?? undefined;
      // One that starts meanwhile is newer than every page to come.
      if (paged.length === 3) await start();
    } while (cursor !== undefined);
    expect(paged).toEqual(ids);
    const { nextCursor } = (await list({})).body;
    for (const query of [{ project: newProject() }, { state: 'active' }]) {
      expect(await list({ ...query, cursor: nextCursor })).toMatchObject({
        status: 400,
        body: { code: 'invalid-cursor' },
      });
    }
  });

  it('takes null for absent where a session may be named, and no body where nothing is needed', async () => {
    const begun = await server.api.post('/v1/sessions');
    expect([begun.status, begun.body.project]).toEqual([201, 'default']);
    const { id } = begun.body;
    const stored = await store('l', 'You must.', { sessionId: null, priority: null });
    expect(stored).toMatchObject({ sessionId: null, priority: 'always_check', priorityDetected: true });
    const recalled = await server.api.post('/v1/contexts/recall', { project, labels: ['l'], sessionId: null });
    expect(recalled.body.items).toHaveLength(1);
    const made = await server.api.post('/v1/handovers', { project, sessionId: null, summary: null });
    expect([made.status, made.body.sessionId]).toEqual([201, null]);
    const taken = await server.api.post(`/v1/handovers/${made.body.id}/acknowledge`, { sessionId: null });
    expect(taken).toMatchObject({ status: 200, body: { acknowledgedSessionId: null } });
    expect((await server.api.post(`/v1/sessions/${id}/heartbeat`)).status).toBe(200);
    expect(await server.api.post(`/v1/sessions/${id}/end`, { summary: null })).toMatchObject({
      status: 200,
      body: { session: { summary: null } },
    });
  });

  it('answers with nothing for a project that nobody wrote to, and does not make it', async () => {
    expect((await server.api.get('/v1/sessions', { query: { project } })).body).toEqual({
      items: [],
      nextCursor: null,
    });
    expect(await latest()).toBeNull();
    expect(await handovers()).toEqual([]);
    expect((await server.api.get(`/v1/projects/${project}`)).body).toMatchObject({ id: null });
    for (const path of ['', '/entries']) {
      expect((await server.api.get(`/v1/sessions/${UNKNOWN_ID}${path}`)).status).toBe(404);
    }
  });
});
