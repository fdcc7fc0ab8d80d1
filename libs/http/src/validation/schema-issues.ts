import { z } from 'zod';
import { DomainError, type ErrorIssue } from '#kernel';
import { describeIssue } from './schema-messages.js';
import { escapePointer } from './text-safety.js';

// Holds for every schema of the process, from the first import of this module on.
z.config({ customError: describeIssue });

/**
 * What a schema finds wrong, field by field: each unknown field is one, and where a field breaks several bounds the first
 * is named.
 * @param prefix JSON Pointer of what the schema was held against
 */
export function issuesOf(error: Pick<z.core.$ZodError, 'issues'>, prefix = '', part?: ErrorIssue['in']): ErrorIssue[] {
  const found = error.issues.flatMap((issue) => toIssues(issue, prefix, part));
  const pointers = new Set<string>();
  return found.filter(({ pointer }) => !pointers.has(pointer) && pointers.add(pointer));
}

function toIssues(issue: z.core.$ZodIssue, prefix: string, part: ErrorIssue['in']): ErrorIssue[] {
  const base = prefix + issue.path.map((key) => `/${escapePointer(String(key))}`).join('');
  const of = (pointer: string): ErrorIssue => ({ pointer, ...(part && { in: part }), detail: issue.message });
  if (issue.code !== 'unrecognized_keys') return [of(base)];
  return issue.keys.map((key) => of(`${base}/${escapePointer(key)}`));
}

/** @param issues at least one */
export function invalidRequest(issues: readonly ErrorIssue[]): DomainError {
  const named = issues.slice(0, 3).map(({ pointer, in: part = 'body', detail }) => {
    if (pointer === '') return `the ${part}: ${detail}`;
    return `${part === 'body' ? '' : `${part} `}${pointer}: ${detail}`;
  });
  const more = issues.length > 3 ? `; and ${issues.length - 3} more` : '';
  return new DomainError({
    code: 'invalid-request',
    kind: 'invalid',
    detail: `The request is not valid: ${named.join('; ')}${more}.`,
    issues,
  });
}
