import { DomainError } from '#kernel';

/** One answer for a missing, malformed, unknown, expired or revoked credential: it says nothing about which. */
export function unauthenticated(): DomainError {
  return new DomainError({
    code: 'unauthenticated',
    kind: 'unauthenticated',
    detail: 'Send a valid credential: Authorization: Bearer <key>.',
  });
}

export function missingScope(scope: string): DomainError {
  return new DomainError({
    code: 'missing-scope',
    kind: 'forbidden',
    detail: `This credential does not have the scope ${scope}.`,
  });
}

export function workspaceSlugTaken(slug: string): DomainError {
  const detail = `A workspace named ${slug} exists already`;
  return new DomainError({
    code: 'workspace-exists',
    kind: 'conflict',
    detail: `${detail}.`,
    issues: [{ pointer: '/slug', detail }],
  });
}
