import type { WorkspaceId } from '#kernel';

/** By kind, what was counted: `{ messages: 12 }`. */
export type Counts = Readonly<Record<string, number>>;

/** What became of an erasure, without anything of the user. */
export interface ErasureReport {
  readonly id: string;
  readonly jobId: string | null;
  readonly requestedAt: Date;
  /** Null: its job is not done. */
  readonly finishedAt: Date | null;
  readonly removed: Counts;
  /** Rows of others' memory that no longer say who wrote them. */
  readonly anonymised: Counts;
  /** By place, what the last scan found of what had to go; null: nothing was looked for yet. */
  readonly found: Counts | null;
  /** Memory about the user, and what protects them: it stays. */
  readonly kept: Counts | null;
}

/** An erasure with who is erased, as long as there is something to do. */
export interface Erasure extends ErasureReport {
  readonly workspaceId: WorkspaceId;
  readonly user: string | null;
}

/** Stands where a row must say who did something, and does not any more. */
export const ERASED = 'erased';

/** Who a user is to those who verify tokens: a token's subject is the name of its user. */
export const principalOfUser = (user: string): string => `jwt:${user}`;

export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
