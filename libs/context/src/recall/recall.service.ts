import { Injectable } from '@nestjs/common';
import { type ContextId, type SessionId, WorkPauses, type WorkspaceId } from '#kernel';
import { DEFAULT_PROJECT, ProjectReader } from '#project';
import { SessionService } from '#session';
import type { Context, ContextSummary } from '../context.js';
import { ContextLookup } from './context-lookup.js';
import { ContextUsage } from './context-usage.js';
import { PostgresContextReadRepository } from './postgres-context-read.repository.js';

/** How much text one recall hands out; what is beyond comes as a preview, and is named. */
export const RECALL_CONTENT_BYTES = 8 * 1024 * 1024;
/** Texts that are read, decoded and kept at a time: others run before the next. */
const BYTES_AT_A_TIME = 1024 * 1024;

export interface RecallCommand {
  /** Slug; absent: `default` for labels, any for ids. */
  readonly project?: string;
  /** Labels give the newest version that is not archived; ids give that very version. */
  readonly by: { readonly labels: readonly string[] } | { readonly ids: readonly ContextId[] };
  readonly previewOnly: boolean;
  /** Texts come until they are so many bytes together; RECALL_CONTENT_BYTES where absent. */
  readonly mostContentBytes?: number;
  /** What was there at that time. Absent: now. */
  readonly asOf?: Date;
  /** Whether what is handed out is shown among other things, and was not asked for. */
  readonly isShown?: boolean;
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
    private readonly lookup: ContextLookup,
    private readonly sessions: SessionService,
    private readonly usage: ContextUsage,
    private readonly reads: PostgresContextReadRepository,
    private readonly projects: ProjectReader,
  ) {}

  /**
   * Reads several contexts and counts each as read: what the cache does not hold, with one statement for all, and
   * one for each MiB of their texts.
   * @throws DomainError `session-not-found` naming `/sessionId`
   */
  async recall(workspaceId: WorkspaceId, command: RecallCommand): Promise<Recalled> {
    const { sessionId } = command;
    if (sessionId !== undefined) await this.sessions.get(workspaceId, sessionId, { pointer: '/sessionId' });
    const names = [...new Set<string>('labels' in command.by ? command.by.labels : command.by.ids)];
    const summaries = await this.summariesOf(workspaceId, command);
    const items: Recalled['items'] =
      command.previewOnly || command.asOf !== undefined
        ? cutContents(summaries, command)
        : await this.withContent(workspaceId, summaries, command.mostContentBytes);
    this.usage.noteRead(
      workspaceId,
      items.map(({ id }) => id),
      command.isShown === true ? [] : items.flatMap(({ id, content }) => (content === undefined ? [] : [id])),
      sessionId,
    );
    const found = new Set<string>(items.map(({ id, label }) => ('labels' in command.by ? label : id)));
    return {
      items,
      missing: names.filter((name) => !found.has(name)),
      withoutContent: command.previewOnly ? [] : items.filter((item) => item.content === undefined).map(({ id }) => id),
    };
  }

  private async summariesOf(
    workspaceId: WorkspaceId,
    { project, by, asOf }: RecallCommand,
  ): Promise<readonly (ContextSummary & { readonly content?: string })[]> {
    if (asOf !== undefined) return this.asOf(workspaceId, project, by, asOf);
    const found =
      'labels' in by
        ? await this.lookup.latestSummariesOf(workspaceId, project ?? DEFAULT_PROJECT, [...new Set(by.labels)])
        : await this.lookup.summariesOf(workspaceId, [...new Set(by.ids)]);
    return found.filter(
      (summary) => summary !== undefined && (project === undefined || summary.project === project),
    ) as readonly ContextSummary[];
  }

  private async asOf(
    workspaceId: WorkspaceId,
    slug: string | undefined,
    by: RecallCommand['by'],
    asOf: Date,
  ): Promise<readonly Context[]> {
    const isAnywhere = slug === undefined && 'ids' in by;
    const project = isAnywhere ? undefined : await this.projects.find(workspaceId, slug ?? DEFAULT_PROJECT);
    if (!isAnywhere && project === undefined) return [];
    if ('ids' in by)
      return this.reads.recallAsOf(workspaceId, { projectId: project?.id, ids: [...new Set(by.ids)] }, asOf);
    if (project === undefined) return [];
    return this.reads.recallAsOf(workspaceId, { projectId: project.id, labels: [...new Set(by.labels)] }, asOf);
  }

  /**
   * Texts in the order asked for, until they are too large together. One that was purged meanwhile is no item. What is
   * said of a version is of the first look: by the second it may be archived, and no longer the newest of its label.
   */
  private async withContent(
    workspaceId: WorkspaceId,
    summaries: readonly ContextSummary[],
    mostBytes = RECALL_CONTENT_BYTES,
  ): Promise<Recalled['items']> {
    let bytes = 0;
    const isWhole = summaries.map(({ contentBytes }) => (bytes += contentBytes) <= mostBytes);
    const pauses = new WorkPauses();
    const byId = new Map<ContextId, Context>();
    for (const group of groupsOf(summaries.filter((_, index) => isWhole[index]))) {
      await pauses.pauseIfDue();
      const found = await this.lookup.findEach(
        workspaceId,
        group.map(({ id }) => id),
      );
      for (const context of found) if (context !== undefined) byId.set(context.id, context);
    }
    return summaries.flatMap((summary, index): Recalled['items'] => {
      if (!isWhole[index]) return [summary];
      const context = byId.get(summary.id);
      return context === undefined ? [] : [{ ...summary, content: context.content }];
    });
  }
}

/** Texts that are there, until they are too large together; none where only previews are asked for. */
function cutContents(
  items: readonly (ContextSummary & { readonly content?: string })[],
  { previewOnly, mostContentBytes = RECALL_CONTENT_BYTES }: RecallCommand,
): Recalled['items'] {
  let bytes = 0;
  return items.map((item) => {
    if (!previewOnly && (bytes += item.contentBytes) <= mostContentBytes) return item;
    const { content: _, ...summary } = item;
    return summary;
  });
}

/** In their order, each of one context at least, and of no more text than is read at a time. */
function groupsOf(summaries: readonly ContextSummary[]): ContextSummary[][] {
  const groups: ContextSummary[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const summary of summaries) {
    if (bytes + summary.contentBytes > BYTES_AT_A_TIME) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(summary);
    bytes += summary.contentBytes;
  }
  return groups;
}
