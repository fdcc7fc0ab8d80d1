import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '#kernel';
import { unsupportedEncoding } from './content-encoding.js';

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

/** What files are sent as. Others are not distinguished from one another: a file says itself what it is. */
export const FILE_TYPES = ['application/gzip', 'application/x-ndjson', 'application/octet-stream'] as const;

/** Hash of the file that a request brought, instead of its body. */
const hashes = new WeakMap<FastifyRequest, string>();

/** Lets routes that declare `takesFile` have the body as a stream; others refuse these types as they refuse any other. */
export function acceptFiles(fastify: FastifyInstance): void {
  fastify.addContentTypeParser([...FILE_TYPES], (request, stream, done) => {
    const { takesFile } = request.routeOptions.config as { takesFile?: boolean };
    if (request.headers['content-encoding'] !== undefined && !request.is404) done(unsupportedEncoding());
    else if (takesFile === true || request.is404) done(null, stream);
    else done(fileNotTaken());
  });
}

function fileNotTaken(): DomainError {
  return unsupportedType('Send the body as application/json.');
}

/** Of a route that takes a file, where something else came. */
export function fileExpected(cause?: unknown): DomainError {
  return unsupportedType(
    'Send the file itself as application/octet-stream, whatever it holds; application/json is not taken here.',
    cause,
  );
}

function unsupportedType(detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'unsupported-media-type',
    kind: 'unsupported-media-type',
    detail,
    issues: [{ pointer: '', detail }],
    cause,
  });
}

/**
 * The body of a route that takes a file; undefined where none came, or none of its types. Nothing else of the request
 * sees the stream any more.
 */
export function takeFileBody(request: FastifyRequest): Readable | undefined {
  const { body } = request;
  if (typeof (body as Partial<Readable> | undefined)?.pipe !== 'function') return undefined;
  request.body = undefined;
  return body as Readable;
}

/** Says what came as the file, so that an idempotency key knows the same request again. */
export function noteFileHash(request: FastifyRequest, hash: string): void {
  hashes.set(request, hash);
}

export function fileHashOf(request: FastifyRequest): string | undefined {
  return hashes.get(request);
}
