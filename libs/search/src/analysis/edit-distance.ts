/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each of cost 1.
 * Source: Boytsov, "Indexing methods for approximate dictionary searching", 2011. In characters, not UTF-16 units.
 */
export function editDistance(first: string, second: string): number {
  const a = [...first];
  const b = [...second];
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(previous[column]! + 1, current[column - 1]! + 1, substitution);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, beforePrevious[column - 2]! + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
