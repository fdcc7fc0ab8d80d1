import { randomUUID } from 'node:crypto';
import type { Tag } from '../families/tag.js';
import {
  type Erasure,
  InvalidationOutbox,
  type OverdueInvalidations,
  type PendingInvalidation,
  type RecentInvalidation,
} from './invalidation-outbox.js';
import { queryForRelay, type PgNotifyChannel } from './pg-notify-channel.js';
import type { SqlExecutor } from './sql-executor.js';

/** How long a claimed row is left to the process that claimed it. */
const CLAIM = `interval '1 second'`;

/** How long a claimed erasure is: a scan of the whole shared tier. */
const ERASURE_CLAIM = `interval '5 seconds'`;

/** `$1`: the age from which on it is due. Of the future: the clock of the database was set back, and nobody knows how old it is. */
const IS_OLD =
  'created_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000) OR created_at > clock_timestamp()';

const isSeenBy = (snapshot: string): string => `pg_visible_in_snapshot(written_by, ${snapshot}::pg_snapshot)`;

/** `$3`: a snapshot or null. */
const IS_DUE = `(${IS_OLD} OR ${isSeenBy('$3')})`;

/** Nobody's. A claim that lasts longer than claims do is of before the clock was set back. */
const isFree = (claim: string): string =>
  `(claimed_until IS NULL OR claimed_until < clock_timestamp() OR claimed_until > clock_timestamp() + ${claim})`;

const ERASURE = `id, scope, (extract(epoch FROM clock_timestamp() - done_at) * 1000)::float8 AS "doneMsAgo"`;

interface ErasureRow {
  readonly id: string;
  readonly scope: string;
  readonly doneMsAgo: number | null;
}

interface Row {
  readonly id: string;
  readonly tags: readonly Tag[];
}

/**
 * The outbox in PostgreSQL, also the embedded one. Every statement stands alone, so no transaction is open while the
 * shared tier is asked, and one session is enough. Ages are of the database's clock, one for all processes; where it is
 * set back, rows of before are due at once.
 *
 * Needs the tables `cache_invalidations` (id uuid, tags text[], created_at timestamptz, claimed_until timestamptz, written_by xid8),
 * `cache_erasures` and `cache_primaries`, which has a row once a process with a shared tier has used the database.
 */
export class PostgresInvalidationOutbox extends InvalidationOutbox {
  /** Whether a process with a shared tier was ever there. */
  private sharedBefore: boolean | undefined;

  /**
   * @param role `relay`: this process delivers, so every row is needed. `writer`: a row is written where another process
   *   may deliver it. `alone`: the same, and no other process comes while this one runs
   * @param notifications absent on the embedded database: there is one process, and its poll is enough
   */
  constructor(
    private readonly sql: SqlExecutor,
    private readonly role: 'relay' | 'writer' | 'alone',
    private readonly notifications?: PgNotifyChannel,
  ) {
    super();
  }

  get transaction(): object | undefined {
    return this.sql.transaction;
  }

  beforeCommit(hook: () => Promise<void>): Promise<void> {
    return this.sql.beforeCommit(hook);
  }

  afterCommit(hook: () => Promise<void> | void): Promise<void> {
    return this.sql.afterCommit(hook);
  }

  async append(tags: readonly Tag[]): Promise<string | undefined> {
    if (this.role === 'alone' && !(await this.wasShared())) return undefined;
    const condition = this.role === 'relay' ? '' : ' WHERE EXISTS (SELECT 1 FROM cache_primaries)';
    const [row] = await this.sql.query<{ id: string }>(
      `INSERT INTO cache_invalidations (id, tags) SELECT $1::uuid, $2::text[]${condition} RETURNING id`,
      [randomUUID(), tags],
    );
    return row?.id;
  }

  /** Asked by each caller until one has the answer: who is in a transaction must not wait for a query outside of it. */
  private async wasShared(): Promise<boolean> {
    this.sharedBefore ??= (await this.sql.query('SELECT 1 FROM cache_primaries LIMIT 1')).length > 0;
    return this.sharedBefore;
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.sql.query('DELETE FROM cache_invalidations WHERE id = ANY($1)', [ids]);
  }

  async claim(olderThanMs: number, limit: number, snapshot?: string): Promise<PendingInvalidation[]> {
    return this.ask<Row>(
      `UPDATE cache_invalidations SET claimed_until = clock_timestamp() + ${CLAIM}
       WHERE id IN (
         SELECT id FROM cache_invalidations
         WHERE ${IS_DUE} AND ${isFree(CLAIM)}
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id, tags`,
      [olderThanMs, limit, snapshot ?? null],
    );
  }

  async overdue(olderThanMs: number, limit: number, snapshot?: string): Promise<OverdueInvalidations> {
    interface Look {
      readonly snapshot: string;
      readonly isAnyLeft: boolean;
      readonly erasures: readonly ErasureRow[];
    }
    const found = await this.ask<Look & (Row | { id: null })>(
      `SELECT pg_current_snapshot()::text AS snapshot, EXISTS (SELECT FROM cache_invalidations) AS "isAnyLeft",
         (SELECT coalesce(json_agg(erasure), '[]') FROM (SELECT ${ERASURE} FROM cache_erasures) AS erasure) AS erasures, id, tags
       FROM (SELECT) AS once LEFT JOIN (
         SELECT id, tags, created_at FROM cache_invalidations WHERE ${IS_DUE} ORDER BY created_at LIMIT $2
       ) AS due ON true ORDER BY created_at`,
      [olderThanMs, limit, snapshot ?? null],
    );
    const rows = found.filter((row): row is Look & Row => row.id !== null);
    const look = found[0]!;
    return {
      rows: rows.map(({ id, tags }) => ({ id, tags })),
      snapshot: look.snapshot,
      isAnyLeft: look.isAnyLeft,
      erasures: toErasures(look.erasures),
    };
  }

  async recent(
    withinMs: number,
    limit: number,
    snapshot?: string,
    delivered: readonly string[] = [],
  ): Promise<RecentInvalidation[]> {
    return this.ask<RecentInvalidation>(
      `WITH removed AS (DELETE FROM cache_invalidations WHERE id = ANY($4::uuid[]))
       SELECT id, tags, (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs"
       FROM cache_invalidations
       WHERE (created_at > clock_timestamp() - make_interval(secs => $1::float8 / 1000) OR NOT ${isSeenBy('$3')})
         AND id <> ALL($4::uuid[])
       ORDER BY created_at DESC LIMIT $2`,
      [withinMs, limit, snapshot ?? null, delivered],
    );
  }

  async left(ids: readonly string[]): Promise<string[]> {
    const rows = await this.ask<{ id: string }>('SELECT id FROM cache_invalidations WHERE id = ANY($1)', [ids]);
    return rows.map(({ id }) => id);
  }

  async hasRelays(): Promise<boolean> {
    const rows = await this.ask(
      `SELECT 1 FROM cache_primaries WHERE seen_at > clock_timestamp() - interval '30 seconds' LIMIT 1`,
    );
    return rows.length > 0;
  }

  async appendErasure(scope: string): Promise<string | undefined> {
    if (this.role === 'alone' && !(await this.wasShared())) return undefined;
    const [row] = await this.sql.query<{ id: string }>(
      'INSERT INTO cache_erasures (id, scope) VALUES ($1, $2) RETURNING id',
      [randomUUID(), scope],
    );
    return row?.id;
  }

  async erasures(): Promise<Erasure[]> {
    return toErasures(await this.ask<ErasureRow>(`SELECT ${ERASURE} FROM cache_erasures`));
  }

  async claimErasures(olderThanMs: number): Promise<Erasure[]> {
    const rows = await this.ask<ErasureRow>(
      `UPDATE cache_erasures SET claimed_until = clock_timestamp() + ${ERASURE_CLAIM}
       WHERE id IN (
         SELECT id FROM cache_erasures
         WHERE done_at IS NULL AND (${IS_OLD}) AND ${isFree(ERASURE_CLAIM)}
         ORDER BY created_at FOR UPDATE SKIP LOCKED)
       RETURNING ${ERASURE}`,
      [olderThanMs],
    );
    return toErasures(rows);
  }

  async erased(ids: readonly string[]): Promise<string[]> {
    const condition = this.role === 'relay' ? '' : ' AND NOT EXISTS (SELECT 1 FROM cache_primaries)';
    const rows = await this.sql.query<{ id: string }>(
      `UPDATE cache_erasures SET done_at = coalesce(done_at, clock_timestamp()) WHERE id = ANY($1)${condition} RETURNING id`,
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  async takeFinished(doneForMs: number): Promise<Erasure[]> {
    const rows = await this.ask<ErasureRow>(
      `DELETE FROM cache_erasures WHERE id IN (
         SELECT id FROM cache_erasures
         WHERE done_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000) FOR UPDATE SKIP LOCKED)
       RETURNING ${ERASURE}`,
      [doneForMs],
    );
    return toErasures(rows);
  }

  async oldestAgeMs(): Promise<number> {
    const [row] = await this.ask<{ ageMs: number | null }>(
      `SELECT (extract(epoch FROM clock_timestamp() - min(created_at)) * 1000)::float8 AS "ageMs" FROM cache_invalidations`,
    );
    return Math.max(0, row?.ageMs ?? 0);
  }

  async notify(): Promise<void> {
    await this.notifications?.notify(this.sql);
  }

  onNotify(listener: () => void): void {
    this.notifications?.listen(listener);
  }

  async close(): Promise<void> {
    await this.notifications?.close();
  }

  private ask<Answer extends object>(statement: string, parameters?: readonly unknown[]): Promise<Answer[]> {
    return queryForRelay<Answer>(this.notifications, this.sql, statement, parameters);
  }
}

function toErasures(rows: readonly ErasureRow[]): Erasure[] {
  return rows.map(({ doneMsAgo, ...row }) => ({ ...row, doneMsAgo: doneMsAgo ?? undefined }));
}
