import { randomUUID } from 'node:crypto';
import { api, type Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { withoutTables } from '#test/support/without-tables.js';
import { cachedCalls, type Memory, rememberAgent, rememberUser } from './caching/cached-calls.js';
import { CachingFixture, PLACES } from './caching/caching-places.js';

const KEY = 'ks_cached_reads_e2e_0123456789abcdef0123456789';

/** How often one round of all cached calls reads the newest version: overviews show no other. */
const READS_OF_LATEST = 6;

let count = 0;

/** Of the whole workspace. */
const isWide = (name: string) => ['GET /v1/projects', 'GET /v1/handovers', 'GET /v1/conversations'].includes(name);

describe.each(PLACES)('cached reads, %s', (_name, place) => {
  let fixture: CachingFixture;
  /** Where tests write, and where they read. */
  let here: Keepsake;
  let there: Keepsake;
  let mine: Workspace;
  let theirs: Workspace;

  interface Workspace {
    readonly slug: string;
    /** Keys of two principals. */
    readonly keys: readonly [string, string];
  }

  beforeAll(async () => {
    fixture = await CachingFixture.at(place, {
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      WORKER_ENABLED: 'false',
    });
    ({ here, there } = fixture);
    mine = await newWorkspace('mine');
    theirs = await newWorkspace('theirs');
  }, 180_000);

  afterAll(() => fixture.remove(), 120_000);

  async function newWorkspace(slug: string): Promise<Workspace> {
    await created(here.api.post('/v1/workspaces', { slug }));
    const key = async (name: string): Promise<string> => {
      const body = { name, scopes: ['memory:read', 'memory:write', 'admin'] };
      return (await created(here.api.post('/v1/keys', body, { headers: { 'x-keepsake-workspace': slug } }))).key;
    };
    const workspace: Workspace = { slug, keys: [await key('first'), await key('second')] };
    // The first one to list projects makes the default one.
    await as(here, workspace).get('/v1/projects');
    return workspace;
  }

  async function created(answer: Promise<{ status: number; body: any }>): Promise<any> {
    const { status, body } = await answer;
    if (status !== 201) throw new Error(`expected 201, got ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  const as = (server: Keepsake, { keys }: Workspace, principal: 0 | 1 = 0): Api => api(server.url, keys[principal]);

  /** A project with one of everything that is read. */
  async function remember(workspace: Workspace): Promise<Memory> {
    const writer = as(here, workspace);
    const project = `p${++count}`;
    const marker = `marker-${workspace.slug}`;
    const ended = await created(writer.post('/v1/sessions', { project, client: marker }));
    const { body: end } = await writer.post(`/v1/sessions/${ended.id}/end`, { summary: `ended ${marker}` });
    const session = await created(writer.post('/v1/sessions', { project, client: marker }));
    await created(writer.post(`/v1/sessions/${session.id}/entries`, { kind: 'todo', text: `todo ${marker}` }));
    // Problems quote labels, so no label says whose it is.
    const label = 'a label/of: ours';
    const store = (content: string) => created(writer.post('/v1/contexts', { project, label, content }));
    const one = await store(`# One\n\nAlways remember ${marker}.`);
    const two = await store(`# Two\n\nAlways remember ${marker}, twice.`);
    const { id: conversation } = await created(writer.post('/v1/conversations', { project, user: marker }));
    const messages = ['one', 'two'].map((content) => ({ role: 'user', content: `${content} ${marker}` }));
    const { items } = await created(writer.post(`/v1/conversations/${conversation}/messages`, { messages }));
    const agent = await rememberAgent(writer, project, { note: marker });
    const user = await rememberUser(writer, project, { note: marker });
    return {
      project,
      session: session.id,
      label,
      contexts: [one.id, two.id],
      handover: end.handover.id,
      conversation,
      message: items[1].id,
      ...agent,
      ...user,
    };
  }

  async function answersOf(memory: Memory, reader: Api): Promise<Map<string, { status: number; body: unknown }>> {
    const answers = new Map<string, { status: number; body: unknown }>();
    for (const { name, call } of cachedCalls(memory)) {
      const { status, body } = await call(reader);
      answers.set(name, { status, body });
    }
    return answers;
  }

  it('T1 T12 T24 says of each answer where it came from: the first time from the source, then from the cache', async () => {
    const memory = await remember(mine);
    for (const { name, path = '', call, keepsResponse } of cachedCalls(memory)) {
      if (!keepsResponse || isWide(name)) continue;
      const [first, second] = [await call(as(here, mine)), await call(as(there, mine))];
      // Bytes are the same for everybody who may ask.
      const another = await call(as(there, mine, 1));
      const shown = [first, second, another].map(({ status, headers }) => [status, headers.get('cache-status')]);
      const [miss, hit] = ['keepsake; fwd=miss', 'keepsake; hit'];
      expect([name, ...shown]).toEqual([name, [200, miss], [200, hit], [200, hit]]);
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('cache-control')).toBe('private, no-cache');
      // Counted reads may be written down in between, which changes an overview.
      await eventually(
        async () => {
          const etag = (await call(as(there, mine))).headers.get('etag')!;
          return (await as(there, mine).get(path, { headers: { 'if-none-match': etag } })).status === 304;
        },
        { what: `304 of ${name}` },
      );
    }
  });

  it('says Cache-Status of every read that goes through the cache: sessions, entries, recalls and checks too', async () => {
    const memory = await remember(mine);
    for (const { name, call, keepsResponse } of cachedCalls(memory)) {
      if (keepsResponse) continue;
      const statusOf = async (server: Keepsake) => (await call(as(server, mine))).headers.get('cache-status');
      const hit = /^keepsake; hit; ttl=\d+$/;
      await eventually(async () => hit.test((await statusOf(here)) ?? ''), { what: `a hit of ${name}` });
      expect([name, await statusOf(there)]).toEqual([name, expect.stringMatching(hit)]);
    }
    const list = await as(here, mine).get('/v1/sessions', { query: { project: memory.project, state: 'active' } });
    // What changes by time alone is not cached, though the project is.
    expect(list.headers.get('cache-status')).toBe('keepsake; fwd=bypass');
    const { label, project } = memory;
    const write = await as(here, mine).post('/v1/contexts', { project, label, content: '# Three' });
    expect(write.headers.has('cache-status')).toBe(false);
    const recalled = await as(there, mine).post('/v1/contexts/recall', { project, labels: [label] });
    expect(recalled.headers.get('cache-status')).toBe('keepsake; fwd=miss');
  });

  /** Counts of reads change the overview when they are written down, some seconds later. */
  async function readsCounted({ project }: Memory): Promise<void> {
    await eventually(
      async () => {
        const { body } = await as(here, mine).get(`/v1/projects/${project}/overview`);
        const uses = body.mostUsed as readonly { accessCount: number }[];
        return uses.reduce((sum, { accessCount }) => sum + accessCount, 0) === READS_OF_LATEST;
      },
      { timeoutMs: 20_000, what: 'the reads to be counted' },
    );
  }

  it('T1 sends no statement the second time, counted by request: on any process, and for another principal', async () => {
    const memory = await remember(mine);
    // What reads count falls last: the reads that follow are counted too.
    const calls = cachedCalls(memory).toSorted(
      (a, b) => Number(/overview/.test(b.name)) - Number(/overview/.test(a.name)),
    );
    const sentFor = async (call: (typeof calls)[number], reader: Api) => {
      const id = randomUUID();
      expect((await call.call(reader, { 'x-request-id': id })).status).toBe(200);
      return fixture.statements.statementsOf(id);
    };
    const first = new Map<string, number>();
    for (const call of calls) first.set(call.name, (await sentFor(call, as(here, mine))).length);
    // The count can fail: what is read for the first time asks.
    for (const name of [
      `GET /v1/projects/${memory.project}/overview`,
      'GET /v1/contexts/:first',
      'POST /v1/contexts/check',
    ])
      expect([name, (first.get(name) ?? 0) > 0]).toEqual([name, true]);
    await readsCounted(memory);
    const readers = ([0, 1] as const).map((principal) => as(there, mine, principal));
    // Known to the other process already.
    for (const reader of readers) await reader.get('/v1/contexts?project=nothing');
    for (const call of calls) {
      for (const reader of readers) expect([call.name, await sentFor(call, reader)]).toEqual([call.name, []]);
    }
  });

  it('T1 wakes up again without asking for the handover and what is always to be checked', async () => {
    const { project } = await remember(mine);
    const sentFor = async () => {
      const id = randomUUID();
      await created(as(there, mine).post('/v1/sessions', { project }, { headers: { 'x-request-id': id } }));
      // Warming goes on behind the answer, and counts what a project holds: the start of a session has changed that.
      return (await fixture.statements.statementsOf(id)).filter(
        (sql) => /\bFROM (?:handovers|contexts)\b/i.test(sql) && !/count\(/i.test(sql),
      );
    };
    await sentFor();
    expect(await sentFor()).toEqual([]);
    // The count can fail: an invalidated wake-up is read again.
    const left = await created(as(here, mine).post('/v1/handovers', { project, summary: 'left' }));
    const { wakeUp } = await created(as(there, mine).post('/v1/sessions', { project }));
    expect(wakeUp.handover.id).toBe(left.id);
  });

  if (place.database) {
    it('T1 asks the database nothing the second time: on any process, and for another principal', async () => {
      const memory = await remember(mine);
      const before = await answersOf(memory, as(here, mine));
      await readsCounted(memory);
      const overview = `/v1/projects/${memory.project}/overview`;
      const { status: overviewStatus, body: counted } = await as(here, mine).get(overview);
      before.set(`GET ${overview}`, { status: overviewStatus, body: counted });
      // Known to the other process already; and nothing of this workspace was asked by this principal.
      await as(there, mine, 1).get('/v1/contexts?project=nothing');
      await as(there, mine).get('/v1/contexts?project=nothing');
      const { same, other } = await withoutTables(fixture.database!.url, async () => ({
        same: await answersOf(memory, as(there, mine)),
        other: await answersOf(memory, as(there, mine, 1)),
      }));
      expect([...same]).toEqual([...before]);
      expect([...other]).toEqual([...before]);
      expect([...before.values()].map(({ status }) => status)).toEqual([...before].map(() => 200));
    });

    it('the check can fail: what was never read can not be answered', async () => {
      const memory = await remember(mine);
      await as(there, mine).get('/v1/contexts?project=nothing');
      const answers = await withoutTables(fixture.database!.url, () => answersOf(memory, as(there, mine)));
      const answered = [...answers].filter(([, { status }]) => status === 200).map(([name]) => name);
      // The last start of a session has warmed what a session reads, and no write has changed it since.
      expect(answered.filter((name) => /contexts|overview|projects/.test(name))).toEqual([]);
    });

    it('T1 warms what a session is going to read when it starts', async () => {
      const { project } = await remember(mine);
      await eventually(
        async () => {
          const { id } = await created(as(here, mine).post('/v1/sessions', { project, client: 'c' }));
          // Warming runs beside these; what it meets while the tables are away stays cold, and the next start tries again.
          for (let n = 0; n < 10; n++) await as(there, mine).get('/v1/contexts?project=nothing');
          const warm = [
            `/v1/sessions/${id}`,
            `/v1/sessions/${id}/entries`,
            `/v1/contexts?project=${project}`,
            `/v1/handovers/latest?project=${project}`,
          ];
          const answers = await withoutTables(fixture.database!.url, () =>
            Promise.all(warm.map((path) => as(there, mine).get(path))),
          );
          return answers.every(({ status }) => status === 200);
        },
        { timeoutMs: 20_000, what: 'everything to be warm' },
      );
    });
  }

  it('T12 gives nothing of one workspace to another, nor from one project to the next', async () => {
    const [ours, others] = [await remember(mine), await remember(theirs)];
    for (const principal of [0, 1] as const) {
      await answersOf(ours, as(here, mine, principal));
      await answersOf(others, as(here, theirs, principal));
    }
    const stolen = await answersOf(ours, as(there, theirs));
    for (const [name, { status, body }] of stolen) {
      const isLeak = status === 200 ? JSON.stringify(body).includes('marker-mine') : status !== 404;
      expect([name, isLeak]).toEqual([name, false]);
      if (name.includes(':')) expect([name, status]).toEqual([name, 404]);
    }
    const empty = { project: 'somewhere-else', labels: [ours.label] };
    expect((await as(there, mine).post('/v1/contexts/recall', empty)).body.items).toEqual([]);
    const elsewhere = { project: 'somewhere-else', ids: ours.contexts };
    expect((await as(there, mine).post('/v1/contexts/recall', elsewhere)).body.items).toEqual([]);
    const missing = `/v1/projects/somewhere-else/contexts/${encodeURIComponent(ours.label)}`;
    expect((await as(there, mine).get(missing)).status).toBe(404);
  });

  it('T2 T6 shows every write to the next read, in another process, whatever it was that was read', async () => {
    const memory = await remember(mine);
    const { project, label, session } = memory;
    const [first, second] = memory.contexts;
    const writer = as(here, mine);
    const reader = as(there, mine);
    const labelPath = `/v1/projects/${project}/contexts/${encodeURIComponent(label)}`;
    const read = async (path: string) => (await reader.get(path)).body;
    /** Everything is in the cache before the write, of both principals. */
    const afterWriting = async (write: () => Promise<{ status: number; body: any }>) => {
      await answersOf(memory, reader);
      await answersOf(memory, as(there, mine, 1));
      const { status, body } = await write();
      expect(status).toBeLessThan(300);
      return body;
    };

    await read(`/v1/contexts/${second.toUpperCase()}`);
    await afterWriting(() => writer.patch(`/v1/contexts/${second.toUpperCase()}`, { tags: ['new'] }));
    expect((await read(`/v1/contexts/${second}`)).tags).toEqual(['new']);
    expect((await read(`/v1/contexts/${second.toUpperCase()}`)).tags).toEqual(['new']);
    expect((await read(labelPath)).tags).toEqual(['new']);
    expect((await read(`${labelPath}?version=2`)).tags).toEqual(['new']);
    expect((await read(`/v1/contexts?project=${project}`)).items[0].tags).toEqual(['new']);
    expect((await read(`/v1/contexts/${first}/versions`)).items[0].tags).toEqual(['new']);
    const recalled = await reader.post('/v1/contexts/recall', { project, labels: [label] });
    expect(recalled.body.items[0].tags).toEqual(['new']);

    const search = `/v1/search?project=${project}&q=third`;
    const check = async () => (await reader.post('/v1/contexts/check', { project, text: 'the third' })).body.contexts;
    expect((await read(search)).items).toEqual([]);
    expect((await check())[0].why).toEqual([{ kind: 'always-check' }]);
    const third = await afterWriting(() => writer.post('/v1/contexts', { project, label, content: 'The third text.' }));
    expect((await read(search)).items[0].id).toBe(third.id);
    expect((await check())[0]).toMatchObject({ id: third.id, why: [{ kind: 'words', words: ['third'] }] });
    expect((await read(labelPath)).id).toBe(third.id);
    expect((await read(`/v1/contexts/${first}/versions`)).items).toHaveLength(3);
    expect((await read(`/v1/contexts?project=${project}`)).items[0].id).toBe(third.id);
    expect((await read(`/v1/projects/${project}/overview`)).counts.versions).toBe(3);
    expect((await reader.post('/v1/contexts/recall', { project, labels: [label] })).body.items[0].id).toBe(third.id);

    const batch = { project, items: [{ label: 'another', content: 'Another text.' }] };
    await afterWriting(() => writer.post('/v1/contexts/batch', batch));
    expect((await read(`/v1/projects/${project}`)).counts.contexts).toBe(2);

    await afterWriting(() => writer.post(`/v1/contexts/${third.id}/archive`, { reason: 'old', force: true }));
    expect((await read(labelPath)).id).toBe(second);
    expect((await read(`/v1/contexts/${third.id}`)).archiveReason).toBe('old');
    await afterWriting(() => writer.post(`/v1/contexts/${third.id}/restore`));
    expect((await read(labelPath)).id).toBe(third.id);
    expect((await read(`/v1/contexts/${third.id}`)).archivedAt).toBeNull();

    await afterWriting(() => writer.patch(`/v1/sessions/${session}`, { summary: 'changed' }));
    expect((await read(`/v1/sessions/${session}`)).summary).toBe('changed');
    expect((await read(`/v1/sessions?project=${project}`)).items[0].summary).toBe('changed');

    const { items } = await read(`/v1/sessions/${session}/entries`);
    const entry = { kind: 'progress', text: 'done', resolves: [items[0].id.toUpperCase()] };
    await afterWriting(() => writer.post(`/v1/sessions/${session}/entries`, entry));
    const log = (await read(`/v1/sessions/${session}/entries`)).items;
    expect(log).toHaveLength(2);
    expect(log[0].resolvedAt).not.toBeNull();
    expect((await read(`/v1/projects/${project}`)).counts.openTodos).toBe(0);

    await afterWriting(() => writer.post(`/v1/handovers/${memory.handover}/acknowledge`, { sessionId: session }));
    expect((await read(`/v1/handovers/${memory.handover}`)).acknowledgedSessionId).toBe(session);
    expect((await read(`/v1/handovers/latest?project=${project}`)).handover.acknowledgedSessionId).toBe(session);
    const byHand = await afterWriting(() => writer.post('/v1/handovers', { project, summary: 'by hand' }));
    expect((await read(`/v1/handovers/latest?project=${project}`)).handover.id).toBe(byHand.id);
    expect((await read(`/v1/handovers?project=${project}`)).items[0].id).toBe(byHand.id);
    expect((await read('/v1/handovers')).items[0].id).toBe(byHand.id);

    const ended = await afterWriting(() => writer.post(`/v1/sessions/${session}/end`));
    expect((await read(`/v1/sessions/${session}`)).state).toBe('ended');
    expect((await read(`/v1/sessions?project=${project}`)).items[0].state).toBe('ended');
    expect((await read(`/v1/handovers/latest?project=${project}`)).handover.id).toBe(ended.handover.id);
    expect((await reader.post(`/v1/sessions/${session}/heartbeat`)).status).toBe(409);
    // Some nine hundred requests.
  }, 120_000);

  it('informs the next session of a handover and of what is always to be checked, at once', async () => {
    const { project, label } = await remember(mine);
    const wakeUp = async () => (await created(as(there, mine).post('/v1/sessions', { project }))).wakeUp;
    const first = await wakeUp();
    expect(first.contexts).toMatchObject([{ label, version: 2 }]);
    expect(first.counts).toMatchObject({ contexts: 1, alwaysCheck: 1, openTodos: 1, sessions: 3, handovers: 1 });
    const left = await created(as(here, mine).post('/v1/handovers', { project, summary: 'take over' }));
    expect((await wakeUp()).handover.id).toBe(left.id);
    // No longer to be checked: its newest version does not say so.
    await created(
      as(here, mine).post('/v1/contexts', { project, label, content: 'Plain words.', priority: 'reference' }),
    );
    const last = await wakeUp();
    expect(last.contexts).toEqual([]);
    expect(last.counts).toMatchObject({ contexts: 1, alwaysCheck: 0, sessions: 5, handovers: 2 });
  });

  it('T42 T18 has nothing of a deleted project left in any cache, and does not bring its session back', async () => {
    const memory = await remember(mine);
    const { project } = memory;
    for (const principal of [0, 1] as const) await answersOf(memory, as(there, mine, principal));
    const late = cachedCalls(memory).map(({ call }) => call(as(there, mine)));
    expect((await as(here, mine).del(`/v1/projects/${project}`, { query: { confirm: project } })).status).toBe(200);
    await Promise.all(late);
    for (const principal of [0, 1] as const) {
      for (const [name, { status, body }] of await answersOf(memory, as(there, mine, principal))) {
        // Profiles are of no project.
        if (name.startsWith('GET /v1/users/')) continue;
        const isLeft = status === 200 ? JSON.stringify(body).includes('marker-mine') && !isWide(name) : status !== 404;
        expect([name, isLeft]).toEqual([name, false]);
        if (name.includes(':')) expect([name, status]).toEqual([name, 404]);
        if (isWide(name))
          for (const id of [memory.handover, memory.conversation])
            expect([name, JSON.stringify(body).includes(id)]).toEqual([name, false]);
      }
    }
    expect((await as(there, mine).post(`/v1/sessions/${memory.session}/heartbeat`)).status).toBe(404);
    const again = await created(as(here, mine).post('/v1/contexts', { project, label: memory.label, content: 'new' }));
    expect((await as(there, mine).get(`/v1/contexts?project=${project}`)).body.items).toMatchObject([{ id: again.id }]);
  });

  it('counts reads that the cache answers', async () => {
    const { project, contexts, label } = await remember(mine);
    for (let n = 0; n < 3; n++) await as(there, mine).get(`/v1/contexts/${contexts[1]}`);
    await as(there, mine).get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`);
    await as(there, mine).get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`);
    const usesOf = async () => (await as(here, mine).get(`/v1/projects/${project}/overview`)).body.mostUsed[0];
    await eventually(async () => (await usesOf())?.accessCount === 5, { timeoutMs: 20_000, what: 'five reads' });
  });

  if (place.redis) {
    it('T29 answers rightly with Redis killed in between, and from the cache again when it is back', async () => {
      const memory = await remember(mine);
      const { project, label } = memory;
      await answersOf(memory, as(there, mine));
      await fixture.redis!.kill();
      const away = await answersOf(memory, as(there, mine));
      expect([...away.values()].map(({ status }) => status)).toEqual([...away].map(() => 200));
      const stored = await created(as(here, mine).post('/v1/contexts', { project, label, content: 'While away.' }));
      const labelPath = `/v1/projects/${project}/contexts/${encodeURIComponent(label)}`;
      expect((await as(there, mine).get(labelPath)).body.id).toBe(stored.id);
      await fixture.redis!.start();
      const isHit = async () => (await as(there, mine).get(labelPath)).headers.get('cache-status') === 'keepsake; hit';
      await eventually(isHit, { what: 'a hit' });
      expect((await as(there, mine).get(labelPath)).body.id).toBe(stored.id);
      const back = await answersOf(memory, as(there, mine));
      expect(JSON.stringify([...back])).toContain(stored.id);
    });
  }
});
