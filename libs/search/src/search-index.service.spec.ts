import { FakeTransactionRunner } from '#database/testing';
import { SearchIndexService } from './search-index.service.js';
import { FakeKeywordIndex } from './testing/fake-keyword-index.js';
import { RecordedChanges } from './testing/recorded-changes.js';
import { searchConfig } from './testing/search-config.js';
import { searchDocument, searchScope } from './testing/search-document.factory.js';

describe('SearchIndexService', () => {
  const scope = searchScope();

  it('lets the last document of an id or a label stand, within one batch too', async () => {
    const index = new FakeKeywordIndex();
    const old = searchDocument(scope, { text: 'fox old', label: 'one' });
    const next = searchDocument(scope, { text: 'fox next', label: 'one' });
    const entry = searchDocument(scope, { text: 'fox', kind: 'entry', label: undefined });

    await new SearchIndexService(index, new FakeTransactionRunner(), new RecordedChanges(), searchConfig()).index([
      old,
      entry,
      next,
      entry,
    ]);

    const { terms, documentCount } = await index.statistics(scope, 'old next');
    expect(documentCount).toBe(2);
    expect(terms.map(({ term, passageFrequency }) => [term, passageFrequency])).toEqual([
      ['next', 1],
      ['old', 0],
    ]);
  });

  it('reports which projects a write has changed, before it is done', async () => {
    const index = new FakeKeywordIndex();
    const changes = new RecordedChanges();
    const service = new SearchIndexService(index, new FakeTransactionRunner(), changes, searchConfig());
    const document = searchDocument(scope, { text: 'fox' });
    const { workspaceId, projectId } = scope;
    const reported = { workspaceId, projectIds: [projectId] };

    await service.index([document]);
    await service.describe(workspaceId, document.id, { tags: ['north'] });
    await service.remove(workspaceId, [document.id]);
    expect(changes.calls).toEqual([reported, reported, reported]);

    await service.index([]);
    await service.remove(workspaceId, [document.id]);
    expect(changes.calls).toHaveLength(3);
  });
});
