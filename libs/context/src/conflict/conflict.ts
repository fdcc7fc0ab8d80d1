import type { ConflictId, ProjectId, WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import type { ConflictRule } from './rules.js';

/**
 * `open`: nobody has decided; `applied`: the rule has, and the newer context supersedes the older one until somebody decides
 * otherwise; `resolved`: somebody has decided.
 */
export const conflictStates = ['open', 'applied', 'resolved'] as const;
export type ConflictState = (typeof conflictStates)[number];

export const dispositions = ['keep_old', 'keep_new', 'keep_both', 'remove_both'] as const;
export type Disposition = (typeof dispositions)[number];

/** What a list shows of a context of a conflict. It never changes. */
export interface ConflictingContext extends Pick<
  Context,
  'id' | 'label' | 'version' | 'preview' | 'validFrom' | 'createdAt' | 'createdBy'
> {}

/** That a rule takes a context for the successor of another one of its project. */
export interface Conflict {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly id: ConflictId;
  /** Of the two, what is valid first. */
  readonly older: ConflictingContext;
  readonly newer: ConflictingContext;
  readonly rule: ConflictRule;
  readonly state: ConflictState;
  readonly disposition: Disposition | null;
  /** Id of the principal that decided; null: nobody has. */
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly createdAt: Date;
}

/** What rules do by themselves in a project; null: they apply explicit statements of the same author, and propose the rest. */
export const supersedeModes = ['propose', 'apply', 'off'] as const;
export type SupersedeMode = (typeof supersedeModes)[number];
