import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '#kernel';
import { type BodyBounds, MOST_VALUES } from './body-bounds.js';
import { decodeBody } from './content-encoding.js';
import { parsingExactly } from './exact-body.js';
import { excessOf } from './json-shape.js';

/**
 * Bodies are JSON in UTF-8 and nothing else, but for the files of routes that take one (`file-body.ts`). Bytes that are not
 * UTF-8 are refused rather than replaced, since what is stored is given back byte for byte. More values or deeper nesting
 * than the route takes is refused before it is parsed; `__proto__` and `constructor.prototype` are refused by Fastify's own
 * parser. An empty body is the same as none.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = parsingExactly(fastify.getDefaultJsonParser('error', 'error'));
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, sent: Buffer) => {
      if (sent.length === 0) return undefined;
      const { bodyLimit, config } = request.routeOptions;
      const body = await decodeBody(sent, request.headers['content-encoding'], bodyLimit);
      if (!isUtf8(body)) throw invalidBody('is not valid UTF-8');
      const excess = excessOf(body, (config as Partial<BodyBounds>).mostValues ?? MOST_VALUES);
      if (excess !== undefined) throw invalidBody(excess);
      return new Promise<unknown>((resolve, reject) => {
        void parse(request, body.toString('utf8'), (error, value) => {
          if (error === null || error === undefined) resolve(value);
          else if (error instanceof DomainError) reject(error);
          else reject(invalidBody('is not valid JSON (RFC 8259), or names __proto__ or constructor', error));
        });
      });
    },
  );
}

function invalidBody(detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'invalid-json',
    kind: 'invalid',
    detail: `The body ${detail}.`,
    issues: [{ pointer: '', detail }],
    cause,
  });
}
