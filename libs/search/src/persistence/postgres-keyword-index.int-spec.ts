import { Database, KeepsakeDataSource } from '#database';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { analyseDocument } from '../analysis/document-analysis.js';
import { KeywordSearch } from '../keyword-search.js';
import { analyseQuery } from '../analysis/query-analysis.js';
import { newId, type SessionId } from '#kernel';
import type { SearchDocument, SearchScope } from '../search.js';
import { SearchReindexer } from '../search-reindexer.js';
import { describeKeywordIndex } from '../testing/keyword-index.contract.js';
import { RecordedChanges } from '../testing/recorded-changes.js';
import { searchConfig } from '../testing/search-config.js';
import { searchDocument, searchScope } from '../testing/search-document.factory.js';
import { PostgresKeywordIndex } from './postgres-keyword-index.js';

const options = { foldAccents: true };

describe('PostgresKeywordIndex', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let database: Database;
  let index: PostgresKeywordIndex;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dataSource = await new KeepsakeDataSource({
      type: 'postgres',
      url: testDatabase.url,
      installExtensions: false,
    }).initialize();
    database = new Database(dataSource);
    index = new PostgresKeywordIndex(database, searchConfig());
  });

  afterAll(async () => {
    await dataSource.destroy();
    await testDatabase.drop();
  });

  async function newScope(adHoc?: SearchScope): Promise<SearchScope> {
    const fresh = searchScope();
    const scope = adHoc === undefined ? fresh : { ...fresh, workspaceId: adHoc.workspaceId };
    if (adHoc === undefined) {
      await dataSource.query(`INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)`, [
        scope.workspaceId,
        scope.workspaceId,
      ]);
    }
    await dataSource.query(`INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2, $3)`, [
      scope.workspaceId,
      scope.projectId,
      scope.projectId,
    ]);
    return scope;
  }

  async function newSession({ workspaceId, projectId }: SearchScope): Promise<SessionId> {
    const id = newId<SessionId>();
    await dataSource.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at, revision)
       VALUES ($1, $2, $3, '{}', now(), now(), now(), gen_random_uuid())`,
      [workspaceId, id, projectId],
    );
    return id;
  }

  const put = (...documents: SearchDocument[]) =>
    index.put(
      documents.map((document) => ({ document, analysis: analyseDocument(document.label, document.text, options) })),
    );

  async function found(scope: SearchScope, query: string): Promise<string[]> {
    const analysis = analyseQuery(query, options);
    const ranking = await new KeywordSearch(index).rankingOf(scope, analysis, Date.now());
    if (ranking === undefined) return [];
    const { phrases, exclusions } = analysis;
    return (await index.rank(scope, { ranking, phrases, exclusions, filters: {}, limit: 100 })).map(({ id }) => id);
  }

  const rowCounts = async (scope: SearchScope) => {
    const count = async (table: string) =>
      Number(
        (
          await dataSource.query<{ n: string }[]>(`SELECT count(*) AS n FROM ${table} WHERE workspace_id = $1`, [
            scope.workspaceId,
          ])
        )[0]?.n,
      );
    return {
      documents: await count('search_documents'),
      segments: await count('search_segments'),
      postings: await count('search_postings'),
      words: await count('search_words'),
    };
  };

  describeKeywordIndex(() => ({ index, newScope, newSession }));

  it('stems words and drops stop words by its text search configuration', async () => {
    const scope = await newScope();
    const document = searchDocument(scope, { text: 'Deployments were failing because of the migrations' });
    await put(document);

    expect(await found(scope, 'why does a migration fail the deployment?')).toEqual([document.id]);
    expect(await found(scope, 'because of the')).toEqual([]);
  });

  it.each([
    [
      'identifiers by their parts and as a whole',
      'call getUserById in user_profile_store',
      ['user', 'getUserById', 'getuserbyid', 'profile store', 'user_profile_store'],
    ],
    ['words without their accents', 'Crème brûlée at the café in Köln', ['creme brulee', 'CAFÉ', 'koln']],
    ['languages without spaces', '東京都の天気は晴れです', ['天気', '東京', '晴']],
    ['Hangul within longer words', '서울에서 만나요', ['서울']],
    ['Cyrillic and Greek in any case', 'Привет мир, Καλημέρα', ['ПРИВЕТ', 'καλημερα']],
    ['full-width and compatibility forms', 'Ｖｅｒｓｉｏｎ １２ with ﬁre', ['version 12', 'fire']],
    ['words of any length', 'x'.repeat(5_000), ['x'.repeat(5_000)]],
  ])('finds %s', async (_, text, queries) => {
    const scope = await newScope();
    const document = searchDocument(scope, { text });
    await put(document, searchDocument(scope, { text: 'something else altogether' }));

    for (const query of queries) expect([query, await found(scope, query)]).toEqual([query, [document.id]]);
  });

  it('leaves no row of a removed document behind', async () => {
    const scope = await newScope();
    const documents = [
      searchDocument(scope, { text: 'the harbour lantern' }),
      searchDocument(scope, { text: `windmill ${'lake '.repeat(9_000)}` }),
    ];
    await put(...documents);
    expect(await rowCounts(scope)).toMatchObject({ documents: 2, words: 4 });

    await index.remove(
      scope.workspaceId,
      documents.map(({ id }) => id),
    );

    expect(await rowCounts(scope)).toEqual({ documents: 0, segments: 0, postings: 0, words: 0 });
  });

  it('T42 a deleted project takes everything of it out of the index', async () => {
    const scope = await newScope();
    await put(searchDocument(scope, { text: 'the harbour lantern' }));

    await dataSource.query(`DELETE FROM projects WHERE workspace_id = $1 AND id = $2`, [
      scope.workspaceId,
      scope.projectId,
    ]);

    expect(await rowCounts(scope)).toEqual({ documents: 0, segments: 0, postings: 0, words: 0 });
  });

  it('takes part in the transaction of its caller', async () => {
    const scope = await newScope();
    const kept = searchDocument(scope, { text: 'fox' });
    await put(kept);

    await expect(
      database.run(async () => {
        await put(searchDocument(scope, { text: 'fox' }));
        await index.remove(scope.workspaceId, [kept.id]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');

    expect(await found(scope, 'fox')).toEqual([kept.id]);
  });

  it('T43 writers of different labels that share words wait for nobody and lose nothing', async () => {
    const scope = await newScope();
    const words = Array.from(
      { length: 40 },
      (_, n) => `word${String.fromCodePoint(97 + (n % 26))}${'x'.repeat(n % 7)}`,
    );
    const documents = Array.from({ length: 50 }, (_, n) =>
      searchDocument(scope, { text: [...words.slice(n % 40), ...words.slice(0, n % 40)].join(' ') }),
    );

    await Promise.all(
      documents.map((document, n) =>
        database.run(async () => {
          await put(document);
          // A second document in the same transaction takes the words in another order.
          await put(
            searchDocument(scope, {
              text: words
                .toReversed()
                .slice(n % 20)
                .join(' '),
            }),
          );
        }),
      ),
    );

    const ids = await found(scope, words.join(' '));
    expect(ids).toHaveLength(100);
    expect((await index.statistics(scope, words.join(' '))).documentCount).toBe(100);
  });

  describe('documents of another analysis', () => {
    const simple = () => new PostgresKeywordIndex(database, searchConfig({ language: 'simple' }));
    const reindexer = () =>
      new SearchReindexer(simple(), database, new RecordedChanges(), searchConfig({ language: 'simple' }));

    async function foundSimply(scope: SearchScope, query: string): Promise<string[]> {
      const ranking = await new KeywordSearch(simple()).rankingOf(scope, analyseQuery(query, options), Date.now());
      const hits = await simple().rank(scope, {
        ranking: ranking!,
        phrases: [],
        exclusions: [],
        filters: {},
        limit: 9,
      });
      return hits.map(({ id }) => id);
    }

    it('are stored again, whole, with what has changed since', async () => {
      const scope = await newScope();
      const lines = `${'the lighthouses were shining '.repeat(100)}\n`.repeat(10);
      const sessionId = await newSession(scope);
      const document = searchDocument(scope, { text: lines, label: 'harbour-lights', sessionId, version: 3 });
      await put(document, searchDocument(scope, { text: '', label: undefined, kind: 'entry', version: undefined }));
      await index.describe(scope.workspaceId, document.id, { tags: ['north'], priority: 'important' });
      const holding = async () => (await simple().statistics(scope, 'lighthouses')).terms[0]?.passageFrequency;
      expect(await holding()).toBe(0);

      const again = reindexer();
      expect(await again.run()).toBeGreaterThanOrEqual(2);
      expect(await again.run()).toBe(0);

      // Passages of 400 characters, the last word of each segment among them.
      expect(await holding()).toBe(75);
      expect(await foundSimply(scope, 'lights')).toEqual([document.id]);
      const [row] = await dataSource.query(
        `SELECT version, tags, priority, session_id, length, (SELECT string_agg(text, '' ORDER BY position) FROM search_segments s WHERE s.document_id = d.id AND position > 0) AS text
         FROM search_documents d WHERE id = $1`,
        [document.id],
      );
      expect(row).toEqual({
        version: 3,
        tags: ['north'],
        priority: 'important',
        session_id: document.sessionId,
        length: 4_002,
        text: lines,
      });
      await dataSource.query(`DELETE FROM projects WHERE workspace_id = $1`, [scope.workspaceId]);
    });

    it('are found while they wait, and get the places and names that an older release did not keep', async () => {
      const scope = await newScope();
      const { workspaceId, projectId } = scope;
      const sessionId = await newSession(scope);
      const conversationId = newId();
      await dataSource.query(
        `INSERT INTO conversations (workspace_id, id, project_id, metadata, created_at, last_seq, message_count, revision)
         VALUES ($1, $2, $3, '{}', now(), 3, 3, gen_random_uuid())`,
        [workspaceId, conversationId, projectId],
      );
      const old = (rest: Partial<SearchDocument>) =>
        searchDocument(scope, { text: 'fox', label: undefined, version: undefined, priority: undefined, ...rest });
      const messages = [1, 2].map(() => old({ kind: 'message' }));
      for (const [index_, { id }] of messages.entries())
        await dataSource.query(
          `INSERT INTO messages (workspace_id, id, conversation_id, project_id, seq, role, name, content, metadata, created_at,
             given_hash, size_bytes, calls, revision)
           VALUES ($1, $2, $3, $4, $5, 'assistant', 'Marlow', '"fox"', '{}', now(), '', 5, '{}', gen_random_uuid())`,
          [workspaceId, id, conversationId, projectId, index_ + 1],
        );
      const entries = [1, 2].map(() => old({ kind: 'entry', sessionId }));
      for (const { id } of entries)
        await dataSource.query(
          `INSERT INTO session_entries (workspace_id, id, session_id, project_id, kind, text, metadata, created_at)
           VALUES ($1, $2, $3, $4, 'decision', 'fox', '{}', now())`,
          [workspaceId, id, sessionId, projectId],
        );
      await put(...messages, ...entries);
      // As the migration leaves them.
      await dataSource.query(`UPDATE search_documents SET analysis = 'older' WHERE workspace_id = $1`, [workspaceId]);
      const ids = [...messages, ...entries].map(({ id }) => id);
      expect((await found(scope, 'fox')).toSorted()).toEqual(ids.toSorted());

      await new SearchReindexer(index, database, new RecordedChanges(), searchConfig()).run();

      const analysis = analyseQuery('fox of marlow', options);
      const ranking = (await new KeywordSearch(index).rankingOf(scope, analysis, Date.now()))!;
      const hits = await index.rank(scope, { ranking, phrases: [], exclusions: [], filters: {}, limit: 9 });
      expect(hits.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      for (const { kind, boosts } of hits) {
        expect(boosts.neighbours).toBeGreaterThan(0);
        expect(Math.sign(boosts.author)).toBe(kind === 'message' ? 1 : 0);
        expect(Math.sign(boosts.role)).toBe(kind === 'message' ? -1 : 0);
      }
      await dataSource.query(`DELETE FROM projects WHERE workspace_id = $1`, [workspaceId]);
    });

    it('T18 are not brought back by storing them again while they are replaced or removed', async () => {
      const scope = await newScope();
      const documents = Array.from({ length: 60 }, (_, n) => searchDocument(scope, { text: 'fox', label: `n${n}` }));
      await put(...documents);

      await Promise.all([
        reindexer().run(),
        ...documents.map((document, n) =>
          n % 2
            ? database.run(() => simple().remove(scope.workspaceId, [document.id]))
            : database.run(() =>
                simple().put([
                  {
                    document: { ...document, id: newId(), text: 'owl' },
                    analysis: analyseDocument(document.label, 'owl', options),
                  },
                ]),
              ),
        ),
        reindexer().run(),
      ]);

      expect(await foundSimply(scope, 'fox')).toEqual([]);
      expect(await foundSimply(scope, 'owl')).toHaveLength(9);
      expect(await rowCounts(scope)).toMatchObject({ documents: 30, segments: 30, postings: 30 });
      await dataSource.query(`DELETE FROM projects WHERE workspace_id = $1`, [scope.workspaceId]);
    });

    it('stops when it is asked to', async () => {
      const scope = await newScope();
      await put(searchDocument(scope, { text: 'fox' }));

      expect(await reindexer().run(AbortSignal.abort())).toBe(0);

      expect(await found(scope, 'fox')).toHaveLength(1);
      await dataSource.query(`DELETE FROM projects WHERE workspace_id = $1`, [scope.workspaceId]);
    });
  });

  it('indexes and removes content of 1 MiB', async () => {
    const scope = await newScope();
    const filler = Array.from({ length: 170_000 }, (_, n) => `w${n % 5_000}`)
      .join(' ')
      .slice(0, (1 << 20) - 10);
    const document = searchDocument(scope, { text: `${filler} zephyr` });
    await put(document);

    expect(await found(scope, 'zephyr')).toEqual([document.id]);
    const [passage] = await index.passages(scope, [document.id], [{ term: 'zephyr', weight: 1 }]);
    expect(passage!.text).toMatch(/zephyr$/);

    await index.remove(scope.workspaceId, [document.id]);
    expect(await rowCounts(scope)).toEqual({ documents: 0, segments: 0, postings: 0, words: 0 });
  });

  it('T3 reports a change whose transaction began before the watermark and ended after it', async () => {
    const scope = await newScope();
    const [early, late] = [searchDocument(scope, { text: 'fox' }), searchDocument(scope, { text: 'fox' })];
    let release = () => {};
    const held = new Promise<void>((settle) => (release = settle));
    let written = () => {};
    const isWritten = new Promise<void>((settle) => (written = settle));
    const slow = database.run(async () => {
      await put(early);
      written();
      await held;
    });
    await isWritten;
    // A transaction with a later number commits first.
    await put(late);
    const since = await index.watermark();
    const changed = async () => {
      const ranking = { terms: [], averageLength: 1, asOfMs: 0, isGuess: false };
      const changes = await index.changesSince(scope, since, { ranking, phrases: [], exclusions: [], filters: {} }, 10);
      return changes?.pieces.map(({ id }) => id);
    };
    expect(await changed()).toEqual([]);
    release();
    await slow;
    expect(await changed()).toEqual([early.id]);
  });

  it('goes with its project, and writers of one project do not wait for each other', async () => {
    const scope = await newScope();
    await database.run(async () => {
      await put(searchDocument(scope, { text: 'fox', label: 'one' }));
      // Beside the open transaction.
      await database.outside(() => put(searchDocument(scope, { text: 'fox', label: 'two' })));
    });
    await dataSource.query('DELETE FROM projects WHERE id = $1', [scope.projectId]);
    expect(await dataSource.query('SELECT FROM search_changes WHERE project_id = $1', [scope.projectId])).toEqual([]);
  });
});
