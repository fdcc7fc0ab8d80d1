import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import {
  Clock,
  type ContextId,
  DomainError,
  newId,
  newRevision,
  type SessionId,
  WorkPauses,
  type WorkspaceId,
} from '#kernel';
import { ProjectService } from '#project';
import { SessionService } from '#session';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { extracts } from '../context.cache.js';
import type { Context, ContextSummary } from '../context.js';
import { ContextUsage } from '../recall/context-usage.js';
import {
  type ContextDraft,
  draftOf,
  type StoreContext,
  type StoredContext,
  type StoreOutcome,
} from './context-draft.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import type { SimilarContext } from './near-duplicates.js';
import type { NewContext } from './context.row.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** The version of a label that the next item is compared with. */
interface Head {
  readonly context: ContextSummary;
  /** The item that it came from, where it is of this very batch. */
  readonly isNew: boolean;
}

const RETRIES = 3;

/**
 * Stores texts under labels.
 *
 * Versions of a label are numbered 1, 2, 3… without gaps, however many processes store at once: the row of the label
 * is locked from before its last number is read until the commit. A text is not stored as new, and nothing is written
 * (tags, priority and metadata included: PATCH changes those), where
 *
 * - it is the content of the newest version of its label that is not archived;
 * - it is that version's preview, as recalls and lists hand it out: it would replace a text by its own extract. A
 *   preview that leaves nothing but white space out is no extract, and such a text is a new version;
 * - it is the content or, in the same sense, the preview of a context that a recall handed out to the session that stores it, under
 *   whatever label (a recall names its session by `sessionId`): then that context is the answer. Other processes know
 *   what was handed out after a few seconds.
 *
 * The same text under another label is otherwise a context of its own, and the first one is named in `similarTo`.
 */
@Injectable()
export class ContextStoreService {
  constructor(
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
    private readonly observers: ContextObservers,
    private readonly projects: ProjectService,
    private readonly sessions: SessionService,
    private readonly usage: ContextUsage,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly changes: ContextChanges,
    private readonly cache: CacheService,
  ) {}

  /**
   * @param project slug; made where it is missing
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired` naming `/sessionId`
   */
  async store(workspaceId: WorkspaceId, project: string, input: StoreContext): Promise<StoredContext> {
    const [outcome] = await this.storeEach(workspaceId, project, [input], () => '/sessionId');
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('A store has one outcome.');
    return outcome;
  }

  /**
   * Stores all, in order, in one transaction, or nothing.
   * @throws DomainError as `store`, naming the item: `/items/3/sessionId`
   */
  async storeAll(
    workspaceId: WorkspaceId,
    project: string,
    inputs: readonly StoreContext[],
  ): Promise<readonly StoredContext[]> {
    return this.transactions.run(
      async () => {
        const outcomes = await this.storeEach(workspaceId, project, inputs, sessionPointer);
        return outcomes.map((outcome) => {
          if ('error' in outcome) throw outcome.error;
          return outcome;
        });
      },
      { retries: RETRIES },
    );
  }

  /** Stores those that can be stored, in order, in one transaction, and answers for each what became of it. */
  async storeEach(
    workspaceId: WorkspaceId,
    project: string,
    inputs: readonly StoreContext[],
    pointerOf: (index: number) => string = sessionPointer,
  ): Promise<readonly StoreOutcome[]> {
    const pauses = new WorkPauses();
    const drafts: ContextDraft[] = [];
    for (const input of inputs) drafts.push(await draftOf(input, pauses));
    return this.transactions.run(() => this.write(workspaceId, project, drafts, pointerOf), { retries: RETRIES });
  }

  private async write(
    workspaceId: WorkspaceId,
    projectSlug: string,
    drafts: readonly ContextDraft[],
    pointerOf: (index: number) => string,
  ): Promise<readonly StoreOutcome[]> {
    // Locks are taken in one order everywhere: sessions, project, labels.
    const refused = await this.refusedSessions(workspaceId, drafts, pointerOf);
    const admitted = drafts.filter(({ sessionId }) => sessionId === null || !refused.has(sessionId));
    const errors = (draft: ContextDraft) => (draft.sessionId === null ? undefined : refused.get(draft.sessionId));
    if (admitted.length === 0) return drafts.map((draft) => ({ error: errors(draft) as DomainError }));

    const project = await this.projects.ensure(workspaceId, projectSlug);
    const lines = await this.contexts.lockLabels(
      workspaceId,
      project.id,
      admitted.map(({ label }) => label),
    );
    const recalledInSession = await this.recalledInSession(workspaceId, project.id, admitted);
    const { added, answers } = await this.decide(admitted, lines, recalledInSession, {
      workspaceId,
      project: project.slug,
    });

    const similar = await this.add(workspaceId, project.slug, added, lines);
    const stored = new Map<ContextDraft, StoredContext>();
    for (const [draft, { context, isNew }] of answers) {
      const isWhole = context.contentHash === draft.contentHash;
      const whole = isWhole ? draft.content : (await this.reads.find(workspaceId, context.id))?.content;
      stored.set(draft, {
        context: { ...context, content: whole ?? '' },
        unchanged: !isNew,
        similarTo: isNew ? (similar.get(context.id) ?? []) : [],
      });
    }
    await this.countRepeats(workspaceId, answers);
    return drafts.map((draft) => stored.get(draft) ?? { error: errors(draft) as DomainError });
  }

  private async refusedSessions(
    workspaceId: WorkspaceId,
    drafts: readonly ContextDraft[],
    pointerOf: (index: number) => string,
  ): Promise<ReadonlyMap<SessionId, DomainError>> {
    const named = new Map<SessionId, string>();
    for (const [index, { sessionId }] of drafts.entries()) {
      if (sessionId !== null && !named.has(sessionId)) named.set(sessionId, pointerOf(index));
    }
    const refused = new Map<SessionId, DomainError>();
    for (const [sessionId, pointer] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
      try {
        await this.sessions.recordActivity(workspaceId, sessionId, { pointer });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refused.set(sessionId, error);
      }
    }
    return refused;
  }

  private async recalledInSession(
    workspaceId: WorkspaceId,
    projectId: Context['projectId'],
    drafts: readonly ContextDraft[],
  ): Promise<ReadonlyMap<SessionId, readonly ContextSummary[]>> {
    const found = new Map<SessionId, readonly ContextSummary[]>();
    for (const { sessionId } of drafts) {
      if (sessionId === null || found.has(sessionId)) continue;
      const to = { sessionId, ids: this.usage.pendingOf(workspaceId, sessionId) };
      const texts = drafts.filter((draft) => draft.sessionId === sessionId);
      found.set(sessionId, await this.reads.findRecalledInSession(workspaceId, projectId, to, texts));
    }
    return found;
  }

  /** Which drafts become new versions, and what each is answered with. */
  private async decide(
    drafts: readonly ContextDraft[],
    lines: ReadonlyMap<string, LockedLabel>,
    recalledInSession: ReadonlyMap<SessionId, readonly ContextSummary[]>,
    { workspaceId, project }: { workspaceId: WorkspaceId; project: string },
  ): Promise<{ added: readonly NewContext[]; answers: ReadonlyMap<ContextDraft, Head> }> {
    const now = this.clock.now();
    const heads = new Map([...lines].map(([label, { latest, lastVersion }]) => [label, { latest, lastVersion }]));
    const added: NewContext[] = [];
    const answers = new Map<ContextDraft, Head>();
    for (const draft of drafts) {
      const line = lines.get(draft.label);
      const head = heads.get(draft.label);
      if (line === undefined || head === undefined) throw new Error('Every label has a locked line.');
      const known = await this.findRepeated(draft, [
        ...(head.latest === undefined ? [] : [head.latest]),
        ...(draft.sessionId === null ? [] : (recalledInSession.get(draft.sessionId) ?? [])),
      ]);
      if (known !== undefined) {
        answers.set(draft, { context: known, isNew: false });
        continue;
      }
      const context: NewContext = {
        ...draft,
        workspaceId,
        projectId: line.projectId,
        project,
        id: newId<ContextId>(),
        labelId: line.labelId,
        version: head.lastVersion + 1,
        revision: newRevision(),
        createdAt: now,
        updatedAt: now,
        archivedAt: null,
        archiveReason: null,
      };
      added.push(context);
      heads.set(draft.label, { latest: context, lastVersion: context.version });
      answers.set(draft, { context, isNew: true });
    }
    return { added, answers };
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

  private async add(
    workspaceId: WorkspaceId,
    project: string,
    added: readonly NewContext[],
    lines: ReadonlyMap<string, LockedLabel>,
  ): Promise<ReadonlyMap<ContextId, readonly SimilarContext[]>> {
    const [first] = added;
    if (first === undefined) return new Map();
    await this.contexts.append(workspaceId, added);
    const newest = [...new Map(added.map((context) => [context.label, context])).values()];
    await this.observers.latest(workspaceId, newest);
    const changed = newest.map((context) => {
      const replaced = lines.get(context.label)?.latest;
      return { label: context.label, contexts: replaced === undefined ? [context] : [replaced, context] };
    });
    await this.changes.written(workspaceId, project, changed);
    await this.transactions.afterCommit(() => this.rememberExtracts(added));
    return this.reads.findSimilar(workspaceId, first.projectId, added);
  }

  /** What was just made need not be made again. In the background: nobody waits for it. */
  private rememberExtracts(added: readonly NewContext[]): void {
    for (const { workspaceId, contentHash, preview, keyConcepts, extractVersion } of added) {
      const key = { workspace: workspaceId, contentHash, algorithm: extractVersion };
      void this.cache.set(extracts, key, { preview, keyConcepts, extractVersion });
    }
  }

  /** What a session stores again, it has used. */
  private countRepeats(workspaceId: WorkspaceId, answers: ReadonlyMap<ContextDraft, Head>): Promise<void> {
    const again = [...answers].filter(([{ sessionId }, { isNew }]) => sessionId !== null && !isNew);
    return this.transactions.afterCommit(() => {
      for (const [{ sessionId }, { context }] of again) {
        this.usage.noteUse(workspaceId, sessionId as SessionId, [context.id]);
      }
    });
  }
}

/** Whether the preview says less than the content: it leaves out more than white space. */
function isExtract(preview: string, content: string): boolean {
  const inkOf = (text: string) => text.replaceAll(/\s+/gu, '');
  return inkOf(preview) !== inkOf(content);
}

function sessionPointer(index: number): string {
  return `/items/${index}/sessionId`;
}
