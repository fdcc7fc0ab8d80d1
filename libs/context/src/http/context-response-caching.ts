import { Injectable } from '@nestjs/common';
import { type Tag, workspaceDeletionTag } from '#cache';
import {
  type CacheableRequest,
  type CachedResponseListener,
  CachedResponseListeners,
  namedId,
  type ResponseVariant,
  ResponseVariants,
} from '#http';
import type { ContextId, WorkspaceId } from '#kernel';
import { DEFAULT_PROJECT } from '#project';
import {
  anyContextTag,
  conflictsTag,
  contextsTag,
  contextTag,
  contextUsageTag,
  embeddingsTag,
  labelTag,
} from '../context.cache.js';
import { EmbeddingStates } from '../context-observers.js';
import { ContextUsage } from '../recall/context-usage.js';
import type { ContextResponse } from './context.response.js';

/** What the answers of the context routes depend on, from the request alone. */
type Tags = readonly [Tag, ...Tag[]];

export function tagsOfContext({ workspace, params }: CacheableRequest): Tags {
  return [contextTag({ workspace, id: namedId(params) }), workspaceDeletionTag({ workspace })];
}

/** The id does not say the label, whose every version is in the answer. */
export function tagsOfVersions({ workspace }: CacheableRequest): Tags {
  return [anyContextTag({ workspace }), workspaceDeletionTag({ workspace })];
}

export function tagsOfLabel({ workspace, params }: CacheableRequest): Tags {
  const { project = '', label = '' } = params;
  return [labelTag({ workspace, project, label }), workspaceDeletionTag({ workspace })];
}

export function tagsOfList({ workspace, query }: CacheableRequest): Tags {
  const named = { workspace, project: String(query['project'] ?? DEFAULT_PROJECT) };
  return [contextsTag(named), embeddingsTag(named), workspaceDeletionTag(named)];
}

export function tagsOfConflicts({ workspace, query }: CacheableRequest): Tags {
  const named = { workspace, project: String(query['project'] ?? DEFAULT_PROJECT) };
  return [conflictsTag(named), contextsTag(named), workspaceDeletionTag(named)];
}

/** What is valid now changes with the time. */
export function isListCached({ query }: CacheableRequest): boolean {
  return query['current'] !== 'true';
}

export function tagsOfOverview({ workspace, params }: CacheableRequest): Tags {
  const project = params['project'] ?? '';
  return [contextsTag({ workspace, project }), contextUsageTag({ workspace }), workspaceDeletionTag({ workspace })];
}

export const contextSubject = { kind: 'context', of: ({ id }: ContextResponse) => id };

/** Reads of a context are counted, also those that the cache answers. */
@Injectable()
export class CachedReadCounter implements CachedResponseListener {
  readonly kind = contextSubject.kind;

  constructor(
    private readonly usage: ContextUsage,
    answers: CachedResponseListeners,
  ) {
    answers.register(this);
  }

  onCachedResponse(workspaceId: WorkspaceId, id: string): void {
    this.usage.noteRead(workspaceId, [id as ContextId], [id as ContextId]);
  }
}

/** Answers say whether a context is embedded, which hangs on what this process embeds with. */
@Injectable()
export class EmbeddingVariant implements ResponseVariant {
  readonly name = 'embedding';

  constructor(
    private readonly states: EmbeddingStates,
    variants: ResponseVariants,
  ) {
    variants.register(this);
  }

  get value(): string {
    return this.states.engine;
  }
}
