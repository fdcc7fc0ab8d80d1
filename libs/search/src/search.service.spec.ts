import { DomainError } from '#kernel';
import { ManualClock } from '#kernel/testing';
import type { ProjectService } from '#project';
import { KeywordSearch } from './keyword-search.js';
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

  beforeEach(() => {
    index = new FakeKeywordIndex();
    const projects = {
      find: (workspaceId: string, slug: string) =>
        Promise.resolve(workspaceId === scope.workspaceId && slug === 'one' ? { id: scope.projectId } : undefined),
    } as unknown as ProjectService;
    searches = new SearchService(projects, new KeywordSearch(index), index, clock, config);
  });

  const store = (...documents: SearchDocument[]) => new SearchIndexService(index, config).index(documents);
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
