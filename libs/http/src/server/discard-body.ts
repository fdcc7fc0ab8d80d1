import type { IncomingMessage } from 'node:http';

/** As much as a body may be by default, and what is under way besides. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Whether a request says of its body that it is no longer than `discardBody` lets come in. */
export function isDiscardable({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= MOST_BYTES;
}

/**
 * Lets the rest of a body that nobody wants come in unread, so that its sender gets to read the answer, and the connection
 * can be used again. Who sends more than a body may be is cut off.
 */
export function discardBody(request: IncomingMessage): void {
  let left = MOST_BYTES;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
}
