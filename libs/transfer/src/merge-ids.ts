/** Reads a list page by page, each from behind the last. */
export async function* idsOf<Id extends string>(
  list: (after: Id | undefined, limit: number) => Promise<readonly Id[]>,
  limit: number,
): AsyncGenerator<Id> {
  let after: Id | undefined;
  for (;;) {
    const page = await list(after, limit);
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1);
  }
}

/** Ids of several lists, each of which is in ascending order: in that order, every one once. */
export async function* mergeIds<Id extends string>(lists: readonly AsyncGenerator<Id>[]): AsyncGenerator<Id> {
  const heads: (Id | undefined)[] = [];
  for (const list of lists) heads.push(await nextOf(list));
  for (;;) {
    const present = heads.filter((head) => head !== undefined);
    const [first] = present.toSorted();
    if (first === undefined) return;
    yield first;
    // One after the other: within a transaction there is one connection.
    for (const [index, list] of lists.entries()) if (heads[index] === first) heads[index] = await nextOf(list);
  }
}

async function nextOf<Id>(list: AsyncGenerator<Id>): Promise<Id | undefined> {
  const { value, done } = await list.next();
  return done === true ? undefined : value;
}
