import { createHash } from 'node:crypto';
import { DomainError, type ErrorIssue } from '#kernel';

/** Strong entity tag (RFC 9110, section 8.8.3) of a resource at a revision. */
export function entityTag(id: string, revision: number): string {
  return `"${createHash('sha256').update(`${id}:${revision}`).digest('base64url').slice(0, 22)}"`;
}

/** What a request says of the state that its change is for (RFC 9110, section 13.1). */
export interface Preconditions {
  /** `If-Match`: it is based on one of these states. */
  readonly ifMatch?: string | undefined;
  /** `If-None-Match`: it is for none of these states. */
  readonly ifNoneMatch?: string | undefined;
}

/**
 * Refuses a change that is not for the current state (RFC 9110, sections 13.1.1, 13.1.2 and 13.2.2): `If-Match` compares
 * strongly and comes first, `If-None-Match` weakly. Without either every change is allowed.
 * @param current tags of the current state: more than one where a change is not lost by what they differ in
 * @throws DomainError `precondition-failed`
 */
export function requireMatch({ ifMatch, ifNoneMatch }: Preconditions = {}, ...current: readonly string[]): void {
  if (ifMatch !== undefined && ifMatch.trim() !== '*' && !entityTagsOf(ifMatch).some((tag) => current.includes(tag)))
    throw preconditionFailed(
      'The resource has changed since it was read. Read it again and repeat the change on the new state.',
      { pointer: '/if-match', in: 'header', detail: 'names another state than the current one' },
    );
  if (current.some((tag) => isNamed(ifNoneMatch, tag)))
    throw preconditionFailed('The resource is in a state that the request excludes.', {
      pointer: '/if-none-match',
      in: 'header',
      detail: 'names the current state',
    });
}

/** Whether `If-None-Match` names this state, by weak comparison (RFC 9110, section 13.1.2). */
export function isNamed(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return entityTagsOf(ifNoneMatch).some((tag) => opaqueOf(tag) === opaqueOf(etag));
}

/** Commas may stand inside a tag, so the list is not simply split. */
function entityTagsOf(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function opaqueOf(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

function preconditionFailed(detail: string, issue: ErrorIssue): DomainError {
  return new DomainError({ code: 'precondition-failed', kind: 'precondition-failed', detail, issues: [issue] });
}
