import type { WorkspaceId } from '#kernel';

export interface IdempotencyScope {
  readonly workspaceId: WorkspaceId;
  readonly principalId: string;
  readonly key: string;
}

export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON text as it was sent, or null for an answer without a body. */
  readonly body: string | null;
}

export type Claim =
  /** The caller does the work. A claim is retaken only after `abandonedAfterMs`, when its holder can't be running any more. */
  | { readonly kind: 'claimed'; readonly claim: string }
  | { readonly kind: 'completed'; readonly response: StoredResponse }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'other-request' };

/** Remembers the answers of requests that carry an idempotency key. Safe between processes. */
export abstract class IdempotencyStore {
  /** Takes the key for this request, or tells what became of it. Committed at once, so others see it. */
  abstract claim(
    scope: IdempotencyScope,
    requestHash: Buffer,
    times: { now: Date; expiresAt: Date; abandonedBefore: Date },
  ): Promise<Claim>;

  /**
   * Keeps the answer. Called in the transaction of the work itself: either both stand or neither does.
   * @returns false where the claim was lost to another request; the work must then be rolled back.
   */
  abstract complete(scope: IdempotencyScope, claim: string, response: StoredResponse): Promise<boolean>;

  /** Gives a key free after a failed request, so that it can be sent again. */
  abstract release(scope: IdempotencyScope, claim: string): Promise<void>;

  /** Removes keys whose time is over; returns how many. */
  abstract removeExpired(now: Date): Promise<number>;
}
