import { lineRefused } from '../transfer.errors.js';

/** A context of 1 MiB whose every byte is escaped (`\u0001`), and what belongs to it. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * Lines as they come, without their line feeds. What follows the last line feed is a line unless it is empty. Holds no
 * more than one chunk and one line.
 * @throws DomainError `import-line-invalid` for a line longer than `MAX_LINE_BYTES`, before it is all there
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); ; end = chunk.indexOf(LINE_FEED, start)) {
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      begun.push(part);
      begunBytes += part.length;
      if (begunBytes > MAX_LINE_BYTES) throw lineRefused(number, '', `is longer than ${MAX_LINE_BYTES} bytes`);
      if (end === -1) break;
      yield begun.length === 1 ? part : Buffer.concat(begun, begunBytes);
      begun = [];
      begunBytes = 0;
      number++;
      start = end + 1;
    }
  }
  if (begunBytes > 0) yield Buffer.concat(begun, begunBytes);
}
