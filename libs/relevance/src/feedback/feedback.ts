import type { ContextId, FeedbackId, ProjectId, WorkspaceId } from '#kernel';
import { type FeedbackKind, FULL_DWELL_SECONDS } from '../relevance.js';

/** What was given, by kind: seconds, stars, `up` or `down`, a text; null of kinds that say nothing more. */
export type FeedbackValue = number | string | null;

/** What a user said or did about a context. */
export interface Feedback {
  readonly workspaceId: WorkspaceId;
  readonly id: FeedbackId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly contextId: ContextId;
  readonly user: string;
  readonly kind: FeedbackKind;
  readonly value: FeedbackValue;
  /** As its client knows it. */
  readonly clientId: string | null;
  readonly createdAt: Date;
  /** Principal that sent it. */
  readonly createdBy: string | null;
}

/** What it says of the context, from -1 to 1. */
export function strengthOf({ kind, value }: Pick<Feedback, 'kind' | 'value'>): number {
  switch (kind) {
    case 'thumbs':
      return value === 'up' ? 1 : -1;
    case 'rating':
      return (Number(value) - 3) / 2;
    case 'dwell':
      return Math.min(1, Number(value) / FULL_DWELL_SECONDS);
    case 'click':
    case 'cite':
      return 1;
    case 'note':
      return 0;
  }
}

/** Of which a user has one for a context: another takes its place. */
export function isOpinion(kind: FeedbackKind): boolean {
  return kind === 'thumbs' || kind === 'rating';
}
