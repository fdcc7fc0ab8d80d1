/** Position of the first of `sorted` that is one; those before it are none, and all behind it are. */
export function firstWhere<Item>(sorted: readonly Item[], isOne: (item: Item) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isOne(sorted[middle] as Item)) to = middle;
    else from = middle + 1;
  }
  return from;
}
