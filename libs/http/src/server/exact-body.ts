import type { FastifyBodyParser } from 'fastify';
import { DomainError } from '#kernel';
import { findInexactJson } from '../validation/exact-json.js';

/** The same parser, which fails with a DomainError that names the field where it would read something else than is written. */
export function parsingExactly(parse: FastifyBodyParser<string>): FastifyBodyParser<string> {
  return (request, json, done) =>
    parse(request, json, (error, value) => {
      const inexact = error === null || error === undefined ? findInexactJson(json) : undefined;
      done(inexact === undefined ? error : inexactBody(inexact), value);
    });
}

function inexactBody(issue: { readonly pointer: string; readonly detail: string }): DomainError {
  return new DomainError({
    code: 'invalid-json',
    kind: 'invalid',
    detail: `The body is not kept as it is: ${issue.pointer} ${issue.detail}.`,
    issues: [{ ...issue, in: 'body' }],
  });
}
