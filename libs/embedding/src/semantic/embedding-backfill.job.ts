import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import type { ContextId, WorkspaceId } from '#kernel';
import { declareJob, HandlesJob, type JobContext, type JobResult } from '#queue';
import { modelKey } from '../embedding.js';
import { EmbeddingService } from '../embedding.service.js';
import { ContextEmbeddingObserver } from './context-embedding.observer.js';
import { type ContextRef, PostgresVectorStore } from '../persistence/postgres-vector-store.js';

const PAGE = 500;
/** Enqueued in one run: the next run goes on, so that a change of model does not bury the jobs of new contexts. */
const MOST_IN_ONE_RUN = 10_000;
/** Vectors of another model stay that long after its last use, so that going back costs nothing. */
const KEEP_UNUSED_MS = 24 * 3_600_000;
const PRUNED_AT_ONCE = 5_000;

const embeddingBackfill = declareJob({
  name: 'embedding-backfill',
  payload: z.strictObject({}),
  retryLimit: 2,
  retryDelaySeconds: 30,
  // Building the index of a new model over a million vectors takes its time.
  timeoutSeconds: 6 * 3_600,
});

/**
 * Keeps what is stored in step with the configured model: makes its index once a project has outgrown a look at every
 * vector, enqueues contexts that have no vectors of it, and, when none is left, removes those of models that nobody has
 * used for a day. Until a context has its vectors searches find it by its words.
 */
@Injectable()
export class EmbeddingBackfillJob {
  private readonly logger = new Logger(EmbeddingBackfillJob.name);

  constructor(
    private readonly embeddings: EmbeddingService,
    private readonly vectors: PostgresVectorStore,
    private readonly observer: ContextEmbeddingObserver,
  ) {}

  @HandlesJob(embeddingBackfill, { everySeconds: 60 })
  async handle(
    _payload: object,
    { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
  ): Promise<JobResult | void> {
    if (this.embeddings.provider.isOff) return;
    const current = this.embeddings.modelFor({});
    const model = modelKey(current);
    await this.vectors.use(model, current.dimensions);
    if (await this.vectors.needsIndex(model)) await this.vectors.ensureIndex(model, current.dimensions);
    const enqueued = await this.enqueueMissing(model, signal, progress);
    if (enqueued > 0) this.logger.log(`${enqueued} contexts have no vectors of ${model} yet; they are being embedded.`);
    const pruned = enqueued > 0 ? 0 : await this.prune(signal);
    return { model, withoutVectors: enqueued, prunedVectors: pruned };
  }

  private async enqueueMissing(model: string, signal: AbortSignal, progress: JobContext['progress']): Promise<number> {
    let after: ContextRef | undefined;
    let enqueued = 0;
    let total = 0;
    while (!signal.aborted && enqueued < MOST_IN_ONE_RUN) {
      const page = await this.vectors.listUnembedded(model, after, PAGE);
      // A page that is not full is all there is; only a long list is counted.
      if (after === undefined)
        total = page.length < PAGE ? page.length : await this.vectors.countUnembedded(model, MOST_IN_ONE_RUN);
      for (const [workspaceId, ids] of byWorkspace(page))
        await this.observer.enqueue(workspaceId, ids, 'unless it waits');
      enqueued += page.length;
      if (enqueued > 0) await progress(enqueued, Math.max(total, enqueued));
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
    return enqueued;
  }

  private async prune(signal: AbortSignal): Promise<number> {
    let pruned = 0;
    while (!signal.aborted) {
      const removed = await this.vectors.prune(KEEP_UNUSED_MS, PRUNED_AT_ONCE);
      if (removed === 0) break;
      pruned += removed;
    }
    return pruned;
  }
}

function byWorkspace(refs: readonly ContextRef[]): Map<WorkspaceId, ContextId[]> {
  const groups = new Map<WorkspaceId, ContextId[]>();
  for (const { workspaceId, contextId } of refs) {
    const group = groups.get(workspaceId);
    if (group === undefined) groups.set(workspaceId, [contextId]);
    else group.push(contextId);
  }
  return groups;
}
