import type { CacheService } from '#cache';
import { inProcessCache } from '#cache/testing';
import { type ContextId, newId, type WorkspaceId } from '#kernel';
import type { ProjectReader } from '#project';
import type { Context } from '../context.js';
import { extract, EXTRACT_VERSION } from '../extract/extract.js';
import type { PostgresContextReadRepository } from './postgres-context-read.repository.js';
import { ContextLookup } from './context-lookup.js';

const workspaceId = newId<WorkspaceId>();
const content = '# Title\n\nAlways remember the lighthouse keeper and the storm.';

function context(rest: Partial<Context> = {}): Context {
  const id = newId<ContextId>();
  return {
    workspaceId,
    id,
    project: 'p',
    label: id,
    content,
    contentHash: 'hash',
    ...extract(content),
    ...rest,
  } as Context;
}

describe('ContextLookup', () => {
  let rows: Context[];
  let asked: string[];
  let lookup: ContextLookup;
  let cache: CacheService;

  beforeEach(() => {
    rows = [];
    asked = [];
    cache = inProcessCache();
    const repository = {
      find: async (_workspace: WorkspaceId, id: ContextId) => {
        asked.push('find');
        return rows.find((row) => row.id === id);
      },
      recall: async (_workspace: WorkspaceId, { ids }: { ids: readonly ContextId[] }) => {
        asked.push(`recall of ${ids.length}`);
        return rows.filter((row) => ids.includes(row.id)).reverse();
      },
    } as unknown as PostgresContextReadRepository;
    lookup = new ContextLookup(repository, {} as ProjectReader, cache);
  });

  it('asks once for all that the cache does not hold, and answers in the order asked', async () => {
    rows = [context(), context(), context()];
    const [one, two, three] = rows.map(({ id }) => id) as [ContextId, ContextId, ContextId];
    await lookup.findEach(workspaceId, [two]);
    const missing = newId<ContextId>();
    const found = await lookup.findEach(workspaceId, [three, missing, two, one]);
    expect(found.map((each) => each?.id)).toEqual([three, undefined, two, one]);
    expect(asked).toEqual(['recall of 1', 'recall of 3']);
    await lookup.findEach(workspaceId, [one, two, three]);
    expect(asked).toHaveLength(2);
  });

  it('T12 finds nothing that belongs to another workspace, whatever answered', async () => {
    rows = [context({ workspaceId: newId<WorkspaceId>() })];
    const [{ id }] = rows as [Context];
    expect(await lookup.find(workspaceId, id)).toBeUndefined();
    expect(await lookup.findEach(workspaceId, [id])).toEqual([undefined]);
  });

  it('T14 makes a preview again where an older algorithm made the stored one, once for the same text', async () => {
    const old = { preview: 'old', keyConcepts: ['old'], extractVersion: EXTRACT_VERSION - 1 };
    rows = [context(old), context(old)];
    for (const row of rows) expect(await lookup.extractOf(row)).toEqual(extract(content));
    expect(asked).toEqual(['find']);
  });

  it('takes a preview of the algorithm of today as it is stored', async () => {
    const stored = context({ preview: 'as stored' });
    expect((await lookup.extractOf(stored)).preview).toBe('as stored');
    expect(asked).toEqual([]);
  });
});
