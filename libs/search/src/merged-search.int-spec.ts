import type { RerankService } from '#embedding';
import { EmbeddingDatabase, type TestProject } from '#embedding/testing';
import { newId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import type { ProjectReader } from '#project';
import { mulberry32 } from '#test/support/random.mjs';
import { FreshSearch } from './fresh-search.js';
import { KeywordSearch } from './keyword-search.js';
import { HitArrangement } from './hit-arrangement.js';
import { LiteralSearch } from './literal-search.js';
import { NOTHING_AD_HOC } from './ad-hoc-documents.js';
import type { PastVersions } from './past-versions.js';
import { PostgresHitTimes } from './persistence/postgres-hit-times.js';
import { PostgresHitValidity } from './persistence/postgres-hit-validity.js';
import { PostgresKeywordIndex } from './persistence/postgres-keyword-index.js';
import { QueryReader } from './query-reader.js';
import type { RememberedSearch } from './remembered-search.js';
import type { Ranking, SearchDocument, SearchRequest } from './search.js';
import { SearchIndexService } from './search-index.service.js';
import { semanticSearchOf } from './testing/semantic-search.js';
import { FakeSemanticReader } from './testing/fake-semantic-reader.js';
import { RecordedChanges } from './testing/recorded-changes.js';
import { searchConfig } from './testing/search-config.js';
import { searchDocument } from './testing/search-document.factory.js';

const WORDS = ['fox', 'hill', 'river', 'otter', 'badger', 'stone', 'lantern', 'harbour'];
const TAGS = ['north', 'south'];
const STEPS = 30;

/** Searches with weights that were found before. */
class PinnedKeywordSearch extends KeywordSearch {
  constructor(
    index: PostgresKeywordIndex,
    private readonly pinned: Ranking,
  ) {
    super(index);
  }

  override rankingWithWords() {
    return Promise.resolve({ ranking: this.pinned, areWordsKnown: true, isDated: false, nextChangeMs: undefined });
  }
}

describe('a search that is brought up to date', () => {
  const config = searchConfig();
  const clock = new ManualClock();
  let world: EmbeddingDatabase;
  let keywords: PostgresKeywordIndex;
  let index: SearchIndexService;
  let reader: FakeSemanticReader;
  let project: TestProject;

  beforeAll(async () => {
    world = await EmbeddingDatabase.create();
    keywords = new PostgresKeywordIndex(world.database, config);
    index = new SearchIndexService(keywords, world.database, new RecordedChanges(), config);
  });
  afterAll(() => world.close());

  beforeEach(async () => {
    reader = new FakeSemanticReader();
    project = await world.newProject();
  });

  function searchWith(words: KeywordSearch): FreshSearch {
    return new FreshSearch(
      { find: () => Promise.resolve({ id: project.projectId }) } as unknown as ProjectReader,
      new QueryReader(keywords, config),
      words,
      keywords,
      new LiteralSearch(keywords),
      semanticSearchOf(reader.asReader(), keywords, config),
      { isOn: false, model: undefined } as unknown as RerankService,
      new HitArrangement(new PostgresHitValidity(world.database), new PostgresHitTimes(world.database)),
      { documentsOf: () => Promise.resolve(NOTHING_AD_HOC) } as unknown as PastVersions,
      clock,
      config,
    );
  }

  const requestOf = (rest: Partial<SearchRequest>): SearchRequest => {
    return { project: 'one', query: 'fox river', rerank: false, limit: 5, filters: {}, ...rest };
  };

  /** Everything that writers do, at random. */
  class Writers {
    readonly there: SearchDocument[] = [];
    private readonly threads = [newId(), newId()];
    private said = 0;

    constructor(private readonly random: () => number) {}

    private one<Item>(list: readonly Item[]): Item {
      return list[Math.floor(this.random() * list.length)]!;
    }

    document(label?: string): SearchDocument {
      const length = 1 + Math.floor(this.random() * 6);
      const text = Array.from({ length }, () => this.one(WORDS)).join(' ');
      const isEntry = label === undefined && this.random() < 0.4;
      const tags = this.random() < 0.5 ? [this.one(TAGS)] : [];
      const kind = isEntry ? ({ kind: 'entry', label: undefined, priority: undefined } as const) : {};
      const document = searchDocument(project, { text, tags, ...(label === undefined ? {} : { label }), ...kind });
      return isEntry && this.random() < 0.7 ? this.message(document) : document;
    }

    private message(document: SearchDocument): SearchDocument {
      return {
        ...document,
        kind: 'message',
        role: this.one(['user', 'assistant']),
        author: this.one(['Marlow', undefined]),
        place: { threadId: this.one(this.threads), number: ++this.said },
      };
    }

    async write(): Promise<void> {
      const known = this.there.length === 0 ? undefined : this.one(this.there);
      const drawn = this.random();
      if (known === undefined || drawn < 0.4) await this.put([this.document()]);
      else if (drawn < 0.55) await this.put([this.document(known.label)]);
      else if (drawn < 0.7) {
        this.there.splice(this.there.indexOf(known), 1);
        reader.cosines.delete(known.id);
        await index.remove(project.workspaceId, [known.id]);
      } else if (drawn < 0.85)
        await index.describe(project.workspaceId, known.id, { priority: 'always_check', tags: TAGS });
      else if (known.kind === 'context') await this.embed([known]);
    }

    async put(documents: readonly SearchDocument[]): Promise<void> {
      await index.index(documents);
      for (const document of documents) {
        const before = this.there.findIndex(({ label }) => label !== undefined && label === document.label);
        if (before >= 0) reader.cosines.delete(this.there.splice(before, 1)[0]!.id);
        this.there.push(document);
      }
    }

    async embed(contexts: readonly SearchDocument[]): Promise<void> {
      for (const { id } of contexts) reader.cosines.set(id, Math.round(this.random() * 1000) / 1000);
      await keywords.noteChanged(project.workspaceId, contexts);
    }
  }

  it.each([
    ['of a small project', 3, {}],
    ['by keywords alone', 20, { mode: 'keyword' }],
    ['by keywords alone, of more hits than are remembered', 150, { mode: 'keyword', limit: 1 }],
    ['by meaning alone', 20, { mode: 'semantic' }],
    ['of more hits than are remembered', 260, { limit: 3 }],
    ['with filters', 40, { filters: { tags: ['north'], minScore: 0.001 } }],
    ['with filters by keywords', 40, { mode: 'keyword', filters: { priority: 'always_check' } }],
    ['of words that nothing held', 10, { query: 'foxx lanterns glacier' }],
  ] as const)('is what a fresh one with its statistics would be after every write, %s', async (_, size, rest) => {
    const request = requestOf(rest);
    const fresh = searchWith(new KeywordSearch(keywords));
    let merged = 0;
    for (const seed of [1, 2]) {
      project = await world.newProject();
      reader.cosines.clear();
      const writers = new Writers(mulberry32(seed * 1_000 + size));
      const first = Array.from({ length: size }, () => writers.document());
      await writers.put(first);
      await writers.embed(first.filter(({ kind }) => kind === 'context'));
      let remembered: RememberedSearch | undefined;
      for (let step = 0; step < STEPS; step++) {
        const updated = remembered && (await fresh.update(project.workspaceId, request, remembered));
        if (updated === undefined) {
          const found = await fresh.find(project.workspaceId, request);
          expect(found.answer).toEqual(await fresh.search(project.workspaceId, request));
          // As it comes back from the cache.
          remembered = found.remembered && (JSON.parse(JSON.stringify(found.remembered)) as RememberedSearch);
        } else {
          merged++;
          const pinned = searchWith(new PinnedKeywordSearch(keywords, remembered!.ranking));
          expect(updated).toEqual(await pinned.search(project.workspaceId, request));
        }
        await writers.write();
      }
    }
    expect(merged).toBeGreaterThan(STEPS);
  });

  it('is made again where too much has changed, where it is not known what, and in another project', async () => {
    const fresh = searchWith(new KeywordSearch(keywords));
    const request = requestOf({});
    const write = (count: number) =>
      index.index(Array.from({ length: count }, () => searchDocument(project, { text: 'fox river' })));
    await write(1);
    const { remembered } = await fresh.find(project.workspaceId, request);
    await write(200);
    expect((await fresh.update(project.workspaceId, request, remembered!))?.items).toHaveLength(5);
    await write(1);
    expect(await fresh.update(project.workspaceId, request, remembered!)).toBeUndefined();

    const next = await fresh.find(project.workspaceId, request);
    await write(1);
    await keywords.forgetChanges(-60_000);
    expect(await fresh.update(project.workspaceId, request, next.remembered!)).toBeUndefined();

    const last = await fresh.find(project.workspaceId, request);
    project = await world.newProject();
    expect(await fresh.update(project.workspaceId, request, last.remembered!)).toBeUndefined();
  });

  it('is made again where the words of the query are not what they were', async () => {
    const fresh = searchWith(new KeywordSearch(keywords));
    const found = async (query: string) => (await fresh.find(project.workspaceId, requestOf({ query }))).remembered!;
    const only = searchDocument(project, { text: 'fox' });
    await index.index([only, searchDocument(project, { text: 'stone' })]);
    const [misspelt, held] = [await found('lantrn fox'), await found('fox')];
    await index.index([searchDocument(project, { text: 'lantern' })]);
    expect(await fresh.update(project.workspaceId, requestOf({ query: 'lantrn fox' }), misspelt)).toBeUndefined();
    await index.remove(project.workspaceId, [only.id]);
    expect(await fresh.update(project.workspaceId, requestOf({ query: 'fox' }), held)).toBeUndefined();
  });

  it('is made again where contexts have no vectors yet, which a search by meaning alone finds by their words', async () => {
    const fresh = searchWith(new KeywordSearch(keywords));
    const request = requestOf({ mode: 'semantic' });
    const near = searchDocument(project, { text: 'fox river' });
    await index.index([near]);
    reader.cosines.set(near.id, 0.9);
    const { remembered } = await fresh.find(project.workspaceId, request);
    expect((await fresh.update(project.workspaceId, request, remembered!))?.mode).toBe('semantic');
    const late = searchDocument(project, { text: 'another fox' });
    await index.index([late]);
    reader.waiting = 1;
    expect(await fresh.update(project.workspaceId, request, remembered!)).toBeUndefined();
    const answer = await fresh.search(project.workspaceId, request);
    expect(answer).toMatchObject({ mode: 'hybrid', degraded: true });
    expect(answer.items.map(({ id }) => id)).toContain(late.id);
  });

  it('does not remember what it could not bring up to date', async () => {
    const fresh = searchWith(new KeywordSearch(keywords));
    await index.index([searchDocument(project, { text: 'red fox by the river', id: newId() })]);
    for (const query of ['"red fox"', 'fox -river', 'to be'])
      expect((await fresh.find(project.workspaceId, requestOf({ query }))).remembered).toBeUndefined();
    expect((await fresh.find(project.workspaceId, requestOf({ query: 'red fox' }))).remembered).toBeDefined();
  });
});
