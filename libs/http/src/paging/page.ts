import { z } from 'zod';

/** Items of a page that names no limit. */
export const DEFAULT_LIMIT = 20;

/** Query fields of every list. */
export const pageQuery = {
  limit: z.coerce
    .number({ error: 'write a whole number from 1 to 100' })
    .int('write a whole number')
    .min(1, 'at least 1')
    .max(100, 'at most 100')
    .default(DEFAULT_LIMIT),
  cursor: z.string().min(1).max(2048).optional(),
};

/** The answer of every list. `nextCursor` is null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** One page as services and repositories hand it around: `next` is the position after the last item, absent on the last page. */
export interface Page<Item, Position> {
  readonly items: readonly Item[];
  readonly next?: Position;
}

/** Makes a page of rows read with `limit + 1`: the extra row only says that there are more. */
export function toPage<Item, Position>(
  rows: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: positionOf(last) } : { items };
}
