import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ContextId } from '#kernel';

export interface SemanticHit {
  readonly contextId: ContextId;
  /** Cosine of the angle to the nearest passage, -1 to 1. */
  readonly score: number;
}

/** An index over halfvec holds no longer vectors (pgvector, "HNSW"). */
export const MAX_INDEXED_DIMENSIONS = 4_000;

/** Up to so many vectors of a project, looking at all of them is as fast as the index, and misses none. */
export const EXACT_UP_TO = 5_000;

/** Whether the database has pgvector, and what it can do. */
@Injectable()
export class Pgvector {
  private version: Promise<readonly [number, number] | undefined> | undefined;

  constructor(private readonly database: Database) {}

  async exists(): Promise<boolean> {
    return (await this.find()) !== undefined;
  }

  /** From 0.8 on an index is read on until the filters have let enough through. */
  async hasIterativeScan(): Promise<boolean> {
    const [major = 0, minor = 0] = (await this.find()) ?? [];
    return major > 0 || minor >= 8;
  }

  /** Remembered once it is there; looked for again while it is not, so that it can be installed under a running server. */
  private async find(): Promise<readonly [number, number] | undefined> {
    this.version ??= this.ask();
    const version = await this.version.catch((error: unknown) => {
      this.version = undefined;
      throw error;
    });
    if (version === undefined) this.version = undefined;
    return version;
  }

  private async ask(): Promise<readonly [number, number] | undefined> {
    const [row] = await this.database.query<{ extversion: string }>(
      `SELECT extversion FROM pg_extension WHERE extname = 'vector'`,
    );
    if (row === undefined) return undefined;
    const [major, minor] = row.extversion.split('.').map(Number);
    return [major ?? 0, minor ?? 0];
  }
}

/** Name of the index of one model. */
export function vectorIndexName(model: string): string {
  return `context_vectors_${createHash('sha256').update(model).digest('hex').slice(0, 16)}_hnsw_idx`;
}

/**
 * A text as an SQL literal. An index of one model is used only by a query that names the model in the same way, so it
 * can't be a parameter.
 */
export function literal(text: string): string {
  if (!/^[A-Za-z0-9._:/@-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} is no name of a model.`);
  return `'${text}'`;
}

/** How pgvector reads a vector. */
export function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}

/** Keeps the nearest passage of each context, and of those the nearest `limit`. */
export class NearestRows {
  private readonly nearest = new Map<ContextId, number>();

  constructor(private readonly limit: number) {}

  add(contextId: ContextId, score: number): void {
    const known = this.nearest.get(contextId);
    if (known === undefined || score > known) this.nearest.set(contextId, score);
    if (this.nearest.size > 4 * this.limit + 1_000) this.shrink();
  }

  hits(): SemanticHit[] {
    return [...this.nearest]
      .map(([contextId, score]) => ({ contextId, score }))
      .sort((left, right) => right.score - left.score || (left.contextId < right.contextId ? -1 : 1))
      .slice(0, this.limit);
  }

  private shrink(): void {
    const kept = this.hits();
    this.nearest.clear();
    for (const { contextId, score } of kept) this.nearest.set(contextId, score);
  }
}
