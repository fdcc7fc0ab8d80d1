import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

/**
 * Sends a request whose body, or whose answer, may take longer than `fetch` waits for one. Resolves with the answer's
 * head; rejects where there is none.
 */
export async function sendTransfer(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body?: Readable,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, { method, headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  if (body === undefined) request.end();
  else {
    body.once('error', (error) => request.destroy(error));
    // A server that refuses early answers before it has read everything.
    request.on('error', () => body.unpipe(request));
    body.pipe(request);
  }
  const [answer] = await answered;
  return answer;
}
