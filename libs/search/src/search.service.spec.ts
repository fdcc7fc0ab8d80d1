import { FakeTransactionRunner } from '#database/testing';
import { DomainError, newId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import type { ProjectService } from '#project';
import type { SessionEntry, SessionReader } from '#session';
import { KeywordSearch } from './keyword-search.js';
import { LiveEntries } from './live-entries.js';
import type { SearchDocument, SearchRequest } from './search.js';
import { SearchIndexService } from './search-index.service.js';
import { SearchService } from './search.service.js';
import { FakeKeywordIndex } from './testing/fake-keyword-index.js';
import { searchDocument, searchScope } from './testing/search-document.factory.js';

describe('SearchService', () => {
  const scope = searchScope();
  const config = { language: 'english' };
  const clock = new ManualClock();
  let index: FakeKeywordIndex;
  let searches: SearchService;
  let entries: SessionEntry[];

  beforeEach(() => {
    index = new FakeKeywordIndex();
    const projects = {
      find: (workspaceId: string, slug: string) =>
        Promise.resolve(workspaceId === scope.workspaceId && slug === 'one' ? { id: scope.projectId } : undefined),
    } as unknown as ProjectService;
    entries = [];
    const sessions = {
      liveEntries: (_workspaceId: string, _projectId: string, limit: number) =>
        Promise.resolve(entries.slice(0, limit)),
    } as unknown as SessionReader;
    const live = new LiveEntries(sessions, config);
    searches = new SearchService(projects, new KeywordSearch(index), index, live, clock, config);
  });

  const store = (...documents: SearchDocument[]) =>
    new SearchIndexService(index, new FakeTransactionRunner(), config).index(documents);
  const search = (query: string, rest: Partial<SearchRequest> = {}, workspaceId = scope.workspaceId) =>
    searches.search(workspaceId, { project: 'one', query, rerank: false, limit: 20, filters: {}, ...rest });

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

  describe('live', () => {
    const entry = (text: string) =>
      ({ ...scope, id: newId(), sessionId: newId(), kind: 'progress', text, createdAt: clock.now() }) as SessionEntry;

    it('includes what open sessions wrote, and only where it is asked for', async () => {
      await store(searchDocument(scope, { text: 'the red fox', label: 'x1' }));
      entries = [entry('saw a fox and an otter')];
      expect((await search('fox')).items.map(({ kind }) => kind)).toEqual(['context']);
      expect((await search('otter')).items).toEqual([]);
      const both = (await search('fox', { live: true })).items;
      expect(both.map(({ kind }) => kind).toSorted()).toEqual(['context', 'entry']);
      expect((await search('otter', { live: true })).items).toMatchObject([
        { kind: 'entry', id: entries[0]!.id, snippet: 'saw a fox and an otter' },
      ]);
    });

    it('finds words in a project that has nothing else', async () => {
      entries = [entry('otter')];
      expect((await search('otter', { live: true })).items).toHaveLength(1);
      expect((await search('badger', { live: true })).items).toEqual([]);
    });

    it('says so where there is more than it looks at', async () => {
      entries = Array.from({ length: 501 }, () => entry('otter'));
      const answer = await search('otter', { live: true, limit: 100 });
      expect(answer).toMatchObject({ degraded: false, reason: expect.stringContaining('only the newest') });
      entries.pop();
      expect(await search('otter', { live: true })).toMatchObject({ reason: null });
      entries = Array.from({ length: 41 }, () => entry('x'.repeat(10_000)));
      expect((await search('otter', { live: true })).reason).toContain('only the newest');
    });
  });

  it('answers nothing for a project that nothing was written to, and for the same slug in another workspace', async () => {
    await store(searchDocument(scope, { text: 'fox' }));

    expect(await search('fox', { project: 'two' })).toMatchObject({
      project: 'two',
      items: [],
      degraded: false,
      reason: null,
    });
    expect((await search('fox', {}, searchScope().workspaceId)).items).toEqual([]);
  });

  it.each(['semantic', 'hybrid'] as const)('T22 tells that %s search fell back to keywords', async (mode) => {
    await store(searchDocument(scope, { text: 'fox' }));

    const answer = await search('fox', { mode });

    expect(answer).toMatchObject({ mode: 'keyword', degraded: true, reason: 'embeddings are not enabled' });
    expect(answer.items).toHaveLength(1);
  });

  it('T22 tells that nothing was reranked', async () => {
    expect(await search('fox', { rerank: true })).toMatchObject({
      degraded: true,
      reason: 'no reranker is configured',
    });
    expect(await search('fox', { mode: 'keyword' })).toMatchObject({ degraded: false, reason: null });
  });

  it('T22 tells degradation in every answer, empty ones too', async () => {
    for (const query of ['fox', 'the', '?!', '"the"']) {
      expect(await search(query, { mode: 'hybrid' })).toMatchObject({
        degraded: true,
        reason: /^embeddings are not enabled/,
      });
      expect(await search(query, { mode: 'hybrid', project: 'two' })).toMatchObject({ degraded: true });
    }
  });

  it.each([
    ['?!', 'the query holds no word to look for'],
    ['-fox', 'the query holds no word to look for'],
    ['to be or not to be', 'the query holds stop words alone'],
    ['fox "to be"', 'a phrase or an exclusion holds stop words alone, which are not indexed'],
    ['fox -the', 'a phrase or an exclusion holds stop words alone, which are not indexed'],
  ])('says why %j finds nothing', async (query, reason) => {
    await store(searchDocument(scope, { text: 'to be or not to be a fox' }));

    expect(await search(query)).toMatchObject({ items: [], degraded: false, reason });
  });

  it('T40 answers nothing, without a reason, where a filter leaves nothing', async () => {
    await store(searchDocument(scope, { text: 'fox', tags: ['north'] }));

    expect(await search('fox', { filters: { tags: ['south'] } })).toMatchObject({ items: [], reason: null });
  });

  it('T21 pages by the ranking of the first page', async () => {
    for (let n = 0; n < 7; n++) await store(searchDocument(scope, { text: `fox${' hill'.repeat(n)}` }));
    const whole = (await search('fox')).items;

    const walked = [];
    let after: SearchRequest['after'];
    do {
      const answer = await search('fox', { limit: 3, after });
      walked.push(...answer.items);
      after = answer.next;
      clock.advance(24 * 60 * 60 * 1000);
      await store(searchDocument(scope, { text: 'lake '.repeat(100) }));
    } while (after !== undefined);

    expect(walked).toEqual(whole);
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
});
