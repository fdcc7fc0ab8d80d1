import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { Page } from './page.js';

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
