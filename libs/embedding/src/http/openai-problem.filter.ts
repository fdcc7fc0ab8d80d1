import { Catch, Injectable } from '@nestjs/common';
import { type Problem, ProblemFilter } from '#http';
import type { DomainError, ErrorKind } from '#kernel';

/** What OpenAI calls each kind of error. */
const types = {
  invalid: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  'not-found': 'invalid_request_error',
  'method-not-allowed': 'invalid_request_error',
  conflict: 'invalid_request_error',
  'precondition-failed': 'invalid_request_error',
  'too-large': 'invalid_request_error',
  'unsupported-media-type': 'invalid_request_error',
  unprocessable: 'invalid_request_error',
  'rate-limited': 'rate_limit_error',
  internal: 'server_error',
  upstream: 'server_error',
  unavailable: 'server_error',
  timeout: 'server_error',
} as const satisfies Record<ErrorKind, string>;

/**
 * The problem of every other route, with one member more: `error`, which is where clients of OpenAI look for what went
 * wrong. An extension member as RFC 9457, section 3.2, has them.
 */
@Catch()
@Injectable()
export class OpenaiProblemFilter extends ProblemFilter {
  protected override bodyOf(error: DomainError, requestId: string): Problem & { readonly error: object } {
    const [issue] = error.issues;
    const message =
      issue === undefined || error.detail.includes(issue.detail)
        ? error.detail
        : `${pathOf(issue.pointer)} ${issue.detail}`;
    return {
      ...super.bodyOf(error, requestId),
      error: {
        message,
        type: types[error.kind],
        param: issue === undefined ? null : pathOf(issue.pointer),
        code: error.code.replaceAll('-', '_'),
      },
    };
  }
}

/** `/input/3` as OpenAI writes it: `input.3` */
function pathOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.');
}
