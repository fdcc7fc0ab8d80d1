import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Problem } from '#http';
import type { RestAnswer } from '../rest/rest-api.js';

/** What a model is told of a problem. */
export interface ToldProblem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  /** Arguments that are wrong, as JSON Pointers. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly retryAfterSeconds?: number;
}

/** Where a client finds the problem as data: `structuredContent` is promised to be what the output schema says. */
export const PROBLEM_META = 'keepsake/problem';

export function isRefused({ status }: RestAnswer): boolean {
  return status >= 400;
}

export function toldProblemOf({ body, status, retryAfterSeconds }: RestAnswer): ToldProblem {
  const { code, detail, requestId, errors } = body as Problem;
  return {
    code,
    status,
    detail,
    requestId,
    errors: errors.map(({ pointer, detail: said }) => ({ pointer, detail: said })),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The answer as data and, for clients that know texts alone, as text. */
export function toToolResult(answer: RestAnswer): CallToolResult {
  if (isRefused(answer)) return toErrorResult(toldProblemOf(answer));
  const structuredContent = (answer.body ?? {}) as Record<string, unknown>;
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

/** An error that the model can see and mend. */
export function toErrorResult(problem: ToldProblem): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: JSON.stringify(problem) }],
    _meta: { [PROBLEM_META]: problem },
  };
}
