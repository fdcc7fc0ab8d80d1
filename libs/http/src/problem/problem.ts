import { type DomainError, type ErrorKind } from '#kernel';
import { z } from 'zod';

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/**
 * Problem details for HTTP APIs (RFC 9457), with the list of offending fields and the id to quote to an operator. Kinds of errors
 * are those of `#kernel`; codes are named by the features that throw them, most in `<feature>.errors.ts`.
 */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable machine-readable name of the problem.' }),
    detail: z.string(),
    requestId: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), in: z.enum(['body', 'query', 'path', 'header']), detail: z.string() }))
      .meta({ description: 'Offending fields: JSON Pointers into the named part of the request; 20 at most.' }),
    errorsLeftOut: z
      .int()
      .optional()
      .meta({ description: 'How many more fields offend, where there are more than 20.' }),
    currentVersion: z.int().nullable().optional().meta({
      description:
        'Of a refused change of an agent state: the version that the state has now; null where there is none.',
    }),
  })
  .meta({ id: 'Problem' });

/** Beside these, `error` where clients of another protocol look for what went wrong. */
export type Problem = z.infer<typeof problemSchema> & { readonly error?: object };

const statusByKind = {
  invalid: [400, 'Bad Request'],
  unauthenticated: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  conflict: [409, 'Conflict'],
  'precondition-failed': [412, 'Precondition Failed'],
  'too-large': [413, 'Content Too Large'],
  'unsupported-media-type': [415, 'Unsupported Media Type'],
  'expectation-failed': [417, 'Expectation Failed'],
  unprocessable: [422, 'Unprocessable Content'],
  'rate-limited': [429, 'Too Many Requests'],
  internal: [500, 'Internal Server Error'],
  upstream: [502, 'Bad Gateway'],
  unavailable: [503, 'Service Unavailable'],
  timeout: [504, 'Gateway Timeout'],
} as const satisfies Record<ErrorKind, readonly [number, string]>;

export function statusOf(kind: ErrorKind): number {
  return statusByKind[kind][0];
}

/** A refusal is small, whatever it refuses: what a caller sent is repeated in it up to here. */
const ALONE = { errors: 20, text: 200, detail: 1_000 };
/** Where one answer has many. */
const AMONG_OTHERS = { errors: 1, text: 80, detail: 160 };

/** @param isAmongOthers an answer may hold a hundred of them: then each is shorter */
export function toProblem(error: DomainError, requestId: string, isAmongOthers = false): Problem {
  const most = isAmongOthers ? AMONG_OTHERS : ALONE;
  const short = shortForm(error, most);
  const [status, title] = statusByKind[error.kind];
  return {
    type: `urn:keepsake:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: short.detail,
    requestId,
    errors: short.issues.slice(0, most.errors).map((issue) => ({
      pointer: issue.pointer,
      in: issue.in ?? 'body',
      detail: issue.detail,
    })),
    ...(error.issues.length > most.errors ? { errorsLeftOut: error.issues.length - most.errors } : {}),
    ...(error.currentVersion === undefined ? {} : { currentVersion: error.currentVersion }),
  };
}

/** The same error with what it repeats of a request cut short, for whatever form it is answered in. */
export function shortForm(
  error: DomainError,
  most: Readonly<Record<'text' | 'detail', number>> = ALONE,
): Pick<DomainError, 'code' | 'kind' | 'detail' | 'issues'> {
  const { code, kind, detail, issues } = error;
  return {
    code,
    kind,
    detail: shortened(detail, most.detail),
    issues: issues.map((issue) => ({
      ...issue,
      pointer: shortened(issue.pointer, most.text),
      detail: shortened(issue.detail, most.text),
    })),
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
