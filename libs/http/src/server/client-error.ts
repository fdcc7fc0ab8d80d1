import type { Socket } from 'node:net';
import { DomainError, newId } from '#kernel';
import { PROBLEM_JSON, toProblem } from '../problem/problem.js';

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
