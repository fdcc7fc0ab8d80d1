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
  /** The caller does the work, once it holds the claim. */
  | { readonly kind: 'claimed'; readonly claim: string }
  | { readonly kind: 'completed'; readonly response: StoredResponse }
  /** Another request has the key, or had it when its process ended: who takes over its claim finds out. */
  | { readonly kind: 'in-flight'; readonly claim: string | undefined }
  | { readonly kind: 'other-request' };

/** Remembers the answers of requests that carry an idempotency key. Safe between processes. */
export abstract class IdempotencyStore {
  /** Takes the key for this request, or tells what became of it. Committed at once, so others see it. */
  abstract claim(scope: IdempotencyScope, requestHash: Buffer, times: { now: Date; expiresAt: Date }): Promise<Claim>;

  /**
   * Holds the key for the rest of the surrounding transaction, which is that of the work: the claim falls with it, and
   * with the process that runs it.
   * @returns false where another request holds it
   */
  abstract hold(scope: IdempotencyScope): Promise<boolean>;

  /**
   * Makes the claim of a request that no longer runs one's own, for the surrounding transaction to keep. Hold the key first.
   * @returns the new claim; undefined where the request was finished or given up meanwhile
   */
  abstract takeOver(scope: IdempotencyScope, claim: string): Promise<string | undefined>;

  /**
   * Keeps the answer until its time is over, or until one of the things it refers to is deleted. Called in the transaction
   * of the work itself: either both stand or neither does.
   * @param referencedIds of those things
   * @returns false where the claim was lost to another request; the work must then be rolled back.
   */
  abstract complete(
    scope: IdempotencyScope,
    claim: string,
    response: StoredResponse,
    referencedIds: readonly string[],
  ): Promise<boolean>;

  /** Gives a key free after a failed request, so that it can be sent again. */
  abstract release(scope: IdempotencyScope, claim: string): Promise<void>;

  /** Removes keys whose time is over; returns how many. */
  abstract removeExpired(now: Date): Promise<number>;
}
