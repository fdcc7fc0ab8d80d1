import { Injectable } from '@nestjs/common';
import type { SessionId, WorkspaceId } from '#kernel';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import { endOf, isSameSlot, slotOf, startOf } from '../validity/validity.js';
import type { Context, ContextSummary } from '../context.js';
import { ContextUsage } from '../recall/context-usage.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { type ContextDraft, hasNeighbours } from './context-draft.js';

/** Contexts that were handed out to a session and that one of its texts may repeat. */
type RecalledInSession = ReadonlyMap<SessionId, readonly ContextSummary[]>;

/** Texts that say what is there already: of these nothing is stored. */
@Injectable()
export class RepeatedTexts {
  constructor(
    private readonly reads: PostgresContextReadRepository,
    private readonly usage: ContextUsage,
    private readonly successions: PostgresSuccessionsRepository,
  ) {}

  /** What sessions that store were handed out of the texts of these drafts. */
  async recalledInSession(
    workspaceId: WorkspaceId,
    projectId: Context['projectId'],
    drafts: readonly ContextDraft[],
  ): Promise<RecalledInSession> {
    const found = new Map<SessionId, readonly ContextSummary[]>();
    for (const { sessionId } of drafts) {
      if (sessionId === null || found.has(sessionId)) continue;
      const to = { sessionId, ids: this.usage.pendingOf(workspaceId, sessionId) };
      const texts = drafts.filter((draft) => draft.sessionId === sessionId);
      found.set(sessionId, await this.reads.findRecalledInSession(workspaceId, projectId, to, texts));
    }
    return found;
  }

  /**
   * The context that a draft repeats: the newest version of its label where that is as true, or one that its session was
   * handed out; undefined where it is new.
   */
  async find(
    draft: ContextDraft,
    latest: ContextSummary | undefined,
    recalled: RecalledInSession,
    now: Date,
  ): Promise<ContextSummary | undefined> {
    const same = latest !== undefined && (await this.saysTheSame(draft, latest, now)) ? [latest] : [];
    const already = isPlain(draft) && draft.sessionId !== null ? (recalled.get(draft.sessionId) ?? []) : [];
    return this.findRepeated(draft, [...same, ...already]);
  }

  /** Whether the newest version of its label would be as true as the draft, if both hold the same text. */
  private async saysTheSame(draft: ContextDraft, latest: ContextSummary, now: Date): Promise<boolean> {
    const { validFrom, validTo, supersedes } = draft;
    const slot = slotOf(draft);
    const end = endOf(latest);
    if (end !== null && end <= now && !draft.isPart) return false;
    if (validFrom !== null && validFrom.getTime() !== startOf(latest).getTime()) return false;
    if (validTo !== null && validTo.getTime() !== latest.validTo?.getTime()) return false;
    if (slot !== null && !isSameSlot(slot, slotOf(latest))) return false;
    if (supersedes.length === 0) return true;
    const known = await this.successions.supersededBy(latest.workspaceId, latest.id, supersedes);
    return supersedes.every((id) => known.has(id));
  }

  /** The first context whose text, or whose extract, the draft is. */
  private async findRepeated(
    draft: ContextDraft,
    contexts: readonly (ContextSummary | Context)[],
  ): Promise<ContextSummary | undefined> {
    for (const context of contexts) {
      if (draft.contentHash === context.contentHash) return context;
      if (draft.content.trim() !== context.preview) continue;
      const content =
        'content' in context ? context.content : (await this.reads.find(context.workspaceId, context.id))?.content;
      if (content !== undefined && isExtract(context.preview, content)) return context;
    }
    return undefined;
  }
}

/** Whether nothing is said of when it is true. */
function isPlain(draft: ContextDraft): boolean {
  return draft.validTo === null && !hasNeighbours(draft);
}

/** Whether the preview says less than the content: it leaves out more than white space. */
function isExtract(preview: string, content: string): boolean {
  const inkOf = (text: string) => text.replaceAll(/\s+/gu, '');
  return inkOf(preview) !== inkOf(content);
}
