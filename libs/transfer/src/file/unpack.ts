import { createGunzip } from 'node:zlib';
import { fileBroken, fileTooLarge } from '../transfer.errors.js';

/** RFC 1952, section 2.3.1. */
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * The bytes of a file, unpacked where it is gzip, whatever it is called. Counted as they come, so that a small file
 * that unpacks to a huge one is refused before it fills anything.
 * @throws DomainError `import-file-broken`, `import-too-large`
 */
export async function* unpack(file: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunksOf(file)) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw fileTooLarge(limitBytes);
    yield chunk;
  }
}

async function* chunksOf(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = file[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isDone = false;
  while (head.length < GZIP.length && !isDone) {
    const next = await chunks.next();
    isDone = next.done === true;
    if (!isDone) head = Buffer.concat([head, next.value]);
  }
  const rest = { [Symbol.asyncIterator]: () => chunks };
  const whole = (async function* () {
    yield head;
    if (!isDone) yield* rest as AsyncIterable<Buffer>;
  })();
  if (head.subarray(0, GZIP.length).equals(GZIP)) yield* gunzipped(whole);
  else yield* whole;
}

async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = feed(packed, gunzip);
  // Reported by the loop below: it is the stream that fails then.
  feeding.catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('Z_'))
      throw fileBroken('is not whole: it can not be unpacked', error);
    throw error;
  } finally {
    gunzip.destroy();
  }
}

async function feed(chunks: AsyncIterable<Buffer>, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  for await (const chunk of chunks) {
    if (gunzip.destroyed) return;
    if (!gunzip.write(chunk))
      await new Promise<void>((resolve) => {
        gunzip.once('drain', resolve);
        gunzip.once('close', resolve);
      });
  }
  gunzip.end();
}
