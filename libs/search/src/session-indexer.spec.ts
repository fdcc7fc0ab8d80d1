import { FakeTransactionRunner } from '#database/testing';
import { type EntryId, newId, type SessionId } from '#kernel';
import { type Session, type SessionEntry, SessionObservers, type SessionReader } from '#session';
import { SearchIndexService } from './search-index.service.js';
import { SessionIndexer } from './session-indexer.js';
import { FakeKeywordIndex } from './testing/fake-keyword-index.js';
import { RecordedChanges } from './testing/recorded-changes.js';
import { searchConfig } from './testing/search-config.js';
import { searchScope } from './testing/search-document.factory.js';

describe('SessionIndexer', () => {
  const scope = searchScope();
  const session = { ...scope, id: newId<SessionId>() } as Session;

  it('makes every entry of the session findable once, however often the session is handed over', async () => {
    const entries = Array.from(
      { length: 1_201 },
      (_, n) =>
        ({
          ...scope,
          id: newId<EntryId>(),
          sessionId: session.id,
          text: `fox ${n}`,
          createdAt: new Date(n),
        }) as SessionEntry,
    );
    const reader = {
      entriesOf: (_: Session, after: EntryId | undefined, limit: number) => {
        const start = after === undefined ? 0 : entries.findIndex(({ id }) => id === after) + 1;
        const items = entries.slice(start, start + limit);
        return Promise.resolve(start + limit < entries.length ? { items, next: [items.at(-1)!.id] } : { items });
      },
    } as unknown as SessionReader;
    const index = new FakeKeywordIndex();
    const observers = new SessionObservers();
    const indexer = new SessionIndexer(
      new SearchIndexService(index, new FakeTransactionRunner(), new RecordedChanges(), searchConfig()),
      reader,
      observers,
    );
    expect(observers.registered).toEqual([indexer]);

    await observers.finalised(session, 'idle');
    await observers.finalised(session, 'end');

    expect(await index.statistics(scope, 'fox')).toMatchObject({
      documentCount: 1_201,
      terms: [{ term: 'fox', passageFrequency: 1_201 }],
    });
    const ranking = { terms: [{ term: 'fox', weight: 1_000_000 }], averageLength: 2, asOfMs: 0, isGuess: false };
    const request = { ranking, phrases: [], exclusions: [], limit: 2_000 };
    const found = await index.rank(scope, { ...request, filters: { sessionId: session.id } });
    expect(found).toHaveLength(1_201);
    expect(found[0]).toMatchObject({ kind: 'entry', label: null, version: null });
  });

  it('T1 makes an entry findable as it is written, at its place in the log', async () => {
    const entry = {
      ...scope,
      id: newId<EntryId>(),
      sessionId: session.id,
      text: 'an otter',
      createdAt: new Date(1),
    } as SessionEntry;
    const counts = [
      { kind: 'todo', total: 2, open: 1 },
      { kind: 'progress', total: 3, open: 0 },
    ];
    const reader = { countWork: () => Promise.resolve(counts) } as unknown as SessionReader;
    const index = new FakeKeywordIndex();
    const observers = new SessionObservers();
    const service = new SearchIndexService(index, new FakeTransactionRunner(), new RecordedChanges(), searchConfig());
    const indexed = jest.spyOn(service, 'index');
    expect(observers.registered).toEqual([]);
    expect(new SessionIndexer(service, reader, observers)).toBe(observers.registered[0]);

    await observers.written(session, entry);

    expect(await index.statistics(scope, 'otter')).toMatchObject({ documentCount: 1 });
    expect(indexed).toHaveBeenCalledWith([
      expect.objectContaining({ id: entry.id, place: { threadId: session.id, number: 5 } }),
    ]);
  });
});
