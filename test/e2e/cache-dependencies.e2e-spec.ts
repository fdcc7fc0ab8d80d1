import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Api, ApiAnswer } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp } from '#test/support/mcp.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { CacheListener, isPlatformTag, nameOfTag } from './caching/cache-traffic.js';
import { cachedCalls, type Memory, rememberAgent, rememberUser } from './caching/cached-calls.js';
import { CACHED_ROUTES, type Fact, type TagName } from './caching/dependency-table.js';
import { type Given, HARMLESS_CALLS, WRITER_CALLS } from './caching/writer-calls.js';
import {
  COMMANDS,
  FALLS_WITHOUT_CHANGE,
  JOBS,
  START,
  TIME,
  type Writer,
  WRITING_ROUTES,
} from './caching/writer-table.js';

const KEY = `ks_dependencies_${'x'.repeat(32)}`;
/**
 * What answers say of time, and of reads, which are counted while this test reads. Scores of a search are by the statistics of
 * when it was last made again (ADR 87): who asks the source for everything sees those of now. So does what a ranking takes from them.
 */
const OF_TIME =
  /^(requestId|scores?|mostUsed|leastUsed|daysSince\w*|lastAccessedAt|accessCount|recency|frequency|match)$/;
/** Reads are counted in the background all the time: by the reads of this test too. */
const BY_READING: TagName = 'context-usage';
const SCOPES = ['memory:read', 'memory:write', 'embeddings', 'admin', 'operator'];

/** Every writer of the table by the name of its call. */
const WRITERS: Readonly<Record<string, Writer>> = {
  ...WRITING_ROUTES,
  ...named('job', JOBS),
  ...named('command', COMMANDS),
  ...named('start:', START),
  ...named('time:', TIME),
};

function named(kind: string, rows: Readonly<Record<string, object>>): Record<string, Writer> {
  return Object.fromEntries(
    Object.entries(rows).flatMap(([name, row]) => ('fires' in row ? [[`${kind} ${name}`, row as Writer]] : [])),
  );
}

/** A read that the cache answers, or a call whose credential and workspace it knows. */
interface Read {
  readonly name: string;
  readonly shows: readonly Fact[];
  /** Undefined for what no route's row says. */
  readonly route: string | undefined;
  readonly isOfPlatform: boolean;
  /** Whether the cache may answer it right after a write: by what others loaded. */
  readonly sharesParts: boolean;
  readonly call: (api: Api) => Promise<ApiAnswer<any>>;
  readonly shown: (answer: ApiAnswer<any>) => string;
}

const shownBody = ({ status, body }: ApiAnswer<any>): string =>
  `${status} ${JSON.stringify(body, (key, value: unknown) => (OF_TIME.test(key) ? undefined : value))}`;
const shownStatus = ({ status }: ApiAnswer<any>): string => String(status);

describe('what is cached falls with what it depends on, and with nothing else', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let sql: pg.Client;
  let listener: CacheListener;
  /** Where is written, where is read, and one that asks the source for everything. */
  let here: Pick<Keepsake, 'url' | 'key' | 'api'>;
  let there: Api;
  let source: Api;
  const servers: Keepsake[] = [];
  let worker: Promise<unknown> | undefined;
  let env: Record<string, string>;
  let count = 0;
  /** Of each route, the names of what its answers were seen to depend on. */
  const seen = new Map<string, { tags: Set<string>; families: Set<string> }>();
  const pairs = { fresh: 0, kept: 0 };

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      // Processes on a busy machine read their answers late; that is not Redis being unavailable.
      REDIS_SOCKET_TIMEOUT: '5000',
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      EMBEDDING_PROVIDER: 'off',
      LOG_LEVEL: 'error',
    };
    const withoutWorker = { ...env, WORKER_ENABLED: 'false' };
    const writer = await start(withoutWorker);
    const uncached = await start({ ...withoutWorker, CACHE_ENABLED: 'false' });
    listener = await CacheListener.to(redis);
    const reader = await listener.readersAre(() => start(withoutWorker));
    const { body } = await writer.api.post('/v1/keys', { name: 'all', scopes: SCOPES });
    here = { url: writer.url, key: body.key, api: writer.api.as(body.key) };
    [there, source] = [reader.api.as(body.key), uncached.api.as(body.key)];
  }, 180_000);

  afterAll(async () => {
    listener?.close();
    await sql?.end();
    for (const server of servers) await server.remove();
    await redis?.remove();
    await database?.drop();
  }, 120_000);

  async function start(settings: Readonly<Record<string, string>>): Promise<Keepsake> {
    const server = await startKeepsake({ env: settings });
    servers.push(server);
    return server;
  }

  async function made(path: string, body: object): Promise<any> {
    const answer = await here.api.post(path, body);
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A project with one of everything that is read. */
  async function remember(): Promise<Memory> {
    const project = `p${++count}`;
    const ended = await made('/v1/sessions', { project });
    const { handover } = await made(`/v1/sessions/${ended.id}/end`, { summary: 'ended' });
    const session = await made('/v1/sessions', { project });
    await made(`/v1/sessions/${session.id}/entries`, { kind: 'todo', text: 'remember' });
    const label = 'rules/deploy';
    const store = (content: string) =>
      made('/v1/contexts', { project, label, content, priority: 'always_check', sessionId: session.id });
    const one = await store(`# One\n\nAlways remember ${project}.`);
    const two = await store(`# Two\n\nAlways remember ${project}, twice.`);
    const { id: conversation } = await made('/v1/conversations', { project });
    const messages = ['remember one', 'remember two'].map((content) => ({ role: 'user', content }));
    const { items } = await made(`/v1/conversations/${conversation}/messages`, { messages });
    const agent = await rememberAgent(here.api, project);
    const user = await rememberUser(here.api, project);
    return {
      project,
      session: session.id,
      label,
      contexts: [one.id, two.id],
      handover: handover.id,
      conversation,
      message: items[0].id,
      ...agent,
      ...user,
    };
  }

  async function given(): Promise<Given & { readonly keySecret: string }> {
    const key = await made('/v1/keys', { name: `key-${++count}`, scopes: ['memory:read', 'memory:write', 'admin'] });
    return {
      memory: await remember(),
      other: await remember(),
      keyId: key.id,
      keySecret: key.key,
      newSlug: `workspace-${count}`,
      newKey: `ks_new_${randomBytes(24).toString('hex')}`,
      here,
      source,
      sql,
      env,
      startWorker: () => (worker ??= start({ ...env, SESSION_SWEEP_SECONDS: '3600' })),
    };
  }

  function readsOf({ memory, keySecret, newSlug, newKey }: Awaited<ReturnType<typeof given>>): readonly Read[] {
    const known = (name: string, shows: Fact, call: Read['call']): Read => ({
      name,
      shows: [shows],
      route: undefined,
      isOfPlatform: true,
      sharesParts: false,
      call,
      shown: shownStatus,
    });
    return [
      ...cachedCalls(memory, { inSession: true }).map(({ name, route, call }) => ({
        name,
        route,
        call,
        shows: CACHED_ROUTES[route]?.shows ?? [],
        isOfPlatform: false,
        sharesParts: CACHED_ROUTES[route]?.keeps === 'parts',
        shown: shownBody,
      })),
      known('a call with a key', 'keys', (api) => api.as(keySecret).get('/v1/retention')),
      known('a call with a new key', 'keys', (api) => api.as(newKey).get('/v1/retention')),
      known('a call in a workspace', 'workspaces', (api) =>
        api.get('/v1/retention', { headers: { 'x-keepsake-workspace': newSlug } }),
      ),
    ];
  }

  /** One read on the other process: what it shows, whether the cache answered, and what its answer depends on. */
  async function readThere(read: Read) {
    const answer = await read.call(there);
    const traffic = await listener.look();
    const status = answer.headers.get('cache-status');
    const isOwn = (tag: string) => isPlatformTag(tag) === read.isOfPlatform;
    const ofPlatform = (family: string) => family === 'principal' || family === 'workspace';
    const families = [...traffic.families].filter((family) => ofPlatform(family) === read.isOfPlatform);
    const missed = [...traffic.missed].filter((family) => ofPlatform(family) === read.isOfPlatform);
    const isHit = status === null ? missed.length === 0 : status.startsWith('keepsake; hit');
    const tags = new Set([...traffic.read].filter(isOwn));
    if (read.route !== undefined) {
      const of = seen.get(read.route) ?? { tags: new Set(), families: new Set() };
      seen.set(read.route, of);
      for (const family of families) if (family !== 'http') of.families.add(family);
      if (isHit) for (const tag of tags) of.tags.add(nameOfTag(tag));
    }
    // A process that could not look in time, on a busy machine, trusts nothing for a moment.
    const isBypassed = status?.includes('bypass') === true;
    return { shown: read.shown(answer), isHit, isBypassed, tags, fired: traffic.fired, isErased: traffic.isErased };
  }

  /** Reads until the cache answers all of it, in one round. */
  async function warm(reads: readonly Read[]) {
    for (let round = 0; ; round++) {
      const tags = new Map<Read, ReadonlySet<string>>();
      const fired = new Set<string>();
      const misses: string[] = [];
      for (const read of reads) {
        const { isHit, tags: own, shown, fired: meanwhile } = await readThere(read);
        tags.set(read, own);
        for (const tag of meanwhile) fired.add(tag);
        // What is refused is not remembered.
        if (!isHit && !shown.startsWith('4')) misses.push(read.name);
      }
      if (misses.length === 0) return { tags, fired };
      if (round === 6) throw new Error(`never answered by the cache: ${misses.join(', ')}`);
    }
  }

  async function shownBySource(reads: readonly Read[]): Promise<Map<Read, string>> {
    const shown = new Map<Read, string>();
    for (const read of reads) shown.set(read, read.shown(await read.call(source)));
    return shown;
  }

  /** Warms, writes, and reads again; says what each read did. */
  async function observe(reads: readonly Read[], write: () => Promise<unknown>) {
    const before = await shownBySource(reads);
    const { tags, fired: all } = await warm(reads);
    await write();
    const { fired, isErased } = await listener.look();
    for (const tag of fired) all.add(tag);
    const observed = [];
    let wasErased = isErased;
    for (const read of reads) {
      const { shown, isHit, isBypassed, fired: meanwhile, isErased: isErasedNow } = await readThere(read);
      for (const tag of meanwhile) all.add(tag);
      wasErased ||= isErasedNow;
      const firedOfIt = [...(tags.get(read) as ReadonlySet<string>)].filter((tag) => all.has(tag));
      observed.push({ read, shown, isHit, isBypassed, wasErased, firedOfIt });
    }
    const after = await shownBySource(reads);
    return {
      fired: new Set([...fired].map(nameOfTag)),
      reads: observed.map(({ read, ...rest }) => ({
        ...rest,
        read,
        truth: after.get(read),
        hasChanged: after.get(read) !== before.get(read),
      })),
    };
  }

  const walked = Object.keys(WRITER_CALLS);

  it.each(walked)(
    '%s',
    async (name) => {
      // Some are called in more than one way.
      const row = WRITERS[name.replace(/ that .*/, '')] as Writer;
      const call = WRITER_CALLS[name]!;
      const on = await given();
      await call.prepare?.(on);
      const observed = await observe(readsOf(on), () => call.write(on));

      // Whatever the table says.
      expect(observed.reads.map(({ read, shown }) => [read.name, shown])).toEqual(
        observed.reads.map(({ read, truth }) => [read.name, truth]),
      );
      const fired = [...observed.fired].filter((tag) => tag !== BY_READING || row.fires.includes(BY_READING));
      const expected = new Set<string>([...row.fires, ...(row.mayFire ?? [])]);
      expect({ firedButNotInItsRow: fired.filter((tag) => !expected.has(tag)) }).toEqual({ firedButNotInItsRow: [] });
      expect({ inItsRowButNotFired: row.fires.filter((tag) => !observed.fired.has(tag)) }).toEqual({
        inItsRowButNotFired: [],
      });
      for (const { read, shown, isHit, isBypassed, wasErased, firedOfIt, hasChanged } of observed.reads) {
        if (isBypassed || shown.startsWith('4')) continue;
        // Another read may have loaded the parts of this one, or its writer; what was erased is missing without a tag.
        if (firedOfIt.length === 0 ? !wasErased : !read.sharesParts)
          expect([read.name, { isHit }]).toEqual([read.name, { isHit: firedOfIt.length === 0 }]);
        const depends = row.changes.some((fact) => read.shows.includes(fact));
        if (hasChanged) {
          expect([read.name, { depends }]).toEqual([read.name, { depends: true }]);
          expect([read.name, firedOfIt]).not.toEqual([read.name, []]);
          pairs.fresh++;
        } else if (isHit) pairs.kept++;
        else if (!depends) {
          const declared = [BY_READING, ...FALLS_WITHOUT_CHANGE.map(({ tag }) => tag)] as string[];
          const undeclared = firedOfIt.map(nameOfTag).filter((tag) => !declared.includes(tag));
          expect([read.name, { falls: undeclared }]).toEqual([read.name, { falls: [] }]);
        }
      }
    },
    120_000,
  );

  it('routes that change nothing of it leave all of it in the cache', async () => {
    const on = await given();
    const observed = await observe(readsOf(on), async () => {
      for (const [route, call] of Object.entries(HARMLESS_CALLS)) {
        const { status, body } = await call(on);
        if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(body)}`);
      }
    });
    expect([...observed.fired].filter((tag) => tag !== BY_READING)).toEqual([]);
    for (const { read, isHit, isBypassed, wasErased, firedOfIt, shown, truth } of observed.reads) {
      expect([read.name, shown]).toEqual([read.name, truth]);
      if (firedOfIt.length === 0 && !isBypassed && !wasErased && !shown.startsWith('4'))
        expect([read.name, isHit]).toEqual([read.name, true]);
    }
  }, 120_000);

  it('a tool fires what its route fires', async () => {
    const on = await given();
    const { project, label, session, contexts, handover, conversation, message, agent, checkpoint, user } = on.memory;
    const calls: Readonly<Record<string, readonly [tool: string, args: Record<string, unknown>]>> = {
      'POST /v1/sessions': ['session_start', { project }],
      'PATCH /v1/sessions/{id}': ['session_update', { id: session, summary: 'by a tool' }],
      'POST /v1/sessions/{id}/entries': ['session_log', { id: session, kind: 'todo', text: 'by a tool' }],
      // While the second version is the newest.
      'PATCH /v1/contexts/{id}': ['context_update', { id: contexts[1], tags: ['tool'] }],
      'POST /v1/contexts/{id}/archive': ['context_archive', { id: contexts[1], force: true }],
      'POST /v1/contexts/{id}/restore': ['context_restore', { id: contexts[1] }],
      'POST /v1/contexts': ['context_store', { project, label, content: 'By a tool.' }],
      'POST /v1/contexts/batch': ['context_store_batch', { project, items: [{ label, content: 'By a tool, twice.' }] }],
      'POST /v1/conversations': ['conversation_begin', { project }],
      'POST /v1/conversations/{id}/messages': [
        'conversation_append',
        { id: conversation, messages: [{ role: 'user', content: 'by a tool' }] },
      ],
      'PATCH /v1/conversations/{id}/messages/{message}': [
        'conversation_edit',
        { id: conversation, message, content: 'by a tool, otherwise' },
      ],
      'POST /v1/handovers': ['handover_make', { project, summary: 'by a tool' }],
      'POST /v1/handovers/{id}/acknowledge': ['handover_acknowledge', { id: handover }],
      'PUT /v1/agents/{agent}/state': ['agent_state_put', { project, agent, value: [] }],
      'PATCH /v1/agents/{agent}/state': ['agent_state_update', { project, agent, value: { step: 2 } }],
      'POST /v1/agents/{agent}/checkpoints': ['agent_checkpoint_create', { project, agent, name: 'by a tool' }],
      'POST /v1/agents/{agent}/restore': ['agent_state_restore', { project, agent, checkpoint }],
      'DELETE /v1/agents/{agent}/checkpoints/{id}': ['agent_checkpoint_delete', { project, agent, id: checkpoint }],
      'DELETE /v1/agents/{agent}/state': ['agent_state_delete', { project, agent }],
      'POST /v1/feedback': ['feedback_add', { project, user, contextId: contexts[1], kind: 'thumbs', value: 'up' }],
      'PATCH /v1/users/{user}/profile': ['profile_update', { user, profile: { step: 2 } }],
      'POST /v1/sessions/{id}/end': ['session_end', { id: session }],
      'DELETE /v1/projects/{project}': ['project_delete', { project, confirm: project }],
    };
    const client = await connectHttp(here, { profile: 'full' });
    try {
      for (const [route, [tool, args]] of Object.entries(calls)) {
        await listener.look();
        await client.done(tool, args);
        const fired = new Set([...(await listener.look()).fired].map(nameOfTag));
        const missing = WRITING_ROUTES[route]!.fires.filter((tag) => !fired.has(tag));
        expect([tool, missing]).toEqual([tool, []]);
      }
    } finally {
      await client.close();
    }
  }, 120_000);

  it('every route depends on the tags and families of its row, and on no others', () => {
    const sorted = (names: Iterable<string>) => [...names].toSorted();
    const rows = Object.entries(CACHED_ROUTES);
    expect(Object.fromEntries(rows.map(([route]) => [route, sorted(seen.get(route)?.tags ?? [])]))).toEqual(
      Object.fromEntries(rows.map(([route, { tags }]) => [route, sorted(tags)])),
    );
    // What this process holds itself is not fetched, so not every one is seen.
    const others = rows.map(([route, { families }]) => [
      route,
      [...(seen.get(route)?.families ?? [])].filter((family) => !families.includes(family)),
    ]);
    expect(others).toEqual(rows.map(([route]) => [route, []]));
    // A walk that never hits, or never changes anything, would prove nothing.
    expect(pairs.fresh).toBeGreaterThan(150);
    expect(pairs.kept).toBeGreaterThan(150);
  });
});
