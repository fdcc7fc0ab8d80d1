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
import { writtenByCaller } from '#observability';
import { ProjectService } from '#project';
import { ContextChanges } from '../context-changes.js';
import { ConflictFinder } from '../conflict/conflict-finder.js';
import { ContextObservers } from '../context-observers.js';
import { replacedVersions } from './replaced-versions.js';
import { extracts } from '../context.cache.js';
import { PostgresSuccessionsRepository, type Succession } from '../validity/postgres-successions.repository.js';
import type { ContextSummary } from '../context.js';
import { ContextUsage } from '../recall/context-usage.js';
import {
  type ContextDraft,
  draftOf,
  hasNeighbours,
  type StoreContext,
  type StoredContext,
  type StoreOutcome,
} from './context-draft.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { DraftChecks } from './draft-checks.js';
import { LabelMaker } from './label-maker.js';
import type { SimilarContext } from './near-duplicates.js';
import type { NewContext } from './context.row.js';
import { RepeatedTexts } from './repeated-texts.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** The version of a label that the next item is compared with. */
interface Head {
  readonly context: ContextSummary;
  /** The item that it came from, where it is of this very batch. */
  readonly isNew: boolean;
}

/** New versions in order, and what they are said to supersede. */
interface Added {
  readonly versions: readonly NewContext[];
  /** Those of them that state something by themselves. */
  readonly stated: readonly NewContext[];
  readonly successions: readonly Succession[];
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
 * A text of the newest version is stored as a new one all the same where that is not valid any more, or where other times, another
 * slot or something else to supersede is said of it: it says that something is true again, or true otherwise.
 *
 * Without a label a text is stored under the label whose newest version holds it; where there is none, a label is made
 * from the title of the text (`LabelMaker`).
 *
 * The same text under another label is otherwise a context of its own, and the first one is named in `similarTo`.
 */
@Injectable()
export class ContextStoreService {
  constructor(
    private readonly contexts: PostgresContextRepository,
    private readonly labels: LabelMaker,
    private readonly checks: DraftChecks,
    private readonly repeats: RepeatedTexts,
    private readonly reads: PostgresContextReadRepository,
    private readonly observers: ContextObservers,
    private readonly projects: ProjectService,
    private readonly usage: ContextUsage,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly changes: ContextChanges,
    private readonly cache: CacheService,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly conflicts: ConflictFinder,
  ) {}

  /**
   * @param project slug; made where it is missing
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired` naming `/sessionId`; `invalid-input` naming what it
   * can't supersede: `/supersedes/0`; `context-rejected` for a text that the project has a tombstone of
   */
  async store(workspaceId: WorkspaceId, project: string, input: StoreContext): Promise<StoredContext> {
    const [outcome] = await this.storeEach(workspaceId, project, [input], () => '');
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
        const outcomes = await this.storeEach(workspaceId, project, inputs, itemPointer);
        return outcomes.map((outcome) => {
          if ('error' in outcome) throw outcome.error;
          return outcome;
        });
      },
      { retries: RETRIES },
    );
  }

  /**
   * Stores those that can be stored, in order, in one transaction, and answers for each what became of it.
   * @param pointerOf where an item stands in the request
   */
  async storeEach(
    workspaceId: WorkspaceId,
    project: string,
    inputs: readonly StoreContext[],
    pointerOf: (index: number) => string = itemPointer,
  ): Promise<readonly StoreOutcome[]> {
    const pauses = new WorkPauses();
    const drafts: ContextDraft[] = [];
    for (const input of inputs) drafts.push(await draftOf(input, pauses));
    return this.transactions.run(() => this.write(workspaceId, project, drafts, pointerOf), { retries: RETRIES });
  }

  private async write(
    workspaceId: WorkspaceId,
    projectSlug: string,
    given: readonly ContextDraft[],
    pointerOf: (index: number) => string,
  ): Promise<readonly StoreOutcome[]> {
    // Locks are taken in one order everywhere: sessions, project, labels.
    const refused = await this.checks.refusedSessions(workspaceId, given, pointerOf);
    const errors = new Map<ContextDraft, DomainError>();
    for (const draft of given) {
      const error = draft.sessionId === null ? undefined : refused.get(draft.sessionId);
      if (error !== undefined) errors.set(draft, error);
    }
    const outcomesOf = (drafts: readonly ContextDraft[], stored: ReadonlyMap<ContextDraft, StoredContext>) =>
      drafts.map((draft) => stored.get(draft) ?? { error: errors.get(draft) as DomainError });
    if (errors.size === given.length) return outcomesOf(given, new Map());

    const project = await this.projects.ensure(workspaceId, projectSlug);
    const refusedSuccessions = await this.checks.refusedSuccessions(workspaceId, project.id, given, pointerOf);
    for (const [draft, error] of refusedSuccessions) if (!errors.has(draft)) errors.set(draft, error);
    const candidates = given.filter((draft) => !errors.has(draft));
    if (candidates.length === 0) return outcomesOf(given, new Map());
    const { lines, labelled } = await this.labels.label(workspaceId, project.id, candidates);
    const drafts = given.map((draft) => labelled.get(draft) ?? draft);
    for (const [draft, error] of await this.checks.refusedTexts(project, drafts, lines, pointerOf))
      if (!errors.has(draft)) errors.set(draft, error);
    const admitted = drafts.filter((draft) => !errors.has(draft));
    const settles = [...admitted, ...[...lines.values()].map(({ latest }) => latest)].some(
      (version) => version !== undefined && hasNeighbours(version),
    );
    if (settles) await this.successions.lock(workspaceId, project.id);
    const recalledInSession = await this.repeats.recalledInSession(workspaceId, project.id, admitted);
    const { added, answers } = await this.decide(admitted, lines, recalledInSession, {
      workspaceId,
      project: project.slug,
    });

    const { similar, settled } = await this.add(workspaceId, project.slug, added, lines, settles);
    const stored = new Map<ContextDraft, StoredContext>();
    for (const [draft, { context: written, isNew }] of answers) {
      const context = { ...written, ...settled.get(written.id) };
      const isWhole = context.contentHash === draft.contentHash;
      const whole = isWhole ? draft.content : (await this.reads.find(workspaceId, context.id))?.content;
      stored.set(draft, {
        context: { ...context, content: whole ?? '' },
        unchanged: !isNew,
        similarTo: isNew ? (similar.get(context.id) ?? []) : [],
      });
    }
    await this.countRepeats(workspaceId, answers);
    return outcomesOf(drafts, stored);
  }

  /** Which drafts become new versions, and what each is answered with. */
  private async decide(
    drafts: readonly ContextDraft[],
    lines: ReadonlyMap<string, LockedLabel>,
    recalledInSession: ReadonlyMap<SessionId, readonly ContextSummary[]>,
    { workspaceId, project }: { workspaceId: WorkspaceId; project: string },
  ): Promise<{ added: Added; answers: ReadonlyMap<ContextDraft, Head> }> {
    const now = this.clock.now();
    const author = writtenByCaller();
    const heads = new Map([...lines].map(([label, { latest, lastVersion }]) => [label, { latest, lastVersion }]));
    const added: NewContext[] = [];
    const stated: NewContext[] = [];
    const successions: Succession[] = [];
    const answers = new Map<ContextDraft, Head>();
    for (const draft of drafts) {
      const line = lines.get(draft.label);
      const head = heads.get(draft.label);
      if (line === undefined || head === undefined) throw new Error('Every label has a locked line.');
      const known = await this.repeats.find(draft, head.latest, recalledInSession, now);
      if (known !== undefined) {
        answers.set(draft, { context: known, isNew: false });
        continue;
      }
      const { supersedes: _, isPart: __, isLabelMade: ___, ...described } = draft;
      const context: NewContext = {
        ...described,
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
        ...author,
        supersededBy: null,
        supersededAt: null,
      };
      added.push(context);
      if (!draft.isPart) stated.push(context);
      successions.push(...draft.supersedes.map((olderId) => ({ olderId, newerId: context.id })));
      heads.set(draft.label, { latest: context, lastVersion: context.version });
      answers.set(draft, { context, isNew: true });
    }
    return { added: { versions: added, stated, successions }, answers };
  }

  private async add(
    workspaceId: WorkspaceId,
    project: string,
    { versions: added, stated, successions }: Added,
    lines: ReadonlyMap<string, LockedLabel>,
    settles: boolean,
  ): Promise<{
    readonly similar: ReadonlyMap<ContextId, readonly SimilarContext[]>;
    /** Versions whose end is another one now. */
    readonly settled: ReadonlyMap<ContextId, ContextSummary>;
  }> {
    const [first] = added;
    if (first === undefined) return { similar: new Map(), settled: new Map() };
    await this.contexts.append(workspaceId, added);
    await this.successions.add(workspaceId, successions);
    const ids = added.map(({ id }) => id);
    const ended = settles ? await this.successions.settle(workspaceId, ids) : [];
    const settled = new Map(ended.map((context) => [context.id, context]));
    const newest = [...new Map(added.map((context) => [context.label, context])).values()];
    await this.observers.latest(
      workspaceId,
      newest.map((context) => ({ ...context, ...settled.get(context.id) })),
    );
    await this.observers.stored(workspaceId, added);
    if (!settles)
      await this.observers.replaced(
        workspaceId,
        replacedVersions(added, (label) => lines.get(label)?.latest),
      );
    await this.observers.validityChanged(workspaceId, ended);
    await this.conflicts.enqueue(workspaceId, stated, true);
    const replaced = newest.map(({ label }) => lines.get(label)?.latest).filter((context) => context !== undefined);
    await this.changes.written(workspaceId, project, [...replaced, ...newest, ...ended]);
    await this.transactions.afterCommit(() => this.rememberExtracts(added));
    return { similar: await this.reads.findSimilar(workspaceId, first.projectId, added), settled };
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

function itemPointer(index: number): string {
  return `/items/${index}`;
}
