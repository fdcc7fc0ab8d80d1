import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Priority } from '#context';
import { Database } from '#database';
import { type EmbeddingModel, modelKey } from '../embedding.js';
import { cosine } from '../vector.js';
import {
  EXACT_UP_TO,
  literal,
  MAX_INDEXED_DIMENSIONS,
  NearestRows,
  Pgvector,
  type SemanticHit,
  vectorIndexName,
  vectorText,
} from './pgvector.js';

/** All that are given must hold; none is ever loosened to find more. */
export interface SemanticFilters {
  readonly priority?: Priority;
  /** Every one of them. */
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  /** Created at this time or later. */
  readonly since?: Date;
}

export interface SemanticQuery {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  readonly model: EmbeddingModel;
  readonly vector: Float32Array;
  /** 1 or more. */
  readonly limit: number;
  readonly filters?: SemanticFilters;
  /** Only these. */
  readonly among?: readonly ContextId[];
  /** `exact` looks at every vector of the project, `hnsw` at those that the index leads to; chosen by size where absent. */
  readonly method?: 'exact' | 'hnsw';
}

export interface SemanticAnswer {
  /** Nearest first; ties by id. */
  readonly hits: readonly SemanticHit[];
  /**
   * How they were found: `hnsw` by pgvector's index, which may miss a near one; `exact` by pgvector over every vector;
   * `scan` outside the database, where pgvector is missing: slower with every context.
   */
  readonly method: 'hnsw' | 'exact' | 'scan';
}

/** Passages of one context lie near each other: more rows than hits are read, so that enough contexts remain. */
const ROWS_PER_HIT = 3;
/** Candidates that the index keeps while it looks; pgvector takes no more than the most. */
const LEAST_EF_SEARCH = 400;
const MOST_EF_SEARCH = 1_000;
const SCANNED_AT_ONCE = 500;

interface DistanceRow {
  readonly id: ContextId;
  readonly distance: number;
}

interface Conditions {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * The contexts of a project by similarity. Only newest versions that are not archived are found, each once, and only
 * vectors of the asked model are looked at. A filtered search finds as many as there are, up to its limit.
 */
@Injectable()
export class PostgresSemanticIndex {
  constructor(
    private readonly database: Database,
    private readonly pgvector: Pgvector,
  ) {}

  /** @throws RangeError where the vector is not of the model's length */
  async nearest(query: SemanticQuery): Promise<SemanticAnswer> {
    const { model, vector } = query;
    if (vector.length !== model.dimensions)
      throw new RangeError(`A vector of ${vector.length} dimensions is none of ${modelKey(model)}.`);
    if (!(await this.pgvector.exists())) return { hits: await this.scan(query), method: 'scan' };
    if (await this.prefersIndex(query)) {
      const hits = await this.byIndex(query);
      // The index gives up after so many vectors; a narrow filter must still find what there is.
      if (hits.length >= query.limit || query.method === 'hnsw') return { hits, method: 'hnsw' };
    }
    return { hits: await this.exactly(query), method: 'exact' };
  }

  /** A filter that lets few through is cheaper to apply first; the index would be read to its limit and still miss some. */
  private async prefersIndex(query: SemanticQuery): Promise<boolean> {
    const { method, model, filters = {} } = query;
    if (method === 'exact' || query.among !== undefined || model.dimensions > MAX_INDEXED_DIMENSIONS) return false;
    const isFiltered = Object.values(filters).some((value) => value !== undefined);
    const { sql, parameters } = conditionsOf(query, 5);
    const from = isFiltered
      ? `context_vectors v JOIN contexts c ON c.workspace_id = v.workspace_id AND c.id = v.context_id WHERE ${sql}`
      : `context_vectors v WHERE v.workspace_id = $5 AND v.project_id = $6`;
    const [row] = await this.database.query<{ isLarge: boolean }>(
      `SELECT to_regclass($3) IS NOT NULL AND ($4 OR (
         SELECT count(*) > $2 FROM (SELECT FROM ${from} AND v.model = $1 LIMIT $2 + 1) AS first_ones)) AS "isLarge"`,
      [
        modelKey(model),
        EXACT_UP_TO,
        vectorIndexName(modelKey(model)),
        method === 'hnsw',
        ...(isFiltered ? parameters : parameters.slice(0, 2)),
      ],
    );
    return row?.isLarge === true;
  }

  /** In the order of the index: sorting, which the planner prefers for small limits, would read every vector. */
  private async byIndex(query: SemanticQuery): Promise<SemanticHit[]> {
    const { dimensions } = query.model;
    const rowLimit = query.limit * ROWS_PER_HIT;
    const { sql, parameters } = conditionsOf(query, 3);
    const distance = `v.embedding::halfvec(${dimensions}) <=> $1::halfvec(${dimensions})`;
    const rows = await this.database.run(async () => {
      await this.database.query(
        `SELECT set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true), set_config('hnsw.ef_search', $1, true)
           ${(await this.pgvector.hasIterativeScan()) ? `, set_config('hnsw.iterative_scan', 'strict_order', true)` : ''}`,
        [String(Math.min(MOST_EF_SEARCH, Math.max(LEAST_EF_SEARCH, rowLimit)))],
      );
      return this.database.query<DistanceRow>(
        `SELECT v.context_id AS id, ${distance} AS distance
         FROM context_vectors v JOIN contexts c ON c.workspace_id = v.workspace_id AND c.id = v.context_id
         WHERE v.model = ${literal(modelKey(query.model))} AND ${sql}
         ORDER BY ${distance}
         LIMIT $2`,
        [vectorText(query.vector), rowLimit, ...parameters],
      );
    });
    return toHits(rows, query.limit);
  }

  private async exactly(query: SemanticQuery): Promise<SemanticHit[]> {
    return (await this.amongAllVectors(query)) ?? this.amongThoseThatMayBeFound(query);
  }

  /**
   * Without filters nearly every vector is of a version that may be found, so distances come first, and only the nearest
   * are looked up. Undefined where too many of those may not be found.
   */
  private async amongAllVectors(query: SemanticQuery): Promise<SemanticHit[] | undefined> {
    const { model, limit, filters = {}, among } = query;
    if (among !== undefined || Object.values(filters).some((value) => value !== undefined)) return undefined;
    const looked = limit + Math.max(20, Math.ceil(limit / 4));
    const rows = await this.database.query<DistanceRow & { readonly isLatest: boolean }>(
      `WITH distances AS MATERIALIZED (
         SELECT context_id, embedding::vector(${model.dimensions}) <=> $1::vector(${model.dimensions}) AS distance
         FROM context_vectors WHERE workspace_id = $4 AND project_id = $5 AND model = $3
       ), nearest AS MATERIALIZED (
         SELECT context_id, min(distance) AS distance FROM distances
         GROUP BY context_id ORDER BY distance, context_id LIMIT $2)
       SELECT context_id AS id, distance, is_latest AS "isLatest"
       FROM nearest CROSS JOIN LATERAL (
         SELECT is_latest FROM contexts WHERE workspace_id = $4 AND id = context_id OFFSET 0) AS context
       ORDER BY distance, context_id`,
      [vectorText(query.vector), looked, modelKey(model), query.workspaceId, query.projectId],
    );
    const latest = rows.filter(({ isLatest }) => isLatest);
    return latest.length >= limit || rows.length < looked ? toHits(latest, limit) : undefined;
  }

  private async amongThoseThatMayBeFound(query: SemanticQuery): Promise<SemanticHit[]> {
    const { dimensions } = query.model;
    const { sql, parameters } = conditionsOf(query, 4);
    const rows = await this.database.query<DistanceRow>(
      `WITH distances AS MATERIALIZED (
         SELECT v.context_id, v.embedding::vector(${dimensions}) <=> $1::vector(${dimensions}) AS distance
         FROM context_vectors v JOIN contexts c ON c.workspace_id = v.workspace_id AND c.id = v.context_id
         WHERE v.model = $3 AND ${sql})
       SELECT context_id AS id, min(distance) AS distance
       FROM distances GROUP BY context_id ORDER BY distance, context_id LIMIT $2`,
      [vectorText(query.vector), query.limit, modelKey(query.model), ...parameters],
    );
    return toHits(rows, query.limit);
  }

  /** Every vector of the project comes over, some at a time, and is compared here. */
  private async scan(query: SemanticQuery): Promise<SemanticHit[]> {
    const { sql, parameters } = conditionsOf(query, 5);
    const nearest = new NearestRows(query.limit);
    let after: { readonly id: string; readonly passage: number } = {
      id: '00000000-0000-0000-0000-000000000000',
      passage: -1,
    };
    for (;;) {
      const rows = await this.database.query<{ id: ContextId; passage: number; embedding: Buffer }>(
        `SELECT v.context_id AS id, v.passage, array_send(v.embedding) AS embedding
         FROM context_vectors v JOIN contexts c ON c.workspace_id = v.workspace_id AND c.id = v.context_id
         WHERE v.model = $1 AND (v.context_id, v.passage) > ($2::uuid, $3::integer) AND ${sql}
         ORDER BY v.context_id, v.passage LIMIT $4`,
        [modelKey(query.model), after.id, after.passage, SCANNED_AT_ONCE, ...parameters],
      );
      for (const { id, embedding } of rows) nearest.add(id, cosine(query.vector, fromArraySend(embedding)));
      const last = rows.at(-1);
      if (last === undefined || rows.length < SCANNED_AT_ONCE) return nearest.hits();
      after = last;
    }
  }
}

/** What a hit must fulfil besides its model; parameters are numbered from `first`. */
function conditionsOf({ workspaceId, projectId, filters = {}, among }: SemanticQuery, first: number): Conditions {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${first + parameters.push(value) - 1}`;
  const conditions = [
    `v.workspace_id = ${parameter(workspaceId)}`,
    `v.project_id = ${parameter(projectId)}`,
    'c.is_latest',
  ];
  const { priority, tags, sessionId, since } = filters;
  if (priority !== undefined) conditions.push(`c.priority = ${parameter(priority)}`);
  if (tags !== undefined && tags.length > 0) conditions.push(`c.tags @> ${parameter(tags)}::text[]`);
  if (sessionId !== undefined) conditions.push(`c.session_id = ${parameter(sessionId)}`);
  if (since !== undefined) conditions.push(`c.created_at >= ${parameter(since)}`);
  if (among !== undefined) conditions.push(`v.context_id = ANY (${parameter(among)}::uuid[])`);
  return { sql: conditions.join(' AND '), parameters };
}

function toHits(rows: readonly DistanceRow[], limit: number): SemanticHit[] {
  const nearest = new NearestRows(limit);
  for (const { id, distance } of rows) nearest.add(id, 1 - distance);
  return nearest.hits();
}

/**
 * PostgreSQL's binary form of a one-dimensional array without nulls (src/backend/utils/adt/arrayfuncs.c, array_send):
 * five integers of head (dimensions, flags, element type, length, lower bound), then each element after its length.
 */
function fromArraySend(bytes: Buffer): Float32Array {
  const length = bytes.readInt32BE(12);
  const vector = new Float32Array(length);
  for (let index = 0; index < length; index++) vector[index] = bytes.readFloatBE(24 + index * 8);
  return vector;
}
