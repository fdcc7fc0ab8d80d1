import type { Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DomainError } from '#kernel';
import { fileBroken, fileTooLarge } from '../transfer.errors.js';

/** What comes, hashed, until it is too long. @throws DomainError `import-too-large`, `import-file-broken` where it breaks off */
export async function* counted(stream: Readable, hash: Hash, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw fileTooLarge(limitBytes);
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw fileBroken('did not come whole: the connection ended before it', error);
  }
}
