import { z } from 'zod';
import { listPage, type PagedList, toPage } from './page.js';

const names = ['ann', 'bob', 'cat', 'dan', 'eve'];

function list(of: readonly unknown[] = ['names', 'workspace-1']): PagedList<string, string, { name: string }> {
  return {
    of,
    key: z.string(),
    load: async (after, limit) =>
      toPage(
        names.filter((name) => after === undefined || name > after).slice(0, limit + 1),
        limit,
        (name): [string] => [name],
      ),
    show: (items) => items.map((name) => ({ name })),
  };
}

describe('listPage', () => {
  it('gives every item once, page by page, and no cursor on the last', async () => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await listPage({ cursor, limit: 2 }, list());
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toEqual([['ann', 'bob'], ['cat', 'dan'], ['eve']]);
  });

  it('T21 refuses the cursor of another list, naming the field', async () => {
    const { nextCursor } = await listPage({ limit: 2 }, list());
    const other = listPage({ cursor: nextCursor ?? '', limit: 2 }, list(['names', 'workspace-2']));
    await expect(other).rejects.toMatchObject({ code: 'invalid-cursor', issues: [{ pointer: '/cursor' }] });
  });

  it('takes ids alone where no key is described', async () => {
    const { nextCursor } = await listPage({ limit: 2 }, list());
    const ofIds = { ...list(), key: undefined };
    await expect(listPage({ cursor: nextCursor ?? '', limit: 2 }, ofIds)).rejects.toMatchObject({
      code: 'invalid-cursor',
    });
  });
});
