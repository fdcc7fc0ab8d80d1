import type { Principal } from '#kernel';
import type { LimitSubject } from './limiter/limiter.js';

/** Names a credential among all: it has its own counters in every workspace it may act in. */
export function subjectOf({ workspaceId, id }: Pick<Principal, 'workspaceId' | 'id'>): LimitSubject {
  return `${workspaceId} ${id}`;
}
