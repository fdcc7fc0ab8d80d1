import { type Context, ContextObservers } from '#context';
import { FakeTransactionRunner } from '#database/testing';
import { newId, type WorkspaceId } from '#kernel';
import { ContextIndexer } from './context-indexer.js';
import { SearchIndexService } from './search-index.service.js';
import { FakeKeywordIndex } from './testing/fake-keyword-index.js';
import { RecordedChanges } from './testing/recorded-changes.js';
import { searchConfig } from './testing/search-config.js';
import { searchScope } from './testing/search-document.factory.js';

describe('ContextIndexer', () => {
  const scope = searchScope();
  const index = new FakeKeywordIndex();
  const observers = new ContextObservers();

  const indexer = new ContextIndexer(
    new SearchIndexService(index, new FakeTransactionRunner(), new RecordedChanges(), searchConfig()),
    observers,
  );

  it('takes part in what changes contexts', () => expect(observers.registered).toEqual([indexer]));

  function context(content: string, rest: Partial<Context> = {}): Context {
    return {
      ...scope,
      id: newId(),
      label: 'one',
      version: 1,
      content,
      priority: 'reference',
      tags: ['north'],
      sessionId: null,
      createdAt: new Date(0),
      ...rest,
    } as Context;
  }

  async function found(term: string, workspaceId: WorkspaceId = scope.workspaceId) {
    const ranking = { terms: [{ term, weight: 1_000_000 }], averageLength: 1, asOfMs: 0, isGuess: false };
    const filters = { priority: 'important', tags: ['south'] } as const;
    const request = { ranking, phrases: [], exclusions: [], limit: 10 };
    const ids = async (more: object) =>
      (await index.rank({ ...scope, workspaceId }, { ...request, filters: more })).map(({ id }) => id);
    return { all: await ids({}), filtered: await ids(filters) };
  }

  it('follows the life of a label', async () => {
    const first = context('fox');
    const second = context('fox hill', { version: 2 });

    await observers.latest(scope.workspaceId, [first]);
    expect(await found('fox')).toEqual({ all: [first.id], filtered: [] });

    await observers.latest(scope.workspaceId, [second]);
    expect((await found('fox')).all).toEqual([second.id]);

    const { content: _, ...summary } = second;
    await observers.described(scope.workspaceId, { ...summary, priority: 'important', tags: ['south'] });
    expect((await found('fox')).filtered).toEqual([second.id]);

    await observers.withdrawn(scope.workspaceId, [second]);
    await observers.latest(scope.workspaceId, [first]);
    expect(await found('hill')).toEqual({ all: [], filtered: [] });
    expect((await found('fox')).all).toEqual([first.id]);
  });

  it('leaves out versions that were never the newest', async () => {
    const { content: _, ...summary } = context('fox', { label: 'other' });

    await observers.described(scope.workspaceId, { ...summary, priority: 'important', tags: ['south'] });
    await observers.withdrawn(scope.workspaceId, [summary]);

    expect((await found('fox')).filtered).toEqual([]);
  });
});
