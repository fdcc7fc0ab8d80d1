/** Things of one kind that come one after the other, in groups of at most `limit`, or of about `bytes`. */
export async function* batches<Line extends { readonly type: string }>(
  lines: AsyncIterable<Line>,
  limit: number,
  bytes: number,
  bytesOf: (line: Line) => number,
): AsyncGenerator<readonly [Line, ...Line[]]> {
  let batch: Line[] = [];
  let held = 0;
  for await (const line of lines) {
    const [first] = batch;
    if (first !== undefined && (first.type !== line.type || batch.length >= limit || held >= bytes)) {
      yield batch as [Line, ...Line[]];
      batch = [];
      held = 0;
    }
    batch.push(line);
    held += bytesOf(line);
  }
  if (batch.length > 0) yield batch as [Line, ...Line[]];
}
