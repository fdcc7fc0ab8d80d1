import { createHash } from 'node:crypto';
import { DomainError } from '#kernel';

/** Strong entity tag (RFC 9110, section 8.8.3) of a resource at a revision. */
export function entityTag(id: string, revision: number): string {
  return `"${createHash('sha256').update(`${id}:${revision}`).digest('base64url').slice(0, 22)}"`;
}

/**
 * Refuses a change based on an old state (RFC 9110, section 13.1.1). Without `If-Match` every change is allowed.
 * @param current tags of the current state: more than one where a change is not lost by what they differ in
 * @throws DomainError `precondition-failed` where the header names other states than the current one.
 */
export function requireMatch(ifMatch: string | undefined, ...current: readonly string[]): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.some((tag) => current.includes(tag))) return;
  throw new DomainError({
    code: 'precondition-failed',
    kind: 'precondition-failed',
    detail: 'The resource has changed since it was read. Read it again and repeat the change on the new state.',
    issues: [{ pointer: '/if-match', in: 'header', detail: 'names another state than the current one' }],
  });
}
