import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DomainError, newId } from '#kernel';
import type { Socket } from 'node:net';
import { PROBLEM_JSON, toProblem } from '../problem/problem.js';

/** Of these there is one, or nobody knows which one counts: what stands before the server may have looked at the other. */
const SINGLE = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'mcp-session-id',
  'origin',
  'x-keepsake-workspace',
]);

/** Why a request is refused for its form, before anything of it is looked at. */
export function refusalOf(request: IncomingMessage): DomainError | undefined {
  const { rawHeaders, headers, httpVersion } = request;
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return invalidHeader(name, 'must be sent once');
    seen.add(name);
  }
  if (!isUtf8Query(request.url ?? ''))
    return new DomainError({
      code: 'invalid-request',
      kind: 'invalid',
      detail: 'The query of the address is not valid UTF-8.',
      issues: [{ pointer: '', in: 'query', detail: 'is not valid UTF-8' }],
    });
  if (headers.host === undefined && httpVersion === '1.1')
    return invalidHeader('host', 'is missing (RFC 9112, section 3.2)');
  if (headers.expect === undefined || headers.expect.toLowerCase() === '100-continue') return undefined;
  const detail = 'can only be 100-continue';
  return new DomainError({
    code: 'expectation-failed',
    kind: 'expectation-failed',
    detail: `Expect ${detail}.`,
    issues: [{ pointer: '/expect', in: 'header', detail }],
  });
}

/** A `%` that encodes nothing stands for itself, as parsers of queries have it. */
function isUtf8Query(url: string): boolean {
  const start = url.indexOf('?');
  if (start < 0 || !url.includes('%', start)) return true;
  try {
    decodeURIComponent(url.slice(start + 1).replaceAll(/%(?![0-9a-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Node answers expectations itself: it asks for every body, and refuses what it does not know without a word. Here they
 * go the way of every request, and a body is asked for (`askForBody`) once its sender is known.
 */
export function takeExpectations(server: Server): void {
  const take = (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response);
  server.on('checkExpectation', take);
  server.on('checkContinue', take);
}

export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) response.writeContinue();
}

function invalidHeader(name: string, detail: string): DomainError {
  return new DomainError({
    code: 'invalid-header',
    kind: 'invalid',
    detail: `The header field ${name} ${detail}.`,
    issues: [{ pointer: `/${name}`, in: 'header', detail }],
  });
}

const refusals: Readonly<Record<string, { status: number; title: string; code: string; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: 'Request Timeout',
    code: 'request-not-received',
    detail: 'The request did not arrive in time.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Request Header Fields Too Large',
    code: 'headers-too-large',
    detail: 'The header fields are larger than this server accepts.',
  },
};
const notHttp = {
  status: 400,
  title: 'Bad Request',
  code: 'invalid-request',
  detail: 'The request can not be read as HTTP.',
};

/** Answers what never became a request, and ends the connection: nobody knows where the next request would start. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const { status, title, code, detail } = refusals[error.code ?? ''] ?? notHttp;
    const problem = toProblem(new DomainError({ code, kind: 'invalid', detail }), newId());
    const body = JSON.stringify({ ...problem, status, title });
    socket.write(
      [
        `HTTP/1.1 ${status} ${title}`,
        `content-type: ${PROBLEM_JSON}`,
        `content-length: ${Buffer.byteLength(body)}`,
        'cache-control: no-store',
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroy(error);
}
