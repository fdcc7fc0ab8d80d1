import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '#kernel';
import { parsingExactly } from './exact-body.js';

/**
 * Bodies are JSON in UTF-8 and nothing else, but for the files of routes that take one (`file-body.ts`). Bytes that are not UTF-8 are refused rather than replaced, since what is
 * stored is given back byte for byte; `__proto__` and `constructor.prototype` are refused by Fastify's own parser. An
 * empty body is the same as none.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = parsingExactly(fastify.getDefaultJsonParser('error', 'error'));
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    if (!isUtf8(body)) {
      done(
        new DomainError({
          code: 'invalid-json',
          kind: 'invalid',
          detail: 'The body is not valid UTF-8.',
          issues: [{ pointer: '', detail: 'is not valid UTF-8' }],
        }),
      );
      return;
    }
    void parse(request, body.toString('utf8'), (error, value) => {
      if (error === null || error === undefined) {
        done(null, value);
        return;
      }
      if (error instanceof DomainError) {
        done(error);
        return;
      }
      const detail = 'is not valid JSON (RFC 8259), or names __proto__ or constructor';
      done(
        new DomainError({
          code: 'invalid-json',
          kind: 'invalid',
          detail: `The body ${detail}.`,
          issues: [{ pointer: '', detail }],
          cause: error,
        }),
      );
    });
  });
}
