import { Injectable } from '@nestjs/common';
import type { ContextId, SessionId, WorkspaceId } from '#kernel';
import { DEFAULT_PROJECT, ProjectReader } from '#project';
import { SessionService } from '#session';
import type { ContextSummary } from './context.js';
import { ContextRepository, type RecallBy } from './persistence/context.repository.js';
import { ContextUsage } from './usage/context-usage.js';

/** How much text one recall hands out; what is beyond comes as a preview, and is named. */
export const RECALL_CONTENT_BYTES = 8 * 1024 * 1024;

export interface RecallOrder {
  /** Slug; absent: `default` for labels, any for ids. */
  readonly project?: string;
  /** Labels give the newest version that is not archived; ids give that very version. */
  readonly by: { readonly labels: readonly string[] } | { readonly ids: readonly ContextId[] };
  readonly previewOnly: boolean;
  /** The session that is going to work with them. */
  readonly sessionId?: SessionId;
}

export interface Recalled {
  /** In the order they were asked for, each once. */
  readonly items: readonly (ContextSummary & { readonly content?: string })[];
  /** Labels or ids that name nothing here. */
  readonly missing: readonly string[];
  /** Ids of those whose content was left out because all together were too large. */
  readonly withoutContent: readonly ContextId[];
}

@Injectable()
export class RecallService {
  constructor(
    private readonly contexts: ContextRepository,
    private readonly projects: ProjectReader,
    private readonly sessions: SessionService,
    private readonly usage: ContextUsage,
  ) {}

  /**
   * Reads several contexts with one statement and counts each as read.
   * @throws DomainError `session-not-found` naming `/sessionId`
   */
  async recall(workspaceId: WorkspaceId, order: RecallOrder): Promise<Recalled> {
    const { sessionId } = order;
    if (sessionId !== undefined) await this.sessions.get(workspaceId, sessionId, { pointer: '/sessionId' });
    const names = [...new Set<string>('labels' in order.by ? order.by.labels : order.by.ids)];
    const by = await this.scopeOf(workspaceId, order);
    const items =
      by === undefined ? [] : await this.contexts.recall(workspaceId, by, order.previewOnly ? 0 : RECALL_CONTENT_BYTES);
    this.usage.noteRead(
      workspaceId,
      items.map(({ id }) => id),
      sessionId,
    );
    const found = new Set<string>(items.map(({ id, label }) => ('labels' in order.by ? label : id)));
    return {
      items,
      missing: names.filter((name) => !found.has(name)),
      withoutContent: order.previewOnly ? [] : items.filter((item) => item.content === undefined).map(({ id }) => id),
    };
  }

  /** Undefined where the project named does not exist. */
  private async scopeOf(workspaceId: WorkspaceId, { project, by }: RecallOrder): Promise<RecallBy | undefined> {
    if ('ids' in by && project === undefined) return { ids: [...new Set(by.ids)] };
    const found = await this.projects.find(workspaceId, project ?? DEFAULT_PROJECT);
    if (found === undefined) return undefined;
    return 'ids' in by
      ? { projectId: found.id, ids: [...new Set(by.ids)] }
      : { projectId: found.id, labels: [...new Set(by.labels)] };
  }
}
