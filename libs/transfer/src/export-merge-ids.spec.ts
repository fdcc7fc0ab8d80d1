import fc from 'fast-check';
import { idsOf, mergeIds } from './export.service.js';

const pages = (ids: readonly string[]) =>
  idsOf<string>(async (after, limit) => ids.filter((id) => after === undefined || id > after).slice(0, limit), 3);

describe('ids of several lists', () => {
  it('come in order, every one once', async () => {
    const lists = fc.array(fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop')), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lists, async (unsorted) => {
        const merged: string[] = [];
        for await (const id of mergeIds(unsorted.map((ids) => pages(ids.toSorted())))) merged.push(id);
        expect(merged).toEqual([...new Set(unsorted.flat())].toSorted());
      }),
    );
  });
});
