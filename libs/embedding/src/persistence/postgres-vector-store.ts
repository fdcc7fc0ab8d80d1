import { Injectable } from '@nestjs/common';
import type { EmbeddingState } from '#context';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import { DatabaseConfig } from '#config';
import { Database } from '#database';
import { EXACT_UP_TO, literal, MAX_INDEXED_DIMENSIONS, Pgvector, vectorIndexName } from './pgvector.js';

/** A context that has no vectors of a model yet. */
export interface UnembeddedContext {
  readonly id: ContextId;
  readonly projectId: ProjectId;
  readonly label: string;
  readonly content: string;
}

/** A context of which readers may have seen another state until now. */
export interface ChangedContext {
  readonly id: ContextId;
  /** Slug. */
  readonly project: string;
  readonly label: string;
}

/** The vectors of one context, one for each passage. */
export interface ContextVectors {
  readonly contextId: ContextId;
  readonly projectId: ProjectId;
  readonly vectors: readonly Float32Array[];
}

export interface ContextRef {
  readonly workspaceId: WorkspaceId;
  readonly contextId: ContextId;
}

/** How far a project is embedded by a model. */
export interface Coverage {
  /** Newest versions that are not archived. */
  readonly contexts: number;
  /** Of those; one that the model refuses counts as done. */
  readonly embedded: number;
}

/** Neither vectors of the model in $2 nor a refusal; `c` is the context. */
const IS_UNEMBEDDED = `
  NOT EXISTS (SELECT FROM context_vectors v
              WHERE v.workspace_id = c.workspace_id AND v.context_id = c.id AND v.model = $2)
  AND NOT EXISTS (SELECT FROM context_vector_refusals r
                  WHERE r.workspace_id = c.workspace_id AND r.context_id = c.id AND r.model = $2)`;

/** Where the vectors of contexts live. `model` is a `modelKey`; nothing is ever read across two of them. */
@Injectable()
export class PostgresVectorStore {
  constructor(
    private readonly database: Database,
    private readonly pgvector: Pgvector,
    private readonly config: DatabaseConfig,
  ) {}

  /** Those of `ids` that are the newest of their label and have neither vectors of the model nor a refusal. */
  findUnembedded(workspaceId: WorkspaceId, model: string, ids: readonly ContextId[]): Promise<UnembeddedContext[]> {
    return this.database.query<UnembeddedContext>(
      `SELECT c.id, c.project_id AS "projectId", c.label, c.content
       FROM contexts c
       WHERE c.workspace_id = $1 AND c.id = ANY ($3::uuid[]) AND c.is_latest AND ${IS_UNEMBEDDED}
       ORDER BY c.id`,
      [workspaceId, model, ids],
    );
  }

  /**
   * Stores the vectors of contexts that still are the newest of their label, in place of what there was, and drops
   * those of the versions before. A context that was replaced, archived or deleted meanwhile is passed over.
   * @returns those that were stored, and everything whose state changed: those, and the versions before that lost theirs
   */
  async put(
    workspaceId: WorkspaceId,
    model: string,
    contexts: readonly ContextVectors[],
  ): Promise<{ readonly stored: readonly ContextId[]; readonly changed: readonly ChangedContext[] }> {
    const ids = contexts.map(({ contextId }) => contextId);
    // The lock keeps a context from being replaced or removed until its vectors are in.
    const kept = await this.database.query<ChangedContext & { label_id: string }>(
      `SELECT c.id, c.label, c.label_id, p.slug AS project
       FROM contexts c JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id
       WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[]) AND c.is_latest
       ORDER BY c.id FOR SHARE OF c`,
      [workspaceId, ids],
    );
    if (kept.length === 0) return { stored: [], changed: [] };
    const keptIds = kept.map(({ id }) => id);
    const removed = await this.database.query<ChangedContext>(
      `DELETE FROM context_vectors v
       USING contexts c JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id
       WHERE v.workspace_id = $1 AND c.workspace_id = v.workspace_id AND c.id = v.context_id
         AND c.label_id = ANY ($2::uuid[]) AND (NOT c.is_latest OR (v.model = $3 AND c.id = ANY ($4::uuid[])))
       RETURNING c.id, c.label, p.slug AS project`,
      [workspaceId, kept.map(({ label_id }) => label_id), model, keptIds],
    );
    const changed = new Map([...removed, ...kept].map(({ id, label, project }) => [id, { id, label, project }]));
    for (const { contextId, projectId, vectors } of contexts) {
      if (!keptIds.includes(contextId)) continue;
      await this.database.query(
        `INSERT INTO context_vectors (workspace_id, project_id, context_id, model, passage, embedding)
         SELECT $1, $2, $3, $4, n.passage - 1, n.embedding::real[]
         FROM unnest($5::text[]) WITH ORDINALITY AS n (embedding, passage)`,
        [workspaceId, projectId, contextId, model, vectors.map((vector) => `{${vector.join(',')}}`)],
      );
    }
    return { stored: keptIds, changed: [...changed.values()] };
  }

  /** Remembers that the model refuses a context, so that it is not asked again; undefined where that was known. */
  async refuse(
    workspaceId: WorkspaceId,
    model: string,
    contextId: ContextId,
    detail: string,
  ): Promise<ChangedContext | undefined> {
    const [refused] = await this.database.query<ChangedContext>(
      `WITH refusal AS (
         INSERT INTO context_vector_refusals (workspace_id, context_id, model, detail)
         SELECT workspace_id, id, $3, $4 FROM contexts WHERE workspace_id = $1 AND id = $2
         ON CONFLICT DO NOTHING RETURNING workspace_id, context_id)
       SELECT c.id, c.label, p.slug AS project
       FROM refusal r JOIN contexts c ON c.workspace_id = r.workspace_id AND c.id = r.context_id
         JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id`,
      [workspaceId, contextId, model, detail],
    );
    return refused;
  }

  /** Of every model. */
  async remove(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<void> {
    await this.database.query('DELETE FROM context_vectors WHERE workspace_id = $1 AND context_id = ANY ($2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }

  /** Newest versions anywhere that have neither vectors of the model nor a refusal, in one order, those after `after`. */
  listUnembedded(model: string, after: ContextRef | undefined, limit: number): Promise<ContextRef[]> {
    return this.database.query<ContextRef>(
      `SELECT c.workspace_id AS "workspaceId", c.id AS "contextId"
       FROM contexts c
       WHERE c.is_latest AND ($1::uuid IS NULL OR (c.workspace_id, c.id) > ($1, $3::uuid)) AND ${IS_UNEMBEDDED}
       ORDER BY c.workspace_id, c.id
       LIMIT $4`,
      [after?.workspaceId ?? null, model, after?.contextId ?? null, limit],
    );
  }

  /** How many `listUnembedded` would find, counted no further than `most`. */
  async countUnembedded(model: string, most: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count
       FROM (SELECT FROM contexts c WHERE c.is_latest AND ${IS_UNEMBEDDED} LIMIT $1) AS missing`,
      [most, model],
    );
    return row?.count ?? 0;
  }

  async coverage(workspaceId: WorkspaceId, projectId: ProjectId, model: string): Promise<Coverage> {
    const [row] = await this.database.query<{ contexts: string; embedded: string }>(
      `SELECT count(*) AS contexts,
              count(*) FILTER (WHERE NOT (${IS_UNEMBEDDED})) AS embedded
       FROM contexts c WHERE c.workspace_id = $1 AND c.project_id = $3 AND c.is_latest`,
      [workspaceId, model, projectId],
    );
    return { contexts: Number(row?.contexts ?? 0), embedded: Number(row?.embedded ?? 0) };
  }

  /** What has become of each; `off` are those that are not to be embedded, unknown ones are left out. */
  async statesOf(
    workspaceId: WorkspaceId,
    model: string,
    ids: readonly ContextId[],
  ): Promise<ReadonlyMap<ContextId, EmbeddingState>> {
    const rows = await this.database.query<{ id: ContextId; state: EmbeddingState }>(
      `SELECT c.id, CASE
         WHEN EXISTS (SELECT FROM context_vectors v
                      WHERE v.workspace_id = c.workspace_id AND v.context_id = c.id AND v.model = $2) THEN 'ready'
         WHEN c.is_latest AND ${IS_UNEMBEDDED} THEN 'pending'
         ELSE 'off' END AS state
       FROM contexts c WHERE c.workspace_id = $1 AND c.id = ANY ($3::uuid[])`,
      [workspaceId, model, ids],
    );
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  /** Notes that the model is in use now. */
  async use(model: string, dimensions: number): Promise<void> {
    await this.database.query(
      `INSERT INTO embedding_models AS m (model, dimensions) VALUES ($1, $2)
       ON CONFLICT (model) DO UPDATE SET last_used_at = now()`,
      [model, dimensions],
    );
  }

  /**
   * Removes at most `limit` vectors of models that nobody has used for so long, by the
   * clock of the database, and, once a model has none
   * left, every trace of it.
   * @returns how many were removed
   */
  async prune(unusedForMs: number, limit: number): Promise<number> {
    const unused = await this.database.query<{ model: string }>(
      `SELECT model FROM embedding_models
       WHERE last_used_at < now() - make_interval(secs => $1::double precision / 1000) ORDER BY model`,
      [unusedForMs],
    );
    for (const { model } of unused) {
      const removed = await this.database.query(
        `DELETE FROM context_vectors v
         USING (SELECT workspace_id, context_id, passage FROM context_vectors WHERE model = $1 LIMIT $2) AS old
         WHERE v.model = $1 AND v.workspace_id = old.workspace_id AND v.context_id = old.context_id
           AND v.passage = old.passage
         RETURNING 1 AS removed`,
        [model, limit],
      );
      if (removed.length > 0) return removed.length;
      await this.database.query('DELETE FROM context_vector_refusals WHERE model = $1', [model]);
      await this.database.query(`DROP INDEX IF EXISTS ${vectorIndexName(model)}`);
      await this.database.query('DELETE FROM embedding_models WHERE model = $1', [model]);
    }
    return 0;
  }

  /** Whether a project has more vectors of the model than can be looked at one by one. */
  async needsIndex(model: string): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT FROM context_vectors WHERE model = $1 GROUP BY workspace_id, project_id HAVING count(*) > $2 LIMIT 1`,
      [model, EXACT_UP_TO],
    );
    return rows.length > 0;
  }

  /**
   * Makes the index that lets a search of this model look at few vectors, where the database can; returns whether it
   * is there. Takes as long as it takes; reads and writes go on meanwhile. Of callers at once, in any process, one makes
   * it, and the others are answered at once.
   */
  async ensureIndex(model: string, dimensions: number): Promise<boolean> {
    if (dimensions > MAX_INDEXED_DIMENSIONS || !(await this.pgvector.exists())) return false;
    const name = vectorIndexName(model);
    const query = <Row>(sql: string, parameters?: unknown[]) => this.database.query<Row>(sql, parameters);
    if ((await stateOf(query, name)) === 'whole') return true;
    return this.alone(name, async (ask) => {
      const state = await stateOf(ask, name);
      if (state === 'whole') return;
      // Nobody is making it, so it was left half made by a crash and is of no use.
      if (state === 'half') await ask(`DROP INDEX IF EXISTS ${name}`);
      await ask(
        `CREATE INDEX ${this.config.url === undefined ? '' : 'CONCURRENTLY'} ${name} ON context_vectors
         USING hnsw ((embedding::halfvec(${dimensions})) halfvec_cosine_ops) WITH (ef_construction = 128)
         WHERE model = ${literal(model)}`,
      );
    });
  }

  /**
   * On a connection of its own, without the time limit of other statements, while no other process does the same.
   * @returns false where another does
   */
  private async alone(name: string, work: (ask: Ask) => Promise<void>): Promise<boolean> {
    return this.database.session(async (ask) => {
      const [lock] = await ask<{ isMine: boolean }>('SELECT pg_try_advisory_lock(hashtext($1)) AS "isMine"', [name]);
      if (lock?.isMine !== true) return false;
      try {
        await ask('SET statement_timeout = 0');
        if (this.config.url !== undefined) await ask(MORE_MEMORY);
        await work(ask);
        return true;
      } finally {
        await ask('RESET statement_timeout').catch(() => undefined);
        await ask('RESET maintenance_work_mem').catch(() => undefined);
        await ask('SELECT pg_advisory_unlock(hashtext($1))', [name]).catch(() => undefined);
      }
    });
  }
}

/** pgvector builds many times slower from where its graph outgrows this memory; a server's own setting stands if larger. */
const MORE_MEMORY = `SELECT set_config('maintenance_work_mem',
  greatest(pg_size_bytes(current_setting('maintenance_work_mem')) / 1024, 524288) || 'kB', false)`;

type Ask = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/** `half`: being made, or left so by a crash. */
async function stateOf(ask: Ask, name: string): Promise<'none' | 'half' | 'whole'> {
  const [index] = await ask<{ indisvalid: boolean }>(
    'SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (index === undefined) return 'none';
  return index.indisvalid ? 'whole' : 'half';
}
