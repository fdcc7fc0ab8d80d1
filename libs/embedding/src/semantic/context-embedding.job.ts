import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ContextChanges } from '#context';
import { TransactionRunner } from '#database';
import { type ContextId, DomainError, type WorkspaceId } from '#kernel';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { modelKey } from '../embedding.js';
import { EmbeddingService } from '../embedding.service.js';
import {
  type ContextVectors,
  PostgresVectorStore,
  type UnembeddedContext,
} from '../persistence/postgres-vector-store.js';
import { VectorObservers } from './vector-observers.js';

/** Contexts of one job: their texts are in memory together. */
export const CONTEXTS_PER_JOB = 32;

/** Embeds contexts that were just written, or that a change of model left without vectors. */
export const contextEmbedding = declareJob({
  name: 'context-embedding',
  payload: z.strictObject({ contextIds: z.array(z.uuid()).min(1).max(CONTEXTS_PER_JOB) }),
  retryLimit: 8,
  retryDelaySeconds: 10,
  timeoutSeconds: 300,
});

/**
 * Gives contexts their vectors. What has them already, was replaced or is gone is passed over, so running it twice
 * costs nothing.
 */
@Injectable()
export class ContextEmbeddingJob {
  constructor(
    private readonly embeddings: EmbeddingService,
    private readonly vectors: PostgresVectorStore,
    private readonly observers: VectorObservers,
    private readonly changes: ContextChanges,
    private readonly transactions: TransactionRunner,
  ) {}

  @HandlesJob(contextEmbedding)
  async handle({ contextIds }: { contextIds: string[] }, { workspaceId, signal }: JobContext): Promise<void> {
    if (workspaceId === undefined || this.embeddings.provider.isOff) return;
    const model = modelKey(this.embeddings.modelFor({}));
    const contexts = await this.vectors.findUnembedded(workspaceId, model, contextIds as ContextId[]);
    await this.embed(workspaceId, model, contexts, signal);
  }

  private async embed(
    workspaceId: WorkspaceId,
    model: string,
    contexts: readonly UnembeddedContext[],
    signal: AbortSignal,
  ): Promise<void> {
    if (contexts.length === 0) return;
    const passages = contexts.map((context) => passagesOf(context, this.embeddings.provider.passageLength));
    let vectors: readonly Float32Array[];
    try {
      ({ vectors } = await this.embeddings.embed({
        workspaceId,
        texts: passages.flat(),
        inputType: 'document',
        signal,
      }));
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'unprocessable') throw error;
      const [only, ...others] = contexts;
      if (only !== undefined && others.length === 0) {
        await this.refuse(workspaceId, model, only, error.detail);
        return;
      }
      // One text that the provider refuses must not keep the others from being found.
      for (const context of contexts) await this.embed(workspaceId, model, [context], signal);
      return;
    }
    let next = 0;
    const stored = contexts.map(({ id, projectId }, index): ContextVectors => {
      const count = passages[index]?.length ?? 0;
      next += count;
      return { contextId: id, projectId, vectors: vectors.slice(next - count, next) };
    });
    await this.store(workspaceId, model, stored);
  }

  private async store(workspaceId: WorkspaceId, model: string, contexts: readonly ContextVectors[]): Promise<void> {
    await this.transactions.run(
      async () => {
        const { stored, changed } = await this.vectors.put(workspaceId, model, contexts);
        await this.observers.vectorsChanged(
          workspaceId,
          contexts.filter(({ contextId }) => stored.includes(contextId)),
        );
        await this.changes.embeddingChanged(workspaceId, changed);
      },
      { retries: 2 },
    );
  }

  private async refuse(
    workspaceId: WorkspaceId,
    model: string,
    { id, projectId }: UnembeddedContext,
    detail: string,
  ): Promise<void> {
    await this.transactions.run(async () => {
      const refused = await this.vectors.refuse(workspaceId, model, id, detail);
      if (refused === undefined) return;
      await this.observers.vectorsChanged(workspaceId, [{ contextId: id, projectId }]);
      await this.changes.embeddingChanged(workspaceId, [refused]);
    });
  }
}

/**
 * What a context is embedded as: its text in passages, each under the label, which often says what the text itself
 * does not. Nothing is left out. Deterministic.
 */
function passagesOf(
  { label, content }: { readonly label: string; readonly content: string },
  length: number,
): string[] {
  const passages: string[] = [];
  let rest = content.trim();
  while (rest.length > length) {
    const end = cutOf(rest, length);
    passages.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  if (rest !== '' || passages.length === 0) passages.push(rest);
  return passages.map((passage) => `${label}\n\n${passage}`.trim());
}

/** At a paragraph, line or sentence in the last third of a passage, where there is one. */
function cutOf(text: string, length: number): number {
  for (const boundary of ['\n\n', '\n', '. ', ' ']) {
    const at = text.lastIndexOf(boundary, length - boundary.length);
    if (at >= Math.floor((length * 2) / 3)) return at + boundary.length;
  }
  // Not between the halves of a surrogate pair.
  const isHigh = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return isHigh ? length - 1 : length;
}
