import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { Database } from '#database';
import { declareJob, HandlesJob } from '#queue';
import type { AnswerReferences } from './answer-references.js';

export interface IdempotencyScope {
  readonly workspaceId: WorkspaceId;
  readonly principalId: string;
  readonly key: string;
}

interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON text as it was sent, or null for an answer without a body. */
  readonly body: string | null;
}

type Claim =
  /** The caller does the work, once it holds the claim. */
  | { readonly kind: 'claimed'; readonly claim: string }
  | { readonly kind: 'completed'; readonly response: StoredResponse }
  /** Another request has the key, or had it when its process ended: who takes over its claim finds out. */
  | { readonly kind: 'in-flight'; readonly claim: string | undefined }
  | { readonly kind: 'other-request' };

interface Row {
  readonly same_request: boolean;
  readonly claim: string;
  readonly response_status: number | null;
  readonly response_headers: Record<string, string> | null;
  readonly response_body: string | null;
}

/** Remembers the answers of requests that carry an idempotency key. Safe between processes. */
@Injectable()
export class PostgresIdempotencyStore {
  constructor(private readonly database: Database) {}

  /** Takes the key for this request, or says what became of it. Committed at once, so others see it. */
  async claim(scope: IdempotencyScope, requestHash: Buffer, times: { now: Date; expiresAt: Date }): Promise<Claim> {
    const claim = newId();
    const taken = await this.database.query(
      `INSERT INTO idempotency_keys AS kept (workspace_id, principal_id, key, request_hash, claim, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (workspace_id, principal_id, key) DO UPDATE
         SET request_hash = excluded.request_hash, claim = excluded.claim, created_at = excluded.created_at, expires_at = excluded.expires_at,
             response_status = NULL, response_headers = NULL, response_body = NULL, referenced_ids = '{}', counted_ids = '{}'
         WHERE kept.expires_at <= $6
       RETURNING claim`,
      [scope.workspaceId, scope.principalId, scope.key, requestHash, claim, times.now, times.expiresAt],
    );
    if (taken.length > 0) return { kind: 'claimed', claim };
    const [row] = await this.database.query<Row>(
      `SELECT request_hash = $4 AS same_request, claim, response_status, response_headers, response_body
       FROM idempotency_keys WHERE workspace_id = $1 AND principal_id = $2 AND key = $3`,
      [scope.workspaceId, scope.principalId, scope.key, requestHash],
    );
    // Released between the two statements: the caller may simply try again.
    if (row === undefined) return { kind: 'in-flight', claim: undefined };
    if (!row.same_request) return { kind: 'other-request' };
    if (row.response_status === null) return { kind: 'in-flight', claim: row.claim };
    return {
      kind: 'completed',
      response: { status: row.response_status, headers: row.response_headers ?? {}, body: row.response_body },
    };
  }

  /**
   * Holds the key for the rest of the surrounding transaction, which is that of the work: the claim falls with it, and
   * with the process that runs it.
   * @returns false where another request holds it
   *
   * An advisory lock; where those do nothing, on the embedded database, one connection does one transaction at a time.
   */
  async hold({ workspaceId, principalId, key }: IdempotencyScope): Promise<boolean> {
    const [lock] = await this.database.query<{ held: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency/' || $1, 0)) AS held`,
      [JSON.stringify([workspaceId, principalId, key])],
    );
    return lock?.held === true;
  }

  /**
   * Makes the claim of a request that no longer runs one's own, for the surrounding transaction to keep. Hold the key first.
   * @returns the new claim; undefined where the request was finished or given up meanwhile
   */
  async takeOver(scope: IdempotencyScope, claim: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ claim: string }>(
      `UPDATE idempotency_keys SET claim = $5
       WHERE workspace_id = $1 AND principal_id = $2 AND key = $3 AND claim = $4 AND response_status IS NULL
       RETURNING claim`,
      [scope.workspaceId, scope.principalId, scope.key, claim, newId()],
    );
    return row?.claim;
  }

  /**
   * Keeps the answer until its time is over, or until one of the things it refers to is deleted. Called in the transaction
   * of the work itself: either both stand or neither does.
   * @param references those things
   * @returns false where the claim was lost to another request; the work must then be rolled back.
   */
  async complete(
    scope: IdempotencyScope,
    claim: string,
    response: StoredResponse,
    references: AnswerReferences,
  ): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE idempotency_keys
       SET response_status = $5, response_headers = $6, response_body = $7, referenced_ids = $8, counted_ids = $9
       WHERE workspace_id = $1 AND principal_id = $2 AND key = $3 AND claim = $4 RETURNING claim`,
      [
        scope.workspaceId,
        scope.principalId,
        scope.key,
        claim,
        response.status,
        JSON.stringify(response.headers),
        response.body,
        references.ids,
        references.countedIds,
      ],
    );
    return rows.length > 0;
  }

  /** Gives a key free after a failed request, so that it can be sent again. */
  async release(scope: IdempotencyScope, claim: string): Promise<void> {
    await this.database.query(
      `DELETE FROM idempotency_keys WHERE workspace_id = $1 AND principal_id = $2 AND key = $3 AND claim = $4 AND response_status IS NULL`,
      [scope.workspaceId, scope.principalId, scope.key, claim],
    );
  }

  /** Removes keys whose time is over; returns how many. */
  async removeExpired(now: Date): Promise<number> {
    return (await this.database.query('DELETE FROM idempotency_keys WHERE expires_at <= $1 RETURNING key', [now]))
      .length;
  }
}

const idempotencyExpiry = declareJob({
  name: 'idempotency-expiry',
  payload: z.strictObject({}),
  retryLimit: 0,
  retryDelaySeconds: 1,
  timeoutSeconds: 60,
});

/** Forgets answers whose time is over. An expired key is free without it; this only keeps the table small. */
@Injectable()
export class IdempotencyExpiry {
  constructor(
    private readonly store: PostgresIdempotencyStore,
    private readonly clock: Clock,
  ) {}

  @HandlesJob(idempotencyExpiry, { everySeconds: 600 })
  async run(): Promise<void> {
    await this.store.removeExpired(this.clock.now());
  }
}
