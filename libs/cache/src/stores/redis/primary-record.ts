import { queryForRelay, type PgNotifyChannel } from '../../outbox/pg-notify-channel.js';
import type { SqlExecutor } from '../../outbox/sql-executor.js';

/** What is recorded of the servers that take the writes. */
export interface PrimaryTerm {
  /** Changes whenever other servers than before were found to take the writes. Never comes again. */
  readonly term: string;
  /** Nodes whose epoch was made again in this term. */
  readonly renewed: readonly string[];
  /** Milliseconds since the term began, on the clock of the record; undefined for the first term of all. */
  readonly ageMs: number | undefined;
}

/**
 * The witness outside Redis of who takes the writes. A primary that hung, was replaced, came back and was elected again
 * looks as it did before, its epoch and its entries included. Here it does not: in between another one was recorded.
 *
 * All calls may run at once in any number of processes. They reject where the record can't be asked; the gate then
 * stays closed.
 */
export abstract class PrimaryRecord {
  /** Records that these servers take the writes now. Begins a term where others were recorded before. */
  abstract agree(identity: string): Promise<PrimaryTerm>;
  /** Notes that the epoch of a node was made again. Does nothing where the term is over. */
  abstract noteRenewed(term: string, node: string): Promise<void>;
  /** The term now; undefined where none was ever recorded. Shows others that a process which delivers is there. */
  abstract current(): Promise<string | undefined>;
}

const SHOW_EVERY_MS = 10_000;

/** The record in PostgreSQL: the table `cache_primaries`, one row for each namespace of keys. */
export class PostgresPrimaryRecord extends PrimaryRecord {
  private shownMs = Number.NEGATIVE_INFINITY;

  /** @param notifications the relay's own connection, which asks for the term with every look: a busy pool must not make it blind */
  constructor(
    private readonly sql: SqlExecutor,
    private readonly namespace: string,
    private readonly notifications?: PgNotifyChannel,
  ) {
    super();
  }

  async agree(identity: string): Promise<PrimaryTerm> {
    await this.sql.query(
      `INSERT INTO cache_primaries AS p (namespace, identity, term) VALUES ($1, $2, gen_random_uuid())
       ON CONFLICT (namespace) DO UPDATE
         SET identity = excluded.identity, term = excluded.term, renewed = '{}', moved_at = clock_timestamp()
         WHERE p.identity <> excluded.identity`,
      [this.namespace, identity],
    );
    const [row] = await this.sql.query<{ identity: string; term: string; renewed: string[]; ageMs: number | null }>(
      `SELECT identity, term, renewed, (extract(epoch FROM clock_timestamp() - moved_at) * 1000)::float8 AS "ageMs"
       FROM cache_primaries WHERE namespace = $1`,
      [this.namespace],
    );
    if (row?.identity !== identity) {
      throw new Error('another process has just recorded other servers as those that take the writes of the cache');
    }
    return { term: row.term, renewed: row.renewed, ageMs: row.ageMs ?? undefined };
  }

  async noteRenewed(term: string, node: string): Promise<void> {
    await this.sql.query(
      `UPDATE cache_primaries SET renewed = array_append(renewed, $3)
       WHERE namespace = $1 AND term = $2 AND NOT renewed @> ARRAY[$3]`,
      [this.namespace, term, node],
    );
  }

  async current(): Promise<string | undefined> {
    const nowMs = performance.now();
    if (nowMs - this.shownMs < SHOW_EVERY_MS) return this.ask('SELECT term FROM cache_primaries WHERE namespace = $1');
    const term = await this.ask(
      'UPDATE cache_primaries SET seen_at = clock_timestamp() WHERE namespace = $1 RETURNING term',
    );
    if (term !== undefined) this.shownMs = nowMs;
    return term;
  }

  private async ask(statement: string): Promise<string | undefined> {
    const [row] = await queryForRelay<{ term: string }>(this.notifications, this.sql, statement, [this.namespace]);
    return row?.term;
  }
}
