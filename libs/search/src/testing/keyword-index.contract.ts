import { newId, type SessionId } from '#kernel';
import { analyseDocument } from '../analysis/document-analysis.js';
import type { HoldingRequest, KeywordIndex, RankRequest } from '../persistence/keyword-index.js';
import { KeywordSearch } from '../keyword-search.js';
import { analyseQuery } from '../analysis/query-analysis.js';
import { SCORE_UNIT } from '../ranking/bm25.js';
import { type SearchDocument, type SearchScope, sumOf } from '../search.js';
import { searchDocument, searchScope } from './search-document.factory.js';

const options = { foldAccents: true };
const asOfMs = Date.UTC(2030, 0, 1);

interface KeywordIndexSubject {
  readonly index: KeywordIndex;
  /** A new project in a new workspace, or in that of another scope. */
  newScope(adHoc?: SearchScope): Promise<SearchScope>;
  /** A session that works in the project. */
  newSession(scope: SearchScope): Promise<SessionId>;
}

/**
 * What every keyword index does. Its texts use words that are their own stems, so that an index without a stemmer
 * can be held to it.
 */
export function describeKeywordIndex(subject: () => KeywordIndexSubject): void {
  let index: KeywordIndex;
  let scope: SearchScope;

  beforeEach(async () => {
    index = subject().index;
    scope = await subject().newScope();
  });

  async function put(...documents: SearchDocument[]): Promise<void> {
    await index.put(
      documents.map((document) => ({ document, analysis: analyseDocument(document.label, document.text, options) })),
    );
  }

  async function store(text: string, rest: Partial<SearchDocument> = {}): Promise<string> {
    const document = searchDocument(scope, { text, ...rest });
    await put(document);
    return document.id;
  }

  async function rank(query: string, request: Partial<RankRequest> = {}, where = scope) {
    const analysis = analyseQuery(query, options);
    const ranking = await new KeywordSearch(index).rankingOf(where, analysis, asOfMs);
    if (ranking === undefined) return [];
    return index.rank(where, {
      ranking,
      phrases: analysis.phrases,
      exclusions: analysis.exclusions,
      filters: {},
      limit: 100,
      ...request,
    });
  }

  const found = async (query: string, request: Partial<RankRequest> = {}, where = scope) =>
    (await rank(query, request, where)).map(({ id }) => id);

  describe('ranking', () => {
    it('finds documents that hold any of the words, those that hold more of them first', async () => {
      const one = await store('the cat sat');
      const both = await store('the cat met a dog');
      await store('a bird sang');

      expect(await found('cat dog')).toEqual([both, one]);
    });

    it('counts a rare word for more than a common one', async () => {
      const common = await store('tree');
      const rare = await store('moon');
      for (let i = 0; i < 5; i++) await store('tree grass');

      const ids = await found('tree moon');

      expect(ids[0]).toBe(rare);
      expect(ids[1]).toBe(common);
    });

    it('gives BM25 with k1 1.2 and b 0.5', async () => {
      const id = await store('fox fox hill');
      await store('hill');
      await store('lake');

      const [hit] = await rank('fox');

      // idf = ln(1 + (3 - 1 + 0.5) / (1 + 0.5)); lengths 3, 1, 1.
      const norm = 1.2 * (1 - 0.5 + (0.5 * 3) / (5 / 3));
      const expected = Math.log(1 + 2.5 / 1.5) * ((2 * 2.2) / (2 + norm));
      expect(hit?.id).toBe(id);
      expect(hit!.keywordScore / SCORE_UNIT).toBeCloseTo(expected, 5);
    });

    it('ranks a document by its best passage, a little less the more it has', async () => {
      const filler = (word: string) => `${`${word} `.repeat(60)}\n`;
      const long = await store(`${filler('lake')}fox fox hill\n${filler('lake')}${filler('lake')}`);
      const short = await store(`fox fox hill\n${filler('lake')}`);
      await store(`${filler('fox')}${filler('lake')}${filler('hill')}`);

      const hits = await rank('fox hill');

      const [first, second] = hits;
      expect([first?.id, second?.id]).toEqual([short, long]);
      expect(second!.keywordScore).toBeGreaterThan(0.85 * first!.keywordScore);
    });

    it('counts a word that the query repeats once more', async () => {
      await store('fox hill');
      await store('lake');

      const [once] = await rank('fox');
      const [twice] = await rank('fox fox');

      expect(twice!.keywordScore).toBeCloseTo(2 * once!.keywordScore, -1);
    });

    it('adds the boosts to the score and says what each gave', async () => {
      await store('fox', { priority: 'always_check', createdAt: new Date(asOfMs) });
      await store('fox', { priority: 'reference', createdAt: new Date(asOfMs - 31 * 24 * 60 * 60 * 1000) });

      const [first, second] = await rank('fox');

      for (const hit of [first!, second!]) expect(hit.score).toBe(hit.keywordScore + sumOf(hit.boosts));
      expect(first!.keywordScore).toBe(second!.keywordScore);
      expect(first!.boosts.recency).toBeCloseTo(0.02 * first!.keywordScore, -1);
      expect(second!.boosts.recency).toBeCloseTo(0.01 * second!.keywordScore, -1);
      expect(first!.boosts.priority).toBeCloseTo(0.02 * first!.keywordScore, -1);
      expect(second!.boosts.priority).toBe(0);
    });

    it('puts a boosted document before one of a slightly higher lexical score, on a short page as well', async () => {
      const texts = ['fox', 'fox lake', 'fox lake hill'];
      for (const text of texts)
        for (let i = 0; i < 20; i++)
          await store(text, {
            priority: i % 2 ? 'reference' : 'always_check',
            createdAt: new Date(asOfMs - i * 24 * 60 * 60 * 1000),
          });

      const all = await found('fox');

      expect(all).toHaveLength(60);
      for (const limit of [1, 2, 5, 19, 20, 21, 59]) expect(await found('fox', { limit })).toEqual(all.slice(0, limit));
    });

    it('finds signs, which make no document longer', async () => {
      const plain = await store('fox hill');
      const signed = await store('fox -> hill 🚀 ✅ => € :: C++ -name');
      await store('lake');

      const hits = await rank('fox');
      expect(new Set(hits.map(({ id }) => id))).toEqual(new Set([plain, signed]));
      const longer = await rank('fox c');
      expect(longer.find(({ id }) => id === signed)!.score).toBeGreaterThan(0);
      for (const query of ['🚀', '->', '=>', '€', '::', '++']) expect(await found(query)).toEqual([signed]);
      expect(await found('🎉')).toEqual([]);
    });

    it('finds a document of signs alone', async () => {
      const id = await store('🚀🚀 ✅');
      await store('✅');

      expect(await found('🚀')).toEqual([id]);
      expect(await found('✅')).toHaveLength(2);
    });

    it('finds a document by the significant words of its label', async () => {
      const id = await store('nothing of that', { label: 'harbour-D1:3' });

      expect(await found('harbour')).toEqual([id]);
      expect(await found('3')).toEqual([]);
    });

    it('finds nothing in an empty project', async () => {
      expect(await found('fox')).toEqual([]);
    });
  });

  describe('what was said', () => {
    const said = (text: string, number: number, rest: Partial<SearchDocument> = {}) =>
      store(text, {
        kind: 'message',
        label: undefined,
        version: undefined,
        priority: undefined,
        role: 'user',
        place: { threadId, number },
        ...rest,
      });
    let threadId: string;

    beforeEach(() => {
      threadId = newId();
    });

    it('gains by what was said right before and after, of which it says so', async () => {
      await said('fox hill', 1);
      const between = await said('fox', 2);
      await said('fox hill lake', 3);
      const twoAway = await said('fox', 5);
      const alone = await said('fox', 9);
      await said('fox', 3, { place: { threadId: newId(), number: 8 } });

      const hits = await rank('fox');

      const of = (id: string) => hits.find((hit) => hit.id === id)!;
      for (const hit of hits) expect(hit.score).toBe(hit.keywordScore + sumOf(hit.boosts));
      expect(of(alone).boosts.neighbours).toBe(0);
      const [one] = hits.filter(({ id }) => id !== between).toSorted((a, b) => b.keywordScore - a.keywordScore);
      expect(of(between).boosts.neighbours).toBeGreaterThan(0.2 * one!.keywordScore);
      expect(of(twoAway).boosts.neighbours).toBeGreaterThan(0);
      expect(of(twoAway).boosts.neighbours).toBeLessThan(of(between).boosts.neighbours);
    });

    it('is not found by what was said around it', async () => {
      const id = await said('fox', 1);
      await said('lake', 2);

      expect(await found('fox')).toEqual([id]);
    });

    it('counts for less where no person said it', async () => {
      const [person, model] = [await said('fox', 1), await said('fox', 5, { role: 'assistant' })];

      const [first, second] = await rank('fox');

      expect([first?.id, second?.id]).toEqual([person, model]);
      expect(first!.boosts.role).toBe(0);
      expect(second!.boosts.role / second!.keywordScore).toBeCloseTo(-0.3, 5);
    });

    it('counts for more where the query names who said it, also contexts that name them', async () => {
      const mine = await said('a fox', 1, { author: 'Marlow Finch' });
      const other = await said('a fox', 5, { author: 'Tamsin' });
      const context = await store('a fox for marlow');
      await store('lake');

      const hits = await rank('fox of marlow');
      const authorOf = (id: string) => hits.find((hit) => hit.id === id)!.boosts.author;

      expect(hits.map(({ id }) => id)).toEqual([context, mine, other]);
      expect(authorOf(mine) / hits[1]!.keywordScore).toBeCloseTo(0.5, 5);
      expect(authorOf(context)).toBeGreaterThan(0);
      expect(authorOf(other)).toBe(0);
      // A name alone finds what names them, not all that they said.
      expect(await found('marlow')).toEqual([context]);
      const unnamed = await rank('fox lake');
      expect(unnamed.every(({ boosts }) => boosts.author === 0)).toBe(true);
    });

    it('counts for more where it was said when the query says', async () => {
      const then = await said('fox', 1, { createdAt: new Date(Date.UTC(2029, 4, 8, 12)) });
      const later = await said('fox', 5, { createdAt: new Date(Date.UTC(2029, 4, 9)) });
      const context = await store('fox', { createdAt: new Date(Date.UTC(2029, 4, 8, 12)) });

      const hits = await rank('fox on 8 May 2029');

      expect(hits[0]?.id).toBe(then);
      const timeOf = (id: string) => hits.find((hit) => hit.id === id)!.boosts.time;
      expect(timeOf(then) / hits[0]!.keywordScore).toBeCloseTo(0.5, 5);
      expect([timeOf(later), timeOf(context)]).toEqual([0, 0]);
      expect((await rank('fox on 8 May 2029', { limit: 1 })).map(({ id }) => id)).toEqual([then]);
    });

    it('leaves no name behind where it is removed', async () => {
      const id = await said('a fox', 1, { author: 'Marlow' });
      expect((await index.statistics(scope, 'marlow')).terms).toMatchObject([{ isName: true, passageFrequency: 0 }]);

      await index.remove(scope.workspaceId, [id]);

      expect((await index.statistics(scope, 'marlow')).terms).toMatchObject([{ isName: false, passageFrequency: 0 }]);
    });

    it('is ranked otherwise where what stands around it has changed or gone', async () => {
      const ids = [];
      for (let number = 1; number <= 9; number++) ids.push(await said(`fox ${'hill '.repeat(number % 3)}`, number));
      const ranking = { terms: [{ term: 'fox', weight: 1_000_000 }], averageLength: 1.5, asOfMs, isGuess: false };
      const request = { ranking, phrases: [], exclusions: [], filters: {} };
      const since = await index.watermark();

      await index.remove(scope.workspaceId, [ids[4]!]);

      const changes = await index.changesSince(scope, since, request, 1);
      expect(changes?.pieces.map(({ id }) => id).toSorted()).toEqual(ids.slice(2, 7).toSorted());
      const all = await index.rank(scope, { ...request, limit: 100 });
      const affected = new Set(changes?.pieces.map(({ id }) => id));
      expect(changes?.ranked).toEqual(all.filter(({ id }) => affected.has(id)));
      expect(changes?.ranked).toHaveLength(4);
    });
  });

  describe('operators and filters', () => {
    it('requires a phrase as it stands', async () => {
      const inOrder = await store('a red fox ran');
      await store('a fox, red as rust');

      expect(await found('"red fox"')).toEqual([inOrder]);
      expect(await found('fox "red fox" "as rust"')).toEqual([]);
    });

    it('leaves out documents with an excluded word or phrase', async () => {
      await store('red fox');
      const grey = await store('grey fox');

      expect(await found('fox -red')).toEqual([grey]);
      expect(await found('fox -"red fox"')).toEqual([grey]);
    });

    it('applies every filter together', async () => {
      const sessionId = await subject().newSession(scope);
      const wanted = { priority: 'important', tags: ['north', 'sea'], sessionId, createdAt: new Date(asOfMs) } as const;
      const id = await store('fox', wanted);
      await store('fox', { ...wanted, priority: 'reference' });
      await store('fox', { ...wanted, tags: ['north'] });
      await store('fox', { ...wanted, sessionId: undefined });
      await store('fox', { ...wanted, createdAt: new Date(asOfMs - 1) });

      const filters = { priority: 'important', tags: ['sea', 'north'], sessionId, since: new Date(asOfMs) } as const;

      expect(await found('fox', { filters })).toEqual([id]);
    });

    it('T40 a filtered search that finds nothing answers nothing', async () => {
      await store('fox', { tags: ['north'] });

      expect(await found('fox', { filters: { tags: ['south'] } })).toEqual([]);
      expect(await found('fox', { filters: { priority: 'always_check' } })).toEqual([]);
      expect(await found('fox', { filters: { sessionId: newId() } })).toEqual([]);
      expect(await found('fox', { filters: { since: new Date(asOfMs + 1) } })).toEqual([]);
      expect(await found('fox', { filters: { minScore: 1_000 } })).toEqual([]);
      expect(await found('fox "fox north"')).toEqual([]);
      expect(await found('fox -fox')).toEqual([]);
    });

    it('gives a document the same score with and without filters', async () => {
      await store('fox hill', { tags: ['north'] });
      await store('fox');

      const all = await rank('fox hill');
      const [filtered] = await rank('fox hill', { filters: { tags: ['north'] } });

      expect(filtered).toEqual(all.find(({ id }) => id === filtered!.id));
    });

    it('cuts off below the lowest score', async () => {
      await store('fox fox');
      await store('fox hill lake');
      const [first, second] = await rank('fox');

      const filters = { minScore: (second!.score + 1) / SCORE_UNIT };

      expect(await found('fox', { filters })).toEqual([first!.id]);
    });

    it('T23 takes words of a query for words, whatever they look like', async () => {
      const id = await store("updated_at is not UPDATE; Robert'); DROP TABLE search_documents;--");

      expect(await found("'); DROP TABLE search_documents;--")).toEqual([id]);
      expect(await found('updated_at')).toEqual([id]);
      expect(await found('%_\\ :* & | ! <-> robert')).toEqual([id]);
    });
  });

  describe('paging', () => {
    async function walk(
      query: string,
      limit: number,
      between: () => Promise<void> = async () => {},
    ): Promise<string[]> {
      const ranking = (await new KeywordSearch(index).rankingOf(scope, analyseQuery(query, options), asOfMs))!;
      const ids: string[] = [];
      for (let after: RankRequest['after']; ;) {
        const page = await index.rank(scope, { ranking, phrases: [], exclusions: [], filters: {}, limit, after });
        if (page.length === 0) return ids;
        ids.push(...page.map(({ id }) => id));
        after = { score: page.at(-1)!.score, id: page.at(-1)!.id };
        await between();
      }
    }

    it('T21 paging returns all documents exactly once, in order, equal scores too', async () => {
      const texts = ['fox', 'fox hill', 'fox fox hill', 'hill'];
      for (let i = 0; i < 40; i++)
        await store(texts[i % texts.length]!, { priority: i % 3 ? 'reference' : 'important' });
      const whole = await found('fox hill');

      expect(whole).toHaveLength(40);
      for (const limit of [1, 3, 7, 40]) expect(await walk('fox hill', limit)).toEqual(whole);
    });

    it('keeps the order of equal scores at whatever moment they are asked for', async () => {
      const ids = [];
      for (let n = 0; n < 5; n++)
        ids.push(await store('fox', { createdAt: new Date(Date.UTC(2030, 0, 1, 3, 0, 7 * n, n)) }));
      const terms = (await new KeywordSearch(index).rankingOf(scope, analyseQuery('fox', options), asOfMs))!;
      for (let later = 0; later < 20; later++) {
        const ranking = { ...terms, asOfMs: Date.UTC(2030, 0, 1, 4) + later * 70_000_000 };
        const ranked = await index.rank(scope, { ranking, phrases: [], exclusions: [], filters: {}, limit: 5 });
        expect(ranked.map(({ id }) => id)).toEqual(ids);
      }
    });

    it('T21 paging returns what was there all along exactly once while documents come and go', async () => {
      for (let i = 0; i < 20; i++) await store(`fox${' hill'.repeat(i % 5)}`);
      const before = await found('fox');
      let turn = 0;

      const walked = await walk('fox', 3, async () => {
        await store(turn++ % 2 ? 'fox fox fox' : 'lake '.repeat(50));
      });

      expect(walked.filter((id) => before.includes(id))).toEqual(before);
    });
  });

  describe('misspelt words', () => {
    it('finds what a word that nothing holds resembles', async () => {
      const id = await store('the harbour lantern');
      await store('a windmill');

      expect(await found('harbuor')).toEqual([id]);
      expect(await found('lanturn')).toEqual([id]);
    });

    it('counts a guess for less than the word itself', async () => {
      await store('harbour');
      await store('windmill');

      const [exact] = await rank('harbour');
      const [guessed] = await rank('harbuor');

      expect(guessed!.keywordScore).toBeLessThan(exact!.keywordScore * 0.6);
    });

    it('guesses nothing for a word that some document holds, for short words, or far off', async () => {
      await store('harbour');
      const id = await store('harbor');

      expect(await found('harbor')).toEqual([id]);
      expect(await found('hab')).toEqual([]);
      expect(await found('harmonic')).toEqual([]);
    });

    it('does not take words from another project', async () => {
      await put(searchDocument(await subject().newScope(scope), { text: 'harbour' }));
      await store('windmill');

      expect(await found('harbuor')).toEqual([]);
    });
  });

  describe('near words', () => {
    it.each([
      ['тесты', 'проверка тестов'],
      ['Krankenversicherung', 'Krankenversicherungsbeiträge im Monat'],
      ['sjukförsäkring', 'Sjukförsäkringsavgifter'],
      ['Datenbankserver', 'eine Datenbank'],
      ['قهوة', 'القهوة العربية'],
      ['ספר', 'הספר'],
      ['הספר', 'ספר'],
    ])('of %s are found in: %s', async (query, text) => {
      const id = await store(text);
      await store('windmill grass');

      expect(await found(query)).toEqual([id]);
    });

    it('of the beginning of a digest is the digest', async () => {
      const id = await store('fixed by a9fceb02d0ae598e95dc970b74767f19372d61af8');
      await store('fixed by bbceb02d0ae598e95dc970b74767f19372d61af8');

      expect(await found('a9fceb02')).toEqual([id]);
      expect(await found('a9fce')).toEqual([]);
      const ofLetters = await store('fixed by deadbeefcafe1234567890abcdef1234567890ab');
      expect(await found('deadbee')).toEqual([ofLetters]);
    });

    it('are found only where nothing holds a word of the query, and not where that is not wanted', async () => {
      const holding = await store('Datenbank hill');
      const near = await store('Datenbankserver');

      expect(await found('Datenbank')).toEqual([holding]);
      expect(await found('Datenbanken hill')).toEqual([holding]);
      expect(new Set(await found('Datenbanken'))).toEqual(new Set([holding, near]));
      const guess = await new KeywordSearch(index).rankingOf(scope, analyseQuery('Datenbanken', options), asOfMs);
      expect(guess).toMatchObject({ isGuess: true });
      const none = await new KeywordSearch(index).rankingOf(scope, analyseQuery('Datenbanken', options), asOfMs, {
        guess: false,
      });
      expect(none?.terms).toEqual([]);
    });

    it('are not taken from another project', async () => {
      await put(searchDocument(await subject().newScope(scope), { text: 'Datenbankserver' }));
      await store('windmill');

      expect(await found('Datenbank')).toEqual([]);
    });
  });

  describe('changes', () => {
    it('replaces a document of the same label, kind and project', async () => {
      const old = await store('fox lantern', { label: 'one' });
      const next = await store('fox hill', { label: 'one', version: 2 });

      expect(await found('fox')).toEqual([next]);
      expect(await found('lantern')).toEqual([]);
      expect(await found('lamtern')).toEqual([]);
      expect(old).not.toBe(next);
    });

    it('replaces a document of the same id', async () => {
      const id = await store('fox');
      await store('hill', { id, label: 'other' });

      expect(await found('fox')).toEqual([]);
      expect(await found('hill')).toEqual([id]);
    });

    it('keeps documents of the same label in another project and of another kind', async () => {
      const other = await subject().newScope(scope);
      await put(searchDocument(other, { text: 'fox', label: 'one' }));
      await store('fox', { label: 'one' });
      await store('fox', { label: 'one', kind: 'message' });

      expect(await found('fox')).toHaveLength(2);
      expect(await found('fox', {}, other)).toHaveLength(1);
    });

    it('keeps documents without a label apart', async () => {
      await store('fox', { label: undefined, version: undefined, kind: 'entry' });
      await store('fox', { label: undefined, version: undefined, kind: 'entry' });

      expect(await rank('fox')).toMatchObject([{ kind: 'entry', label: null, version: null }, { kind: 'entry' }]);
    });

    it('T42 a removed document is gone, and from the statistics too', async () => {
      const [gone, stays] = [await store('fox hill'), await store('fox lake')];

      await index.remove(scope.workspaceId, [gone, newId()]);

      expect(await found('fox hill')).toEqual([stays]);
      expect(await index.statistics(scope, 'fox hill')).toEqual({
        documentCount: 1,
        passageCount: 1,
        averageLength: 2,
        terms: [
          { term: 'fox', queryFrequency: 1, passageFrequency: 1, isName: false },
          { term: 'hill', queryFrequency: 1, passageFrequency: 0, isName: false },
        ],
      });
      expect(await index.passages(scope, [gone], [{ term: 'fox', weight: 1 }])).toEqual([]);
    });

    it('follows a change of priority and tags', async () => {
      const id = await store('fox', { tags: ['north'] });

      await index.describe(scope.workspaceId, id, { priority: 'important' });
      await index.describe(scope.workspaceId, id, { tags: ['south'] });

      expect(await found('fox', { filters: { priority: 'important', tags: ['south'] } })).toEqual([id]);
      expect(await found('fox', { filters: { tags: ['north'] } })).toEqual([]);
    });

    it('stores text without any word, and no segment too long', async () => {
      await store('…!?');
      const id = await store(`${'lake '.repeat(40_000)}fox`);
      await store('x'.repeat(100_000));

      expect(await found('fox')).toEqual([id]);
      expect((await index.statistics(scope, 'fox')).documentCount).toBe(3);
    });
  });

  describe('isolation', () => {
    it('finds nothing of another project or workspace', async () => {
      const sameWorkspace = await subject().newScope(scope);
      const otherWorkspace = await subject().newScope();
      await put(searchDocument(sameWorkspace, { text: 'fox' }), searchDocument(otherWorkspace, { text: 'fox' }));
      const mine = await store('fox');

      expect(await found('fox')).toEqual([mine]);
      expect(await found('fox', {}, { workspaceId: scope.workspaceId, projectId: otherWorkspace.projectId })).toEqual(
        [],
      );
      expect((await index.statistics(scope, 'fox')).documentCount).toBe(1);
    });

    it('removes and describes nothing of another workspace', async () => {
      const id = await store('fox', { tags: ['north'] });
      const stranger = searchScope().workspaceId;

      await index.remove(stranger, [id]);
      await index.describe(stranger, id, { tags: [] });

      expect(await found('fox', { filters: { tags: ['north'] } })).toEqual([id]);
    });
  });

  describe('resolve', () => {
    const resolve = async (ids: readonly string[], query = 'fox', where = scope) =>
      (await index.resolve(where, ids, analyseQuery(query, options))).map(({ id }) => id);

    it('describes what other channels found', async () => {
      const id = await store('fox', { label: 'a1', version: 3, priority: 'important' });
      expect(await index.resolve(scope, [id], { phrases: [], exclusions: [] })).toEqual([
        { kind: 'context', id, label: 'a1', version: 3, priority: 'important', createdAt: new Date(asOfMs) },
      ]);
    });

    it('T40 holds what other channels found to phrases and exclusions', async () => {
      const [red, blue] = [await store('the red fox'), await store('the blue fox')];
      expect(await resolve([red, blue], '"red fox"')).toEqual([red]);
      expect(await resolve([red, blue], 'fox -red')).toEqual([blue]);
    });

    it('T41 leaves out what is removed, of another project or of another workspace', async () => {
      const id = await store('fox');
      expect(await resolve([id], 'fox', await subject().newScope(scope))).toEqual([]);
      expect(await resolve([id], 'fox', await subject().newScope())).toEqual([]);
      expect(await index.projectsOf(scope.workspaceId, [id, newId()])).toEqual([scope.projectId]);
      await index.remove(scope.workspaceId, [id]);
      expect(await resolve([id])).toEqual([]);
      expect(await index.projectsOf(scope.workspaceId, [id])).toEqual([]);
    });
  });

  describe('passages', () => {
    it('gives the segment that says most, and where in it', async () => {
      const filler = `${'lake '.repeat(3_000)}\n`;
      const id = await store(`${filler}${filler}the red fox met a fox\n${filler}`);

      const [passage] = await index.passages(
        scope,
        [id],
        [
          { term: 'fox', weight: 2 },
          { term: 'lake', weight: 1 },
        ],
      );

      const words = passage!.text.trim().split(/\s+/);
      const { positions } = passage!.matches.find(({ term }) => term === 'fox')!;
      expect(positions.map((position) => words[position - 1])).toEqual(['fox', 'fox']);
    });

    it('gives the start of a document that was found by its label alone', async () => {
      const id = await store('nothing of that', { label: 'harbour' });

      expect(await index.passages(scope, [id], [{ term: 'harbour', weight: 1 }])).toEqual([
        { id, text: 'nothing of that', matches: [] },
      ]);
    });
  });

  it('knows phrases that no index can judge', async () => {
    expect(await index.haveTerms(['red fox', 'to be or not to be', 'the fox'])).toEqual([true, false, true]);
    expect(await index.haveTerms([])).toEqual([]);
  });

  it('finds what texts hold as it stands, newest first', async () => {
    const old = await store('To be,\nor not to be?!', { createdAt: new Date(asOfMs - 2_000), priority: 'important' });
    const fresh = await store('not to be?!', { createdAt: new Date(asOfMs - 1_000) });
    await store('today a bee', { createdAt: new Date(asOfMs - 500) });
    const holding = async (request: Partial<HoldingRequest>, where = scope) => {
      const rest = { exclusions: [], filters: {}, limit: 10, mostSegments: 100 };
      const { documents, isPartial } = await index.holding(where, { ...rest, ...request });
      return { ids: documents.map(({ id }) => id), isPartial };
    };

    expect(await holding({ words: 'not to be' })).toEqual({ ids: [fresh, old], isPartial: false });
    expect(await holding({ words: 'to be or' })).toEqual({ ids: [old], isPartial: false });
    expect((await holding({ words: 'o be' })).ids).toEqual([]);
    expect((await holding({ text: '?!' })).ids).toEqual([fresh, old]);
    expect((await holding({ text: '?!', limit: 1 })).ids).toEqual([fresh]);
    expect((await holding({ text: '?!', filters: { priority: 'important' } })).ids).toEqual([old]);
    expect((await holding({ text: '?!', exclusions: ['be or'] })).ids).toEqual([fresh]);
    expect(await holding({ text: '?!', mostSegments: 2 })).toEqual({ ids: [fresh], isPartial: true });
    expect((await holding({ text: '?!' }, await subject().newScope(scope))).ids).toEqual([]);
  });

  it('holds phrases and exclusions of stop words alone to the text', async () => {
    const one = await store('a fox is not to be');
    const two = await store('a fox to eat or be');

    expect(await found('fox "to be"')).toEqual([one]);
    expect(await found('fox -"to be"')).toEqual([two]);
    const ids = (documents: readonly { readonly id: string }[]) => documents.map(({ id }) => id);
    expect(ids(await index.resolve(scope, [one, two], { phrases: ['to be'], exclusions: [] }))).toEqual([one]);
  });

  it('holds phrases and exclusions to their stop words too', async () => {
    const out = await store('Users who log out, and the night');
    const of = await store('Logging of users at the second night, not done');
    const only = async (query: string) => (await found(query)).toSorted();

    expect(await only('"log out"')).toEqual([out]);
    expect(await only('users "the night"')).toEqual([out]);
    expect(await only('"users the"')).toEqual([]);
    expect(await only('"night at the"')).toEqual([]);
    expect(await only('users -"not done"')).toEqual([out]);
    expect(await only('users -"done the"')).toEqual([out, of].toSorted());
  });

  it('finds the parts of an identifier, and accents, in a phrase that has stop words', async () => {
    const one = await store('call toString of the Café');
    expect(await found('"to string"')).toEqual([one]);
    expect(await found('"toString of the café"')).toEqual([one]);
  });

  describe('documents beside the index', () => {
    const adHoc = (...documents: SearchDocument[]) =>
      documents.map((document) => ({ document, analysis: analyseDocument(document.label, document.text, options) }));
    const live = (text: string, rest: Partial<SearchDocument> = {}) =>
      searchDocument(scope, {
        kind: 'entry',
        label: undefined,
        version: undefined,
        priority: undefined,
        text,
        ...rest,
      });

    it('are ranked among the others as if the index held them', async () => {
      await store('red fox hill');
      await store('fox');
      const entry = live('fox fox river');
      const request = { adHoc: adHoc(entry) };
      const before = await rank('fox', request);
      const mine = before.find(({ id }) => id === entry.id);
      expect(mine).toMatchObject({ kind: 'entry', label: null, version: null, boosts: { priority: 0 } });
      expect(before.map(({ score }) => score)).toEqual(before.map(({ score }) => score).toSorted((a, b) => b - a));

      // The same ranking over the same document, now in the index, gives the same score to the millionth.
      const ranking = (await new KeywordSearch(index).rankingOf(scope, analyseQuery('fox', options), asOfMs))!;
      await put(entry);
      const after = await index.rank(scope, { ranking, phrases: [], exclusions: [], filters: {}, limit: 10 });
      expect(after.find(({ id }) => id === entry.id)).toEqual(mine);
    });

    it('count once where the index holds them by now', async () => {
      const entry = live('fox');
      await put(entry);
      expect(await found('fox', { adHoc: adHoc(entry) })).toEqual([entry.id]);
    });

    it('T40 pass every filter or are not found', async () => {
      const fox = live('the quick fox', { createdAt: new Date(asOfMs - 1_000) });
      const hen = live('the slow hen and fox', { sessionId: newId(), createdAt: new Date(asOfMs - 5_000) });
      const request = { adHoc: adHoc(fox, hen) };
      await store('hen');
      const ask = (query: string, filters: RankRequest['filters'] = {}) => found(query, { ...request, filters });
      const ranking = { terms: [{ term: 'fox', weight: 1_000_000 }], averageLength: 2, asOfMs, isGuess: false };
      const rankFox = async (over: Partial<RankRequest>) =>
        (await index.rank(scope, { ranking, phrases: [], exclusions: [], filters: {}, limit: 10, ...request, ...over }))
          .map(({ id }) => id)
          .toSorted();
      expect(await rankFox({})).toEqual([fox.id, hen.id].toSorted());
      expect(await rankFox({ filters: { priority: 'important' } })).toEqual([]);
      expect(await rankFox({ filters: { tags: ['a'] } })).toEqual([]);
      expect(await rankFox({ filters: { sessionId: hen.sessionId } })).toEqual([hen.id]);
      expect(await rankFox({ filters: { since: new Date(asOfMs - 2_000) } })).toEqual([fox.id]);
      expect(await rankFox({ filters: { minScore: 1_000 } })).toEqual([]);
      expect(await rankFox({ phrases: ['quick fox'] })).toEqual([fox.id]);
      expect(await rankFox({ exclusions: ['slow hen'] })).toEqual([fox.id]);
      expect(await ask('hen', { sessionId: hen.sessionId })).toEqual([hen.id]);
    });

    it('T21 are paged with the others, each once', async () => {
      for (let count = 0; count < 5; count++) await store(`fox ${'hill '.repeat(count)}`);
      const request = { adHoc: adHoc(...Array.from({ length: 5 }, (_, n) => live(`fox ${'hill '.repeat(n)}`))) };
      const all = await rank('fox', request);
      expect(all).toHaveLength(10);
      const paged: string[] = [];
      for (let after: RankRequest['after']; ;) {
        const page = await rank('fox', { ...request, after, limit: 3 });
        paged.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (last === undefined) break;
        after = { score: last.score, id: last.id };
      }
      expect(paged).toEqual(all.map(({ id }) => id));
    });

    it('give passages', async () => {
      const indexed = await store('a red fox');
      const entry = live('a brown fox');
      const terms = [{ term: 'fox', weight: 1 }];
      const passages = await index.passages(scope, [indexed, entry.id], terms, adHoc(entry, live('a fox unasked for')));
      expect(new Map(passages.map(({ id, text }) => [id, text]))).toEqual(
        new Map([
          [indexed, 'a red fox'],
          [entry.id, 'a brown fox'],
        ]),
      );
      expect(passages).toHaveLength(2);
      for (const { matches } of passages) expect(matches).toEqual([{ term: 'fox', positions: [3] }]);
    });
  });

  describe('what has changed since a watermark', () => {
    async function changed(since: string, query = 'fox', request: Partial<RankRequest> = {}, most = 10, where = scope) {
      const { phrases, exclusions } = analyseQuery(query, options);
      const ranking = { terms: [{ term: 'fox', weight: 1_000_000 }], averageLength: 1, asOfMs, isGuess: false };
      return index.changesSince(where, since, { ranking, phrases, exclusions, filters: {}, ...request }, most);
    }
    const idsOf = (pieces: readonly { readonly id: string }[] = []) => pieces.map(({ id }) => id).toSorted();

    it('is what was written, replaced, described and removed, each once', async () => {
      const first = await store('red fox', { label: 'one' });
      const gone = await store('old fox', { label: 'two' });
      const stays = await store('fox', { label: 'three' });
      const since = await index.watermark();
      expect(await changed(since)).toEqual({ pieces: [], ranked: [] });

      const second = await store('blue fox', { label: 'one' });
      const other = await store('badger', { label: 'four' });
      await index.remove(scope.workspaceId, [gone]);
      await index.describe(scope.workspaceId, second, { tags: ['north'] });
      const changes = await changed(since);
      expect(idsOf(changes?.pieces)).toEqual([first, second, gone, other].toSorted());
      expect(idsOf(changes?.ranked)).toEqual([second]);
      expect(idsOf((await changed(since, 'fox', { filters: { tags: ['south'] } }))?.ranked)).toEqual([]);

      await index.describe(scope.workspaceId, stays, { priority: 'important' });
      expect(idsOf((await changed(since))?.ranked)).toEqual([second, stays].toSorted());
    });

    it('is ranked as all else is', async () => {
      await store('badger');
      const since = await index.watermark();
      for (const text of ['fox', 'fox hill', 'fox hill hill "red fox"', 'red hill fox']) await store(text);
      const ranking = { terms: [{ term: 'fox', weight: 1_000_000 }], averageLength: 1.5, asOfMs, isGuess: false };
      for (const phrases of [[], ['red fox']]) {
        const request = { ranking, phrases, exclusions: [], filters: {} };
        const all = await index.rank(scope, { ...request, limit: 100 });
        expect((await index.changesSince(scope, since, request, 10))?.ranked).toEqual(all);
      }
    });

    it('is of one project of one workspace', async () => {
      const since = await index.watermark();
      const adHoc = await subject().newScope(scope);
      const other = await subject().newScope();
      await put(searchDocument(adHoc, { text: 'fox' }), searchDocument(other, { text: 'fox' }));
      expect(await changed(since)).toEqual({ pieces: [], ranked: [] });
      expect((await changed(since, 'fox', {}, 10, adHoc))?.pieces).toHaveLength(1);
    });

    it('has what is noted of pieces that the index does not change itself', async () => {
      const id = await store('fox');
      const since = await index.watermark();
      await index.noteChanged(scope.workspaceId, [{ id, projectId: scope.projectId, kind: 'context' }]);
      expect(await changed(since)).toMatchObject({ pieces: [{ id, kind: 'context' }], ranked: [{ id }] });
    });

    it('is not known where it is too much, or forgotten', async () => {
      const since = await index.watermark();
      for (let n = 0; n < 3; n++) await store('fox');
      expect((await changed(since, 'fox', {}, 3))?.pieces).toHaveLength(3);
      expect(await changed(since, 'fox', {}, 2)).toBeUndefined();
      await index.forgetChanges(-60_000);
      expect(await changed(since, 'fox', {}, 3)).toBeUndefined();
      expect(await changed(await index.watermark())).toEqual({ pieces: [], ranked: [] });
    });
  });
}
