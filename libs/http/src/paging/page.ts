import { z } from 'zod';
import { queryInteger } from '../validation/request-fields.js';
import { decodeCursor, encodeCursor } from './cursor.js';

/** Items of a page that names no limit. */
export const DEFAULT_LIMIT = 20;

/** Query fields of every list. */
export const pageQuery = {
  limit: queryInteger(1, 100).prefault(DEFAULT_LIMIT),
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

/** A list that is answered page by page, in the order of one sort key. */
export interface PagedList<Item, Key extends string | number, Shown> {
  /** Its name, its workspace and its filters: a cursor of one list is refused by every other. */
  readonly of: readonly unknown[];
  /** What a sort key looks like; absent: a UUID. */
  readonly key?: z.ZodType<Key>;
  /** The items behind this key; from the first one where it is absent. */
  load(after: Key | undefined, limit: number): Promise<Page<Item, readonly [Key]>>;
  /** The items as they are answered. */
  show(items: readonly Item[]): readonly Shown[] | Promise<readonly Shown[]>;
}

/**
 * The page that a query of `pageQuery` asks for, in the form of `pageOf`.
 * @throws DomainError `invalid-cursor` naming `/cursor`
 */
export async function listPage<Item, Key extends string | number, Shown>(
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  list: PagedList<Item, Key, Shown>,
): Promise<{ items: Shown[]; nextCursor: string | null }> {
  const key = list.key ?? (z.uuid() as unknown as z.ZodType<Key>);
  const [after] = cursor === undefined ? [] : decodeCursor(list.of, cursor, z.tuple([key]));
  const page = await list.load(after, limit);
  const items = [...(await list.show(page.items))];
  return { items, nextCursor: page.next === undefined ? null : encodeCursor(list.of, page.next) };
}
