import { FakeTransactionRunner } from '#database/testing';
import type { RerankService } from '#embedding';
import { DomainError } from '#kernel';
import { ManualClock } from '#kernel/testing';
import type { ProjectReader } from '#project';
import { analyseDocument } from './analysis/document-analysis.js';
import { analysisOptionsOf } from './analysis/words.js';
import { FreshSearch } from './fresh-search.js';
import { QueryReader } from './query-reader.js';
import { KeywordSearch } from './keyword-search.js';
import { HitArrangement } from './hit-arrangement.js';
import { LiteralSearch } from './literal-search.js';
import type { PastVersions } from './past-versions.js';
import type { PostgresHitTimes } from './persistence/postgres-hit-times.js';
import type { PostgresHitValidity } from './persistence/postgres-hit-validity.js';
import type { SearchDocument, SearchHit, SearchRequest } from './search.js';
import { SearchIndexService } from './search-index.service.js';
import { semanticSearchOf } from './testing/semantic-search.js';
import { FakeKeywordIndex } from './testing/fake-keyword-index.js';
import { FakeSemanticReader } from './testing/fake-semantic-reader.js';
import { RecordedChanges } from './testing/recorded-changes.js';
import { searchConfig } from './testing/search-config.js';
import { searchDocument, searchScope } from './testing/search-document.factory.js';

describe('FreshSearch', () => {
  const scope = searchScope();
  const config = searchConfig({ semanticTimeoutMs: 50 });
  const clock = new ManualClock();
  let index: FakeKeywordIndex;
  let reader: FakeSemanticReader;
  let reranker: { isOn: boolean; rerank: jest.Mock };
  let searches: FreshSearch;
  /** Of another time, which no index holds. */
  let past: SearchDocument[];

  beforeEach(() => {
    index = new FakeKeywordIndex();
    reader = new FakeSemanticReader();
    reader.isOn = false;
    reranker = { isOn: false, rerank: jest.fn() };
    const projects = {
      find: (workspaceId: string, slug: string) =>
        Promise.resolve(workspaceId === scope.workspaceId && slug === 'one' ? { id: scope.projectId } : undefined),
    } as unknown as ProjectReader;
    const semantic = semanticSearchOf(reader.asReader(), index, config);
    const reranking = reranker as unknown as RerankService;
    past = [];
    searches = new FreshSearch(
      projects,
      new QueryReader(index, config),
      new KeywordSearch(index),
      index,
      new LiteralSearch(index),
      semantic,
      reranking,
      new HitArrangement(
        { of: () => Promise.resolve(new Map()) } as unknown as PostgresHitValidity,
        { termsOf: () => Promise.resolve(new Map()) } as unknown as PostgresHitTimes,
      ),
      {
        documentsOf: async () => ({
          documents: past.map((document) => ({
            document,
            analysis: analyseDocument(document.label, document.text, analysisOptionsOf(config.language)),
          })),
          truncated: false,
        }),
      } as unknown as PastVersions,
      clock,
      config,
    );
  });

  const store = (...documents: SearchDocument[]) =>
    new SearchIndexService(index, new FakeTransactionRunner(), new RecordedChanges(), config).index(documents);
  /** Stores a text that lies so near to whatever is asked. */
  const storeAt = async (cosine: number | undefined, text: string, rest: Partial<SearchDocument> = {}) => {
    const document = searchDocument(scope, { text, ...rest });
    await store(document);
    if (cosine !== undefined) reader.cosines.set(document.id, cosine);
    return document.id;
  };
  const search = (query: string, rest: Partial<SearchRequest> = {}, workspaceId = scope.workspaceId) =>
    searches.search(workspaceId, { project: 'one', query, rerank: false, limit: 20, filters: {}, ...rest });
  const idsOf = (items: readonly SearchHit[]) => items.map(({ id }) => id);
  const away = new DomainError({ code: 'x', kind: 'unavailable', detail: 'The provider is away.' });

  it('answers hits with their scores and a snippet', async () => {
    const document = searchDocument(scope, { text: 'the red\nfox', label: 'x1', version: 3, priority: 'always_check' });
    await store(document);

    const answer = await search('fox');

    expect(answer).toMatchObject({ project: 'one', mode: 'keyword', degraded: false, reason: null });
    expect(answer.next).toBeUndefined();
    const [hit] = answer.items;
    expect(hit).toMatchObject({ kind: 'context', id: document.id, label: 'x1', version: 3, snippet: 'the red fox' });
    expect(hit!.score).toBeCloseTo(hit!.scores.keyword + hit!.scores.recency + hit!.scores.priority, 9);
  });

  it('says why it found nothing', async () => {
    const why = async (query: string, rest: Partial<SearchRequest> = {}) => (await search(query, rest)).emptyReason;
    expect(await why('fox')).toContain('holds nothing');
    await store(searchDocument(scope, { text: 'red fox', tags: ['north'] }));
    expect(await why('fox')).toBeNull();
    expect(await why('fox', { filters: { tags: ['south'] } })).toContain('none of them passes the filters');
    expect(await why('fox -red')).toContain('none of them passes');
    expect(await why('"fox red"')).toContain('none of them passes');
    expect(await why('fox', { filters: { minScore: 1_000 } })).toContain('less than minScore');
    expect(await why('windmill')).toContain('a word near to one');
    expect(await why('windmill')).toContain('nothing is compared by meaning: embeddings are');
    expect(await why('windmill', { weak: false })).toContain('weak=false');
    expect(await why('to be or not')).toContain('stop words alone');
    expect(await why('-fox')).toBeNull();
  });

  it('answers nothing for a project that nothing was written to, and for the same slug in another workspace', async () => {
    await store(searchDocument(scope, { text: 'fox' }));

    expect(await search('fox', { project: 'two' })).toMatchObject({
      project: 'two',
      items: [],
      degraded: false,
      reason: null,
      emptyReason: 'the project holds nothing that can be searched',
    });
    expect((await search('fox', {}, searchScope().workspaceId)).items).toEqual([]);
  });

  it.each(['semantic', 'hybrid'] as const)('T22 reports that %s search fell back to keywords', async (mode) => {
    await store(searchDocument(scope, { text: 'fox' }));

    const answer = await search('fox', { mode });

    expect(answer).toMatchObject({ mode: 'keyword', degraded: true, reason: 'embeddings are not enabled' });
    expect(answer.items).toHaveLength(1);
  });

  it('T22 reports that nothing was reranked', async () => {
    expect(await search('fox', { rerank: true })).toMatchObject({
      degraded: true,
      reason: 'no reranker is configured',
    });
    expect(await search('fox', { mode: 'keyword' })).toMatchObject({ degraded: false, reason: null });
  });

  it('T22 reports degradation in every answer, empty ones too', async () => {
    for (const query of ['fox', 'the', '?!', '"the"']) {
      expect(await search(query, { mode: 'hybrid' })).toMatchObject({
        degraded: true,
        reason: /^embeddings are not enabled/,
      });
      expect(await search(query, { mode: 'hybrid', project: 'two' })).toMatchObject({ degraded: true });
    }
  });

  it.each([
    ['?!', 'the query holds no word to look for, and no text holds it as it stands'],
    ['-"fox"', 'the query names nothing to look for'],
    ['to be of the', 'the query holds stop words alone, and no text holds them as they stand'],
  ])('says why %j finds nothing', async (query, reason) => {
    await store(searchDocument(scope, { text: 'to be or not to be a fox' }));

    expect(await search(query)).toMatchObject({ items: [], degraded: false, reason });
  });

  it('finds stop words and punctuation as they stand, newest first, under every filter', async () => {
    const first = await storeAt(undefined, 'to be or not to be: a fox?!', { createdAt: new Date(1), tags: ['a'] });
    const second = await storeAt(undefined, 'A fox is not to be?!', { createdAt: new Date(2) });

    expect(idsOf((await search('to be or not')).items)).toEqual([first]);
    expect(await search('not to be')).toMatchObject({
      items: [{ id: second, weak: false }, { id: first }],
      reason: null,
    });
    expect(idsOf((await search('?!')).items)).toEqual([second, first]);
    expect(idsOf((await search('?!', { filters: { tags: ['a'] } })).items)).toEqual([first]);
    expect((await search('?!', { filters: { minScore: 2 } })).items).toEqual([]);
    expect(idsOf((await search('fox "to be or not"')).items)).toEqual([first]);
    expect(idsOf((await search('fox -"to be or"')).items)).toEqual([second]);
    expect(idsOf((await search('to be -"or not"')).items)).toEqual([second]);

    const page = await search('to be', { limit: 1 });
    expect(idsOf(page.items)).toEqual([second]);
    const last = await search('to be', { limit: 1, after: page.next });
    expect(idsOf(last.items)).toEqual([first]);
    expect(last.next).toBeUndefined();
  });

  it('finds stop words and punctuation in versions of another time, and says where it looked at the newest alone', async () => {
    past = [searchDocument(scope, { text: 'to be?!' })];
    const asOf = clock.now();
    expect((await search('to be', { asOf })).items).toHaveLength(1);
    expect((await search('?!', { asOf })).items).toHaveLength(1);
    const holding = jest.spyOn(index, 'holding').mockResolvedValue({ documents: [], isPartial: true });
    expect((await search('to be')).reason).toContain('only the newest texts');
    expect(holding).toHaveBeenCalledWith(scope, expect.objectContaining({ words: 'to be', mostSegments: 3_000 }));
  });

  it('leaves out what stands behind a dash only where that is no option of a command', async () => {
    const container = await storeAt(undefined, 'docker run -p 8080:80 -it -name web nginx');
    const lamp = await storeAt(undefined, 'The keeper repairs the lantern.');
    const home = await storeAt(undefined, 'The keeper went home.');

    expect(idsOf((await search('docker run -p 8080:80')).items)).toEqual([container]);
    expect(idsOf((await search('docker -it')).items)).toEqual([container]);
    expect(await search('docker -name')).toMatchObject({
      items: [{ id: container }],
      degraded: false,
      reason: '-name is looked for, since a text holds it; write -"name" to leave it out',
    });
    expect((await search('docker -"name"')).items).toEqual([]);
    expect(await search('keeper -lantern')).toMatchObject({ items: [{ id: home }], reason: null });
    expect(idsOf((await search('keeper -the')).items).toSorted()).toEqual([lamp, home].toSorted());
    expect(idsOf((await search('-lantern')).items)).toEqual([lamp]);
  });

  it('takes a version of another time for a text that holds an option', async () => {
    past = [searchDocument(scope, { text: 'docker -web nginx' })];
    const asOf = clock.now();
    expect((await search('docker -web', { asOf })).items).toHaveLength(1);
  });

  it('marks what holds only near words as weak, says so, and leaves it out where it is not wanted', async () => {
    const near = await storeAt(undefined, 'the lanternkeeper');
    await storeAt(undefined, 'a hill');

    expect(await search('lantern')).toMatchObject({
      items: [{ id: near, weak: true }],
      degraded: false,
      reason: expect.stringContaining('no text holds these words'),
    });
    expect((await search('lantern', { weak: false })).items).toEqual([]);
    expect(await search('hill')).toMatchObject({ items: [{ weak: false }], reason: null });
    expect(await search('hill', { weak: false })).toMatchObject({ items: [{ weak: false }] });
    expect((await search('lantern', { filters: { minScore: 100 } })).items).toEqual([]);
  });

  it('T21 pages through weak hits as such', async () => {
    for (let i = 0; i < 3; i++) await storeAt(undefined, `lanternkeeper${'x'.repeat(i)}`);
    const first = await search('lantern', { limit: 2 });
    const second = await search('lantern', { limit: 2, after: first.next });
    expect([...first.items, ...second.items].map(({ weak }) => weak)).toEqual([true, true, true]);
  });

  it('T40 answers nothing, without a reason, where a filter leaves nothing', async () => {
    await store(searchDocument(scope, { text: 'fox', tags: ['north'] }));

    expect(await search('fox', { filters: { tags: ['south'] } })).toMatchObject({ items: [], reason: null });
  });

  it('T21 pages by the ranking of the first page', async () => {
    for (let n = 0; n < 7; n++) await store(searchDocument(scope, { text: `fox${' hill'.repeat(n)}` }));
    const whole = (await search('fox')).items;

    const walked: SearchHit[] = [];
    let after: SearchRequest['after'];
    do {
      const answer = await search('fox', { limit: 3, after });
      walked.push(...answer.items);
      after = answer.next;
      clock.advance(24 * 60 * 60 * 1000);
      await store(searchDocument(scope, { text: 'lake '.repeat(100) }));
    } while (after !== undefined);

    const withoutRanks = (hits: readonly SearchHit[]) => hits.map((hit) => ({ ...hit, channels: {} }));
    expect(withoutRanks(walked)).toEqual(withoutRanks(whole));
  });

  it('says that there is a next page only where there is one', async () => {
    for (let n = 0; n < 3; n++) await store(searchDocument(scope, { text: 'fox' }));

    expect((await search('fox', { limit: 3 })).next).toBeUndefined();
    expect((await search('fox', { limit: 2 })).next).toBeDefined();
  });

  it('leaves out what was removed after it was ranked', async () => {
    const document = searchDocument(scope, { text: 'fox' });
    await store(document);
    const ranked = index.rank.bind(index);
    index.rank = async (...args) => {
      const found = await ranked(...args);
      await index.remove(scope.workspaceId, [document.id]);
      return found;
    };

    expect((await search('fox')).items).toEqual([]);
  });

  it('lets errors of the index through', async () => {
    index.statistics = () => Promise.reject(new DomainError({ code: 'x', kind: 'unavailable', detail: 'away' }));

    await expect(search('fox')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  describe('with embeddings', () => {
    beforeEach(() => {
      reader.isOn = true;
    });

    it('is hybrid where no mode is asked for, and finds what either channel finds', async () => {
      const both = await storeAt(0.9, 'a red fox');
      const byWords = await storeAt(undefined, 'a fox');
      const byMeaning = await storeAt(0.8, 'a vixen');

      const { mode, items, degraded } = await search('fox');

      expect(mode).toBe('hybrid');
      expect(degraded).toBe(false);
      expect(items[0]?.id).toBe(both);
      expect(new Set(idsOf(items))).toEqual(new Set([both, byWords, byMeaning]));
      expect(items.find(({ id }) => id === byMeaning)).toMatchObject({ snippet: 'a vixen', scores: { keyword: 0 } });
    });

    it('explains each score: shares that add up to it, and the rank in each channel', async () => {
      await storeAt(0.9, 'a red fox', { priority: 'always_check' });
      await storeAt(0.5, 'a fox');
      const { items } = await search('fox');
      for (const { score, scores, channels } of items) {
        expect(scores.keyword + scores.semantic + scores.recency + scores.priority).toBeCloseTo(score, 9);
        expect(channels.keyword?.rank).toBeGreaterThan(0);
        expect(channels.semantic?.rank).toBeGreaterThan(0);
      }
      expect(items[0]?.scores.priority).toBeGreaterThan(0);
      expect(items[0]?.channels.semantic?.score).toBeGreaterThan(0.9);
    });

    it('asks vectors alone in semantic mode, with their cosines as scores', async () => {
      const near = await storeAt(0.7, 'a vixen');
      await storeAt(undefined, 'a fox');
      const { mode, items } = await search('fox', { mode: 'semantic' });
      expect(mode).toBe('semantic');
      expect(idsOf(items)).toEqual([near]);
      expect(items[0]?.scores.semantic).toBeCloseTo(0.7, 9);
    });

    it('asks no vectors in keyword mode', async () => {
      await storeAt(0.9, 'a vixen');
      expect((await search('fox', { mode: 'keyword' })).items).toEqual([]);
      expect(reader.asked).toEqual([]);
    });

    it('embeds what is looked for, without quotes and exclusions, under the filters', async () => {
      const filters = { tags: ['north'], priority: 'important' as const };
      await search('where is "the red fox" -blue', { filters: { ...filters, minScore: 0 } }, scope.workspaceId);
      expect(reader.asked).toEqual([
        expect.objectContaining({ ...scope, text: 'where is the red fox', filters, billedPrincipal: undefined }),
      ]);
    });

    it('T40 holds what is near to phrases and exclusions too, and still finds its limit', async () => {
      for (let n = 0; n < 250; n++) await storeAt(0.9 - n / 1000, 'red fox');
      const blue = await storeAt(0.1, 'blue fox');
      expect(idsOf((await search('fox -red', { mode: 'semantic' })).items)).toEqual([blue]);
      expect(idsOf((await search('"blue fox"', { mode: 'semantic' })).items)).toEqual([blue]);
    });

    it.each(['hybrid', 'semantic'] as const)('T22 falls back to keywords in %s mode, and says why', async (mode) => {
      const fox = await storeAt(0.9, 'a fox');
      reader.failure = away;
      const answer = await search('fox', { mode });
      expect(answer).toMatchObject({ mode: 'keyword', degraded: true, reason: 'The provider is away' });
      expect(idsOf(answer.items)).toEqual([fox]);
    });

    it('lets what holds the words follow what lies near in the sense of a lexical embedder', async () => {
      reader.kind = 'lexical';
      const near = await storeAt(0.5, 'foxes');
      const holding = await storeAt(0.01, `a long text that holds 🚀 and fox ${'and more '.repeat(50)}`);

      const { items } = await search('fox', { mode: 'semantic' });
      expect(idsOf(items)).toEqual([near, holding]);
      expect(items[1]!.score).toBeLessThan(0.25);
      expect(items[1]!.scores.semantic).toBe(0);
      expect(idsOf((await search('🚀', { mode: 'semantic' })).items)).toContain(holding);
    });

    it('T22 does not wait for a provider that is too slow', async () => {
      await storeAt(0.9, 'a fox');
      let release = () => {};
      reader.hold = new Promise((settle) => (release = settle));
      const answer = await search('fox');
      release();
      expect(answer).toMatchObject({
        mode: 'keyword',
        degraded: true,
        reason: 'the embedding provider took more than 50 ms',
      });
    });

    it('T22 reports that pgvector is missing', async () => {
      await storeAt(0.9, 'a fox');
      reader.method = 'scan';
      expect(await search('fox')).toMatchObject({
        mode: 'hybrid',
        degraded: true,
        reason: 'the database has no pgvector, so every vector was compared outside of it',
      });
    });

    it('T22 reports what is not embedded yet: a fault where only vectors are asked', async () => {
      await storeAt(0.9, 'a fox');
      reader.waiting = 2;
      const reason = '2 of 3 contexts are not embedded yet';
      expect(await search('fox')).toMatchObject({ degraded: false, reason });
      expect(await search('fox', { mode: 'semantic' })).toMatchObject({ degraded: true, reason });
    });

    it('T22 finds by its words what has no vector yet, where only vectors are asked', async () => {
      await storeAt(0.9, 'a fox');
      const late = await storeAt(undefined, 'another fox');
      reader.waiting = 1;
      const answer = await search('fox', { mode: 'semantic' });
      expect(answer.items.map(({ id }) => id)).toContain(late);
      expect(answer).toMatchObject({ mode: 'hybrid', degraded: true, reason: '1 of 2 contexts are not embedded yet' });
    });

    it('T22 says what has no vector yet, however many have one', async () => {
      for (let n = 0; n < 30; n++) await storeAt(0.5, `fox ${n}`);
      reader.waiting = 1;
      for (const mode of ['hybrid', 'semantic'] as const)
        expect((await search('fox', { mode, limit: 2 })).reason).toBe('1 of 31 contexts are not embedded yet');
    });

    it.each(['semantic', 'weak'] as const)(
      'marks what a %s embedder finds without a word of the query',
      async (kind) => {
        reader.kind = kind;
        const stripe = await storeAt(0.6, 'Stripe charges customers');
        await storeAt(0.3, 'a lake');

        const answer = await search('how do we handle money');
        expect(answer).toMatchObject({
          items: [{ id: stripe, weak: true, scores: { keyword: 0 } }, { weak: true }],
          degraded: false,
          reason: 'no text holds these words; what was found is near by their vectors (voyage/voyage-4@4)',
        });
        expect(await search('money', { weak: false })).toMatchObject({
          items: [],
          emptyReason: expect.stringContaining('weak=false'),
        });
        expect((await search('money', { filters: { tags: ['pay'] } })).items).toHaveLength(2);
        expect(reader.asked.at(-1)?.filters).toMatchObject({ tags: ['pay'] });
        expect((await search('money', { filters: { kinds: ['message'] } })).items).toEqual([]);
        const least = answer.items[0]!.score * 0.9;
        expect(idsOf((await search('money', { filters: { minScore: least } })).items)).toEqual([stripe]);
        const none = await search('money', { filters: { minScore: 2 } });
        expect(none).toMatchObject({ items: [], emptyReason: expect.stringContaining('minScore') });
        // Asked for meaning, words are no measure; and where words are held, they are meant.
        expect((await search('money', { mode: 'semantic' })).items).toMatchObject([{ weak: false }, { weak: false }]);
        expect((await search('lake')).items).toMatchObject([{ weak: false }, { weak: false }]);
      },
    );

    it('brings weak hits up to date, and makes them again once a text holds the words', async () => {
      const stripe = await storeAt(0.6, 'Stripe charges customers');
      const request = { project: 'one', query: 'money', rerank: false, limit: 20, filters: {} } as const;
      const { answer, remembered } = await searches.find(scope.workspaceId, request);
      expect(answer.items).toMatchObject([{ id: stripe, weak: true }]);

      const invoice = await storeAt(0.7, 'an invoice');
      expect(await searches.update(scope.workspaceId, request, remembered!)).toMatchObject({
        items: [
          { id: invoice, weak: true },
          { id: stripe, weak: true },
        ],
        reason: expect.stringContaining('near by their vectors'),
      });
      const holding = await storeAt(undefined, 'money');
      expect(await searches.update(scope.workspaceId, request, remembered!)).toBeUndefined();
      expect((await search('money')).items[0]).toMatchObject({ id: holding, weak: false });
    });

    it('says how weak hits were found where both channels found some', async () => {
      const kept = await storeAt(0.1, 'the lanternkeeper');
      await storeAt(0.6, 'a torch');
      const { items, reason } = await search('lantern');
      expect(idsOf(items)).toContain(kept);
      expect(reason).toContain('parts of words, near to them, or is near by their vectors');
    });

    it('leaves stop words to an embedder of meaning, not to a lexical one', async () => {
      const id = await storeAt(0.9, 'to be or not to be a fox');
      expect(idsOf((await search('to be or not to be')).items)).toEqual([id]);
      reader.kind = 'lexical';
      expect(idsOf((await search('to be or not to be')).items)).toEqual([id]);
      expect(await search('of the')).toMatchObject({
        items: [],
        reason: expect.stringContaining('the query holds stop words alone'),
      });
    });

    it('does not take chance likeness of letters for a find', async () => {
      reader.kind = 'lexical';
      await storeAt(0.05, 'lake');
      expect((await search('fox')).items).toEqual([]);
    });

    it('leaves out what scores lower than asked for', async () => {
      await storeAt(0.7, 'a vixen');
      await storeAt(0.2, 'a lake');
      const { items } = await search('fox', { mode: 'semantic', filters: { minScore: 0.5 } });
      expect(items.map(({ snippet }) => snippet)).toEqual(['a vixen']);
    });

    it.each(['hybrid', 'semantic'] as const)('T21 pages through %s exactly once while others write', async (mode) => {
      const there = [];
      for (let n = 0; n < 45; n++) there.push(await storeAt(0.9 - n / 100, `fox${' hill'.repeat(n)}`));
      const walked: string[] = [];
      let after: SearchRequest['after'];
      do {
        const answer = await search('fox', { mode, limit: 7, after });
        walked.push(...idsOf(answer.items));
        after = answer.next;
        // New ones come in at the top, and old ones trade places.
        await storeAt(0.99, 'fox');
        reader.cosines.set(there[44]!, 0.95);
      } while (after !== undefined);
      expect(new Set(walked).size).toBe(walked.length);
      expect(walked).toEqual(expect.arrayContaining(there));
    });

    it('T21 goes on without vectors from where it was, and shows nothing twice', async () => {
      for (let n = 0; n < 9; n++) await storeAt(0.9 - n / 100, `fox${' hill'.repeat(n)}`);
      const first = await search('fox', { limit: 4 });
      reader.failure = away;
      const second = await search('fox', { limit: 4, after: first.next });
      reader.failure = undefined;
      const third = await search('fox', { limit: 4, after: second.next });
      expect(second).toMatchObject({ mode: 'keyword', degraded: true });
      expect(new Set([first, second, third].flatMap(({ items }) => idsOf(items))).size).toBe(9);
      expect(third.next).toBeUndefined();
    });

    it('T22 says that a search that began with keywords goes on with them', async () => {
      for (let n = 0; n < 3; n++) await storeAt(0.9, 'fox');
      reader.failure = away;
      const first = await search('fox', { limit: 2 });
      reader.failure = undefined;
      expect(await search('fox', { mode: 'hybrid', limit: 2, after: first.next })).toMatchObject({
        mode: 'keyword',
        degraded: true,
        reason: 'the search began with keywords alone',
      });
    });

    it('orders the best by a reranker, and reports its score', async () => {
      const [first, second] = [
        await storeAt(0.9, 'a red fox', { label: 'l1' }),
        await storeAt(0.5, 'a fox', { label: 'l2' }),
      ];
      reranker.isOn = true;
      reranker.rerank.mockResolvedValue([0.1, 0.8]);
      const { items, degraded } = await search('fox', { rerank: true });
      expect(degraded).toBe(false);
      expect(items.map(({ id, score }) => [id, score])).toEqual([
        [second, 0.8],
        [first, 0.1],
      ]);
      expect(items[0]?.scores.rerank).toBe(0.8);
      expect(reranker.rerank).toHaveBeenCalledWith(
        expect.objectContaining({ query: 'fox', documents: ['l1\n\na red fox', 'l2\n\na fox'] }),
      );
    });

    it('T22 keeps the order it has where the reranker fails, and says so', async () => {
      const first = await storeAt(0.9, 'a red fox');
      await storeAt(0.5, 'a fox');
      reranker.isOn = true;
      reranker.rerank.mockRejectedValue(away);
      const { items, degraded, reason } = await search('fox', { rerank: true });
      expect(items[0]?.id).toBe(first);
      expect(degraded).toBe(true);
      expect(reason).toBe('not reranked: The provider is away');
    });
  });
});
