import { Injectable, Logger } from '@nestjs/common';
import type { z } from 'zod';
import { messageOf, type WorkspaceId } from '#kernel';
import type { Context, ContextSummary, EmbeddingState } from '../context.js';
import type { StoredContext, StoreOutcome } from '../store/context-draft.js';
import { EmbeddingStates } from '../context-observers.js';
import type { ReadDocument } from '../ingest/document.js';
import type { Ingested } from '../ingest/ingest.service.js';
import type { Recalled } from '../recall/recall.service.js';
import { type batchResponse, toBatchItem, toRecalledResponse } from './context-batch.dto.js';
import {
  type ContextResponse,
  ofThen,
  type storedResponse,
  type SummaryResponse,
  toContextResponse,
  toStoredResponse,
  toSummaryResponse,
} from './context.response.js';
import { type IngestBody, type ingestedResponse, toIngestedResponse } from '../ingest/ingest.dto.js';

/** Contexts as they are answered, with what the embedding of each has come to. One query for all of an answer. */
@Injectable()
export class ContextPresenter {
  private readonly logger = new Logger(ContextPresenter.name);

  constructor(private readonly states: EmbeddingStates) {}

  async summaries(
    workspaceId: WorkspaceId,
    contexts: readonly ContextSummary[],
    asOf?: Date,
  ): Promise<SummaryResponse[]> {
    const states = await this.statesOf(workspaceId, contexts);
    return contexts.map((context) => ({ ...toSummaryResponse(context, states(context)), ...ofThen(asOf) }));
  }

  async context(workspaceId: WorkspaceId, context: Context): Promise<ContextResponse> {
    return toContextResponse(context, (await this.statesOf(workspaceId, [context]))(context));
  }

  /** As it was then. */
  async contextAsOf(workspaceId: WorkspaceId, context: Context, asOf: Date): Promise<ContextResponse> {
    return { ...(await this.context(workspaceId, context)), ...ofThen(asOf) };
  }

  /** Of a context that was just changed. */
  async changed(workspaceId: WorkspaceId, context: Context): Promise<ContextResponse> {
    return toContextResponse(context, (await this.statesOfWritten(workspaceId, [context]))(context));
  }

  async stored(workspaceId: WorkspaceId, stored: StoredContext): Promise<z.infer<typeof storedResponse>> {
    return toStoredResponse(stored, (await this.statesOfWritten(workspaceId, [stored.context]))(stored.context));
  }

  async batch(workspaceId: WorkspaceId, outcomes: readonly StoreOutcome[]): Promise<z.infer<typeof batchResponse>> {
    const states = await this.statesOfWritten(
      workspaceId,
      outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome.context])),
    );
    return { items: outcomes.map((outcome) => toBatchItem(outcome, states)) };
  }

  async recalled(workspaceId: WorkspaceId, recalled: Recalled, asOf?: Date) {
    const response = toRecalledResponse(recalled, await this.statesOf(workspaceId, recalled.items));
    return { ...response, items: response.items.map((item) => ({ ...item, ...ofThen(asOf) })) };
  }

  async ingested(
    workspaceId: WorkspaceId,
    body: IngestBody,
    document: ReadDocument,
    ingested: Ingested,
  ): Promise<z.infer<typeof ingestedResponse>> {
    const contexts = ingested.parts.map(({ context }) => context);
    return toIngestedResponse(body, document, ingested, await this.statesOfWritten(workspaceId, contexts));
  }

  /** What was written stands, also where the database has no time to say this of it: then it is what a new one is. */
  private async statesOfWritten(workspaceId: WorkspaceId, contexts: readonly Pick<ContextSummary, 'id'>[]) {
    try {
      return await this.statesOf(workspaceId, contexts);
    } catch (error) {
      this.logger.warn(`The embedding state of a stored context could not be read: ${messageOf(error)}`);
      return () => (this.states.engine === 'none' ? 'off' : 'pending') satisfies EmbeddingState;
    }
  }

  private async statesOf(workspaceId: WorkspaceId, contexts: readonly Pick<ContextSummary, 'id'>[]) {
    const ids = [...new Set(contexts.map(({ id }) => id))];
    const states = await this.states.statesOf(workspaceId, ids);
    const byId = new Map(ids.map((id, index) => [id, states[index]]));
    return ({ id }: Pick<ContextSummary, 'id'>) => byId.get(id) ?? 'off';
  }
}
