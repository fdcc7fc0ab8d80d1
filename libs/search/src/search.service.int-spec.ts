import type { CacheEngine, CacheService } from '#cache';
import { inProcessCache, startTestEngine, testNamespace } from '#cache/testing';
import { type RerankService, type SemanticReader, VectorObservers } from '#embedding';
import { EmbeddingDatabase, type TestProject } from '#embedding/testing';
import { type Clock, type ContextId, DomainError, type ProjectId, SystemClock, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ProjectObservers, type ProjectReader } from '#project';
import { FreshSearch } from './fresh-search.js';
import { QueryReader } from './query-reader.js';
import { KeywordSearch } from './keyword-search.js';
import { HitArrangement } from './hit-arrangement.js';
import { LiteralSearch } from './literal-search.js';
import { NOTHING_AD_HOC } from './ad-hoc-documents.js';
import type { PastVersions } from './past-versions.js';
import { PostgresHitTimes } from './persistence/postgres-hit-times.js';
import { PostgresHitValidity } from './persistence/postgres-hit-validity.js';
import { PostgresKeywordIndex } from './persistence/postgres-keyword-index.js';
import type { SearchRequest } from './search.js';
import { SearchIndexService } from './search-index.service.js';
import { SearchInvalidation } from './search-invalidation.js';
import { SearchService } from './search.service.js';
import { semanticSearchOf } from './testing/semantic-search.js';
import { FakeSemanticReader } from './testing/fake-semantic-reader.js';
import { searchConfig } from './testing/search-config.js';
import { searchDocument } from './testing/search-document.factory.js';

const REQUEST: SearchRequest = { project: 'one', query: 'fox', rerank: false, limit: 20, filters: {} };

/** What one process has, over a cache of its own. */
class Process {
  readonly reader = new FakeSemanticReader();
  readonly vectors = new VectorObservers();
  readonly projectObservers = new ProjectObservers();
  readonly searches: SearchService;
  readonly index: SearchIndexService;
  readonly keywords: PostgresKeywordIndex;

  constructor(
    private readonly world: EmbeddingDatabase,
    readonly cache: CacheService,
    clock: Clock = new SystemClock(),
  ) {
    const { database } = world;
    const config = searchConfig();
    const keywords = new PostgresKeywordIndex(database, config);
    this.keywords = keywords;
    const projects = {
      find: async (workspaceId: WorkspaceId, slug: string) => {
        const [row] = await database.query<{ id: ProjectId }>(
          'SELECT id FROM projects WHERE workspace_id = $1 AND slug = $2',
          [workspaceId, slug],
        );
        return row && { workspaceId, slug, ...row };
      },
      slugsOf: async (workspaceId: WorkspaceId, ids: readonly ProjectId[]) => {
        const rows = await database.query<{ slug: string }>(
          'SELECT slug FROM projects WHERE workspace_id = $1 AND id = ANY ($2::uuid[])',
          [workspaceId, ids],
        );
        return rows.map(({ slug }) => slug);
      },
    };
    const reranker = { isOn: false, model: undefined } as unknown as RerankService;
    const semanticReader: SemanticReader = this.reader.asReader();
    const fresh = new FreshSearch(
      projects as unknown as ProjectReader,
      new QueryReader(keywords, config),
      new KeywordSearch(keywords),
      keywords,
      new LiteralSearch(keywords),
      semanticSearchOf(semanticReader, keywords, config),
      reranker,
      new HitArrangement(new PostgresHitValidity(database), new PostgresHitTimes(database)),
      { documentsOf: () => Promise.resolve(NOTHING_AD_HOC) } as unknown as PastVersions,
      clock,
      config,
    );
    this.searches = new SearchService(fresh, cache, semanticReader, reranker, config, clock);
    const changes = new SearchInvalidation(
      cache,
      projects as unknown as ProjectReader,
      keywords,
      this.vectors,
      this.projectObservers,
    );
    this.index = new SearchIndexService(keywords, database, changes, config);
  }

  /** How the cache answered, the labels of the hits, and what the search has asked of others. */
  async search(workspaceId: WorkspaceId, request: Partial<SearchRequest> = {}) {
    const statements = jest.spyOn(this.world.database, 'query');
    const asked = this.reader.asked.length;
    let status: string | undefined;
    let isMerged = false;
    const answer = await this.searches.search(
      workspaceId,
      { ...REQUEST, ...request },
      { report: (report) => (status = report.status), merged: () => (isMerged = true) },
    );
    const sql = statements.mock.calls.length;
    statements.mockRestore();
    return {
      answer,
      status,
      isMerged,
      sql,
      provider: this.reader.asked.length - asked,
      labels: answer.items.map(({ label }) => label),
    };
  }
}

const sorted = ({ labels }: { readonly labels: readonly (string | null)[] }) => labels.map(String).toSorted();

describe.each(['in process', 'on Redis'])('the search cache, %s', (where) => {
  let world: EmbeddingDatabase;
  let engines: CacheEngine[] = [];
  let here: Process;
  /** Another process on the same database and cache. */
  let there: Process;
  let project: TestProject;

  beforeAll(async () => {
    world = await EmbeddingDatabase.create();
  });
  afterAll(() => world.close());

  beforeEach(async () => {
    if (where === 'on Redis') {
      const namespace = testNamespace();
      engines = [await startTestEngine({ namespace }), await startTestEngine({ namespace })];
      [here, there] = engines.map(({ cache }) => new Process(world, cache)) as [Process, Process];
    } else {
      // One process is all there may be without Redis.
      here = there = new Process(world, inProcessCache({ transactions: world.database }));
    }
    project = await newProject();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  async function newProject(adHoc?: TestProject): Promise<TestProject> {
    const made = await world.newProject(adHoc);
    await world.database.query('UPDATE projects SET slug = $3 WHERE workspace_id = $1 AND id = $2', [
      made.workspaceId,
      made.projectId,
      adHoc === undefined ? 'one' : 'two',
    ]);
    return made;
  }
  const store = async (label: string, text: string, by = here, of = project) => {
    const document = searchDocument(of, { text, label });
    await by.index.index([document]);
    return document.id;
  };

  it('answers the second time without a statement and without a provider, in another process too', async () => {
    await store('a', 'red fox');
    const first = await here.search(project.workspaceId);
    expect(first).toMatchObject({ status: 'miss', labels: ['a'], provider: 1 });
    expect(first.sql).toBeGreaterThan(0);
    const second = await there.search(project.workspaceId);
    expect(second).toMatchObject({ status: 'hit', labels: ['a'], sql: 0, provider: 0 });
    expect(second.answer).toEqual(first.answer);
  });

  it('T4 remembers that nothing was found, also where there is no project', async () => {
    await here.search(project.workspaceId);
    expect(await here.search(project.workspaceId)).toMatchObject({ status: 'hit', labels: [], sql: 0 });
    await here.search(project.workspaceId, { project: 'nowhere' });
    expect(await here.search(project.workspaceId, { project: 'nowhere' })).toMatchObject({ status: 'hit', sql: 0 });
  });

  it('T2 shows every write to the next read of another process', async () => {
    const id = await store('a', 'red fox');
    await there.search(project.workspaceId);
    await store('b', 'blue fox');
    expect(sorted(await there.search(project.workspaceId))).toEqual(['a', 'b']);

    const tagged = { filters: { tags: ['north'] } };
    expect((await there.search(project.workspaceId, tagged)).labels).toEqual([]);
    await here.index.describe(project.workspaceId, id, { tags: ['north'] });
    expect((await there.search(project.workspaceId, tagged)).labels).toEqual(['a']);

    await here.index.remove(project.workspaceId, [id]);
    expect((await there.search(project.workspaceId)).labels).toEqual(['b']);
    expect((await there.search(project.workspaceId, tagged)).labels).toEqual([]);
  });

  it('brings an answer up to date under a stream of writes without searching again, on every process', async () => {
    await store('a', 'red fox');
    await here.search(project.workspaceId);
    const searched = [here, there].flatMap(({ keywords }) => [
      jest.spyOn(keywords, 'statistics'),
      jest.spyOn(keywords, 'rank'),
    ]);
    const labels = ['a'];
    for (let n = 0; n < 6; n++) {
      labels.push(`l${n}`);
      await store(`l${n}`, 'blue fox');
      const read = n % 2 === 0 ? there : here;
      const found = await read.search(project.workspaceId);
      expect(found.isMerged).toBe(true);
      expect(read.reader.asked.at(-1)?.among).toHaveLength(n + 1);
      expect(sorted(found)).toEqual(labels.toSorted());
      // What has changed, its text, and how far the project is embedded; what it is near to has no vector yet.
      expect(found.sql).toBeLessThanOrEqual(5);
      expect(await there.search(project.workspaceId)).toMatchObject({ status: 'hit', sql: 0 });
    }
    for (const spy of searched) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
    for (let n = 0; n < 200; n++) labels.push(`m${n}`);
    await here.index.index(labels.slice(-200).map((label) => searchDocument(project, { text: 'stone', label })));
    expect(await there.search(project.workspaceId)).toMatchObject({ isMerged: false });
    expect(await there.search(project.workspaceId)).toMatchObject({ status: 'hit', sql: 0 });
  });

  it('shows vectors that came in, to the next read of another process', async () => {
    const id = await store('a', 'vixen');
    expect((await there.search(project.workspaceId)).labels).toEqual([]);
    there.reader.cosines.set(id, 0.9);
    expect((await there.search(project.workspaceId)).status).toBe('hit');
    await world.database.run(() =>
      here.vectors.vectorsChanged(project.workspaceId, [{ contextId: id as ContextId, projectId: project.projectId }]),
    );
    expect((await there.search(project.workspaceId)).labels).toEqual(['a']);
  });

  it('keeps no answer longer than a relative time in its query means what it says, on no page', async () => {
    const clock = new ManualClock(Date.parse('2026-05-20T23:55:00Z'));
    const ofRedis = where === 'on Redis' ? await startTestEngine({ namespace: testNamespace() }, { clock }) : undefined;
    if (ofRedis !== undefined) engines.push(ofRedis);
    const cache = ofRedis?.cache ?? inProcessCache({ clock, transactions: world.database });
    const process = new Process(world, cache, clock);
    for (const label of ['a', 'b', 'c']) await store(label, `red fox ${label}`, process);
    const ask = async (request: Partial<SearchRequest>) => {
      const { status, answer, sql } = await process.search(project.workspaceId, request);
      return {
        status,
        sql,
        from: answer.intent?.kind === 'time' ? answer.intent.fromMs : undefined,
        next: answer.next,
      };
    };
    const query = 'what did the fox do yesterday?';
    const first = { query, limit: 1 };
    const { next: after } = await ask(first);
    expect(after).toBeDefined();
    const later = { ...first, after };
    const plain = { query: 'what did the fox do on 2026-05-19?' };
    for (const each of [later, plain]) await ask(each);
    clock.advance(299_999);
    const yesterday = { status: 'hit', sql: 0, from: Date.parse('2026-05-19') };
    for (const each of [first, later, plain]) expect(await ask(each)).toMatchObject(yesterday);
    clock.advance(1);
    const today = { status: 'miss', from: Date.parse('2026-05-20') };
    for (const each of [first, later]) expect(await ask(each)).toMatchObject(today);
    // What names its date means the same for ever.
    expect(await ask(plain)).toMatchObject(yesterday);
    for (const each of [first, later]) expect(await ask(each)).toMatchObject({ status: 'hit', from: today.from });
  });

  it('merges what is written into an answer to a query that asks for now, by keywords too', async () => {
    let day = 0;
    const say = (label: string, text: string) =>
      here.index.index([searchDocument(project, { label, text, createdAt: new Date(Date.UTC(2025, 0, ++day)) })]);
    for (const mode of ['hybrid', 'keyword'] as const) {
      const asked = { query: 'which fox is there right now?', mode };
      await say(`${mode} old`, 'red fox');
      await here.search(project.workspaceId, asked);
      await say(`${mode} new`, 'there is a blue fox in the woods');
      const found = await there.search(project.workspaceId, asked);
      expect(found).toMatchObject({ status: 'miss', isMerged: true });
      expect(found.answer.intent).toEqual({ kind: 'now', phrase: 'right now' });
      expect(found.labels[0]).toBe(`${mode} new`);
      const made = await here.search(project.workspaceId, { ...asked, limit: 19 });
      expect(made.labels).toEqual(found.labels);
    }
  });

  it('asks the database nothing more for a query that says nothing of time', async () => {
    // Words that no text holds are looked for by their spelling, which costs a statement.
    const words = 'red fox, may it last, or march on with version 2024.1 right now, which is there in March 2024';
    for (const label of ['a', 'b', 'c']) await store(label, words);
    const costOf = async (query: string) => (await here.search(project.workspaceId, { query })).sql;
    const plain = await costOf('red fox');
    expect(await costOf('may the fox last, or march on with version 2024.1')).toBe(plain);
    // Who holds which words; what was valid then.
    expect(await costOf('which red fox is there right now')).toBe(plain + 1);
    expect(await costOf('the red fox in March 2024')).toBeLessThanOrEqual(plain + 1);
  });

  it('T42 finds nothing of a project that is gone', async () => {
    await store('a', 'red fox');
    expect((await there.search(project.workspaceId)).labels).toEqual(['a']);
    await world.database.run(async () => {
      await world.database.query('DELETE FROM projects WHERE id = $1', [project.projectId]);
      await here.projectObservers.deleted({ ...project, id: project.projectId, slug: 'one', createdAt: new Date() });
    });
    expect((await there.search(project.workspaceId)).labels).toEqual([]);
  });

  it('T12 crosses neither workspaces nor projects', async () => {
    await store('a', 'red fox');
    const other = await newProject();
    const adHoc = await newProject(project);
    await store('b', 'blue fox', here, adHoc);
    expect((await here.search(project.workspaceId)).labels).toEqual(['a']);
    expect((await here.search(other.workspaceId)).labels).toEqual([]);
    expect((await here.search(project.workspaceId, { project: 'two' })).labels).toEqual(['b']);
    // A write elsewhere lets what is remembered here stand.
    await store('c', 'fox', here, adHoc);
    expect((await here.search(project.workspaceId)).status).toBe('hit');
    expect(sorted(await here.search(project.workspaceId, { project: 'two' }))).toEqual(['b', 'c']);
  });

  it('T28 is the same for the same search however it is written, and another for another', async () => {
    await here.search(project.workspaceId, { filters: { tags: ['a', 'b'] } });
    expect((await here.search(project.workspaceId, { filters: { tags: ['b', 'a', 'a'] } })).status).toBe('hit');
    const others: Partial<SearchRequest>[] = [
      { query: 'foxes' },
      { mode: 'keyword' },
      { mode: 'hybrid' },
      { limit: 19 },
      { rerank: true },
      { filters: { tags: ['a'] } },
      { filters: { priority: 'important' } },
      { filters: { since: new Date(0) } },
      { filters: { minScore: 0 } },
    ];
    for (const other of others) expect((await here.search(project.workspaceId, other)).status).toBe('miss');
  });

  it('T22 does not remember an answer that a channel is missing from', async () => {
    await store('a', 'red fox');
    here.reader.failure = new DomainError({ code: 'x', kind: 'unavailable', detail: 'The provider is away.' });
    for (let n = 0; n < 2; n++) {
      const { answer, status } = await here.search(project.workspaceId);
      expect(answer).toMatchObject({ mode: 'keyword', degraded: true, reason: 'The provider is away' });
      expect(status).toBe('miss');
    }
    here.reader.failure = undefined;
    expect((await here.search(project.workspaceId)).answer).toMatchObject({ mode: 'hybrid', degraded: false });
    expect((await here.search(project.workspaceId)).status).toBe('hit');
  });

  it('T3 does not store what was read before a write and answered after it', async () => {
    await store('a', 'red fox');
    let release = () => {};
    there.reader.hold = new Promise((settle) => (release = settle));
    const reading = there.search(project.workspaceId);
    await eventuallyAsked(there);
    const written = store('b', 'blue fox');
    await written;
    release();
    await reading;
    expect(sorted(await there.search(project.workspaceId))).toEqual(['a', 'b']);
  });

  it('T5 passes an error of the database on and does not remember it', async () => {
    const broken = jest.spyOn(world.database, 'query').mockRejectedValue(new Error('the database is away'));
    await expect(here.searches.search(project.workspaceId, REQUEST)).rejects.toThrow('the database is away');
    broken.mockRestore();
    expect((await here.search(project.workspaceId)).status).toBe('miss');
  });

  it('T2 shows the old text or the new one while a label is being replaced, never neither', async () => {
    await store('a', 'red fox');
    const read = there.keywords.passages.bind(there.keywords);
    let replacements = 0;
    const passages = jest.spyOn(there.keywords, 'passages').mockImplementation(async (...asked) => {
      // Between the statement that ranks and the one that reads what was ranked.
      if (replacements++ < 2) await store('a', `blue fox ${replacements}`);
      return read(...asked);
    });
    const { answer, labels } = await there.search(project.workspaceId);
    passages.mockRestore();
    expect(labels).toEqual(['a']);
    expect(answer.items[0]?.snippet).toContain('blue fox 2');
    expect(replacements).toBe(3);
  });

  it('leaves out what is replaced again and again', async () => {
    await store('a', 'red fox');
    await store('b', 'old fox');
    const read = there.keywords.passages.bind(there.keywords);
    const passages = jest.spyOn(there.keywords, 'passages').mockImplementation(async (...asked) => {
      await store('a', 'blue fox');
      return read(...asked);
    });
    const { labels } = await there.search(project.workspaceId);
    expect(passages).toHaveBeenCalledTimes(5);
    passages.mockRestore();
    expect(labels).toEqual(['b']);
  });

  async function eventuallyAsked({ reader }: Process): Promise<void> {
    while (reader.asked.length === 0) await new Promise((settle) => setImmediate(settle));
  }
});
