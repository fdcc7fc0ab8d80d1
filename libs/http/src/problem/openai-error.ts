import type { DomainError, ErrorKind } from '#kernel';
import { shortForm } from './problem.js';

/** Routes of OpenAI's API that this server has. */
const OPENAI_PATHS = ['/v1/embeddings', '/v1/models'];

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
  'expectation-failed': 'invalid_request_error',
  unprocessable: 'invalid_request_error',
  'rate-limited': 'rate_limit_error',
  internal: 'server_error',
  upstream: 'server_error',
  unavailable: 'server_error',
  timeout: 'server_error',
} as const satisfies Record<ErrorKind, string>;

/** Where OpenAI's clients look for what went wrong: the member `error` of an answer. */
interface OpenaiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** Whether the request may come from a client of OpenAI: one of its routes, or a route of it that is not there. */
export function isOfOpenai({ url, is404 }: { readonly url: string; readonly is404: boolean }): boolean {
  const [path = ''] = url.split('?', 1);
  return is404 || OPENAI_PATHS.some((each) => path === each || path.startsWith(`${each}/`));
}

export function toOpenaiError(given: DomainError): OpenaiError {
  const error = shortForm(given);
  const [issue] = error.issues;
  const param = issue === undefined || issue.pointer === '' ? null : pathOf(issue.pointer);
  const isSaid = issue === undefined || param === null || error.detail.includes(issue.detail);
  return {
    message: isSaid ? error.detail : `${param} ${issue.detail}`,
    type: types[error.kind],
    param,
    code: error.code.replaceAll('-', '_'),
  };
}

/** `/input/3` as OpenAI writes it: `input.3` */
function pathOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.');
}
