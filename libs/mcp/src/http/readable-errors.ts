import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { invalidRequest, issuesOf, shortForm } from '#http';

/** How the SDK begins the list of what a schema of the protocol found, behind words of its own. */
const LIST = /\[\s*\{/;
const MOST_ISSUES = 5;

/**
 * An answer of the SDK with the errors of its schemas in the words of every other problem: it writes the whole list of
 * what they found into the message, as JSON over many lines. Everything else stays as it is.
 * @param body JSON of a message, or of several
 */
export function withReadableErrors(body: string): string {
  if (!body.includes('"error":{')) return body;
  const answer = JSON.parse(body) as unknown;
  const messages = (Array.isArray(answer) ? answer : [answer]) as readonly Answer[];
  const readable = messages.map((message) => {
    const issues = issuesIn(message.error?.message);
    return issues === undefined ? message : { ...message, error: readableError(issues) };
  });
  return JSON.stringify(Array.isArray(answer) ? readable : readable[0]);
}

interface Answer {
  readonly error?: { readonly message?: unknown };
}

function issuesIn(message: unknown): z.core.$ZodIssue[] | undefined {
  if (typeof message !== 'string') return undefined;
  const start = message.search(LIST);
  if (start < 0) return undefined;
  try {
    const found = JSON.parse(message.slice(start)) as unknown;
    return Array.isArray(found) && found.every(isIssue) ? (found as z.core.$ZodIssue[]) : undefined;
  } catch {
    return undefined;
  }
}

function isIssue(value: unknown): boolean {
  const { code, path, message } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && Array.isArray(path) && typeof message === 'string';
}

function readableError(found: readonly z.core.$ZodIssue[]): object {
  const { code, detail, issues } = shortForm(invalidRequest(issuesOf({ issues: [...found] })));
  const errors = issues.slice(0, MOST_ISSUES).map(({ pointer, detail: said }) => ({ pointer, detail: said }));
  return { code: ProtocolErrorCode.InvalidParams, message: detail, data: { code, status: 400, detail, errors } };
}
