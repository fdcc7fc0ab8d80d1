import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  Clock,
  type ContextId,
  InvalidInputError,
  MAX_METADATA_BYTES,
  mergePatch,
  metadataBytes,
  type WorkspaceId,
} from '#kernel';
import { ListCache } from '#cache';
import { ProjectReader } from '#project';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { contextsTag, labelTag } from '../context.cache.js';
import { archiveNeedsForce, contextNotFound, labelNotFound } from '../context.errors.js';
import type { Context, ContextFilter, ContextSummary, EmbeddingState } from '../context.js';
import type { Extract } from '../extract/extract.js';
import { detectPriority, type Priority } from '../extract/priority.js';
import { ContextLookup } from '../recall/context-lookup.js';
import { ContextUsage } from '../recall/context-usage.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import { LabelSettlement } from './label-settlement.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** Absent keeps, null clears: no tags, no metadata, and the priority is read from the text again. */
export interface ContextPatch {
  readonly tags?: readonly string[] | null;
  readonly priority?: Priority | null;
  /** A JSON merge patch (RFC 7396). */
  readonly metadata?: Context['metadata'] | null;
}

/** Which contexts of a project are listed. */
export interface ListFilter extends Omit<ContextFilter, 'projectId' | 'validAt'> {
  /** Only what is valid now, or at `asOf`. Changes with the time, so it is never cached. */
  readonly current?: boolean;
}

export interface ArchiveCommand {
  readonly reason?: string;
  /** Needed for contexts of priority always_check. */
  readonly force: boolean;
  /** The whole label, not this version alone. */
  readonly allVersions: boolean;
}

/**
 * Reading contexts and changing what is said about them; `ContextStoreService` adds them. Every change holds the lock
 * of the label from before it reads until its commit, so changes of one label happen one after the other.
 */
@Injectable()
export class ContextService {
  constructor(
    private readonly lookup: ContextLookup,
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
    private readonly observers: ContextObservers,
    private readonly changes: ContextChanges,
    private readonly queries: ListCache,
    private readonly projects: ProjectReader,
    private readonly usage: ContextUsage,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly settlement: LabelSettlement,
  ) {}

  /**
   * Archived or not; counts as a read.
   * @param asOf as it was then
   * @throws DomainError `context-not-found`, also for what was not there by then
   */
  async get(workspaceId: WorkspaceId, id: ContextId, asOf?: Date): Promise<Context> {
    const context =
      asOf === undefined
        ? await this.lookup.find(workspaceId, id)
        : (await this.reads.recallAsOf(workspaceId, { ids: [id] }, asOf))[0];
    if (context === undefined) throw contextNotFound(id);
    this.usage.noteRead(workspaceId, [context.id], [context.id]);
    return context;
  }

  /** What lists show of it. Does not count as a read. @throws DomainError `context-not-found` */
  async getSummary(workspaceId: WorkspaceId, id: ContextId): Promise<ContextSummary> {
    const context = await this.lookup.findSummary(workspaceId, id);
    if (context === undefined) throw contextNotFound(id);
    return context;
  }

  /**
   * That version, archived or not; where none is named the newest one that is not archived, or was the newest at a time. Counts as a
   * read.
   * @throws DomainError `context-not-found`
   */
  async getByLabel(
    workspaceId: WorkspaceId,
    project: string,
    label: string,
    { version, asOf }: { readonly version?: number; readonly asOf?: Date } = {},
  ): Promise<Context> {
    const context =
      asOf === undefined
        ? await this.lookup.findByLabel(workspaceId, { project, label, version })
        : await this.findAsOf(workspaceId, project, label, asOf);
    if (context === undefined) throw labelNotFound(label, version);
    this.usage.noteRead(workspaceId, [context.id], [context.id]);
    return context;
  }

  /** Newest first. A project that does not exist has none. */
  async list(
    workspaceId: WorkspaceId,
    project: string,
    { current, ...filter }: ListFilter,
    after: ContextId | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [ContextId]>> {
    const found = await this.projects.find(workspaceId, project);
    if (found === undefined) return { items: [] };
    if (current === true) {
      const valid = { ...filter, projectId: found.id, validAt: filter.asOf ?? new Date(this.clock.nowMs()) };
      return this.reads.list(workspaceId, valid, after, limit);
    }
    const parameters = { project, filter, after, limit };
    const tags = [contextsTag({ workspace: workspaceId, project })];
    return this.queries.read({ workspace: workspaceId, statement: 'contexts', parameters, tags }, () =>
      this.reads.list(workspaceId, { ...filter, projectId: found.id }, after, limit),
    );
  }

  /** Every version of the label of this context, newest first. @throws DomainError `context-not-found` */
  async listVersions(
    workspaceId: WorkspaceId,
    id: ContextId,
    after: number | undefined,
    limit: number,
  ): Promise<Page<ContextSummary, [number]>> {
    const of = await this.getSummary(workspaceId, id);
    const { project, label } = of;
    const parameters = { project, label, after, limit };
    const tags = [labelTag({ workspace: workspaceId, project, label })];
    return this.queries.read({ workspace: workspaceId, statement: 'context-versions', parameters, tags }, () =>
      this.reads.listVersions(workspaceId, of, after, limit),
    );
  }

  /** What a context is about, by the algorithm of today. Does not count as a read. @throws DomainError `context-not-found` */
  async preview(workspaceId: WorkspaceId, id: ContextId): Promise<ContextSummary & Extract> {
    const summary = await this.getSummary(workspaceId, id);
    return { ...summary, ...(await this.lookup.extractOf(summary)) };
  }

  /**
   * Changes tags, priority and metadata without a new version.
   * @param preconditions what it says of the state it is for; absent: any
   * @throws DomainError `context-not-found`, `precondition-failed`; `invalid-input` where the merged metadata is too large
   */
  patch(workspaceId: WorkspaceId, id: ContextId, patch: ContextPatch, preconditions?: Preconditions): Promise<Context> {
    return this.change(workspaceId, id, preconditions, async (context) => {
      const metadata =
        patch.metadata === undefined
          ? context.metadata
          : patch.metadata === null
            ? {}
            : mergePatch(context.metadata, patch.metadata);
      if (metadataBytes(metadata) > MAX_METADATA_BYTES) {
        throw new InvalidInputError('/metadata', `must be at most ${MAX_METADATA_BYTES} bytes of JSON when merged`);
      }
      const described: Context = {
        ...context,
        metadata,
        tags: patch.tags === undefined ? context.tags : [...new Set(patch.tags)],
        priority: patch.priority === null ? detectPriority(context.content) : (patch.priority ?? context.priority),
        priorityDetected: patch.priority === undefined ? context.priorityDetected : patch.priority === null,
      };
      return this.say(context, described);
    });
  }

  /**
   * Replaces tags, priority and metadata of a version, whatever they were, without a new version.
   * @throws DomainError `context-not-found`
   */
  describe(
    workspaceId: WorkspaceId,
    id: ContextId,
    said: Pick<Context, 'tags' | 'priority' | 'priorityDetected' | 'metadata'>,
  ): Promise<Context> {
    return this.change(workspaceId, id, undefined, (context) => this.say(context, { ...context, ...said }));
  }

  /**
   * Takes a version, or every version of its label, out of lists, search, recalls by label and wake-ups. The newest
   * version left is then the newest of the label. What is archived can still be read by its id or number, and
   * restored. Archiving again changes nothing, the first reason stands.
   * @throws DomainError `context-not-found`, `precondition-failed`, `always-check-protected`
   */
  archive(
    workspaceId: WorkspaceId,
    id: ContextId,
    command: ArchiveCommand,
    preconditions?: Preconditions,
  ): Promise<Context> {
    return this.change(workspaceId, id, preconditions, async (context, locked) => {
      if (!command.force && (await this.holdsAlwaysCheck(context, locked, command.allVersions)))
        throw archiveNeedsForce();
      const which = { labelId: locked.labelId, ids: command.allVersions ? undefined : [id] };
      await this.successions.lock(workspaceId, locked.projectId);
      const archived = await this.contexts.archive(workspaceId, which, {
        at: this.clock.now(),
        reason: command.reason ?? null,
      });
      await this.observers.withdrawn(workspaceId, archived);
      return [...archived, ...(await this.settlement.settle(workspaceId, locked, idsOf(archived)))];
    });
  }

  /**
   * Takes the archiving of a version, or of every version of its label, back. Restoring what is not archived changes
   * nothing.
   * @throws DomainError `context-not-found`, `precondition-failed`
   */
  restore(
    workspaceId: WorkspaceId,
    id: ContextId,
    allVersions: boolean,
    preconditions?: Preconditions,
  ): Promise<Context> {
    return this.change(workspaceId, id, preconditions, async (_context, locked) => {
      const which = { labelId: locked.labelId, ids: allVersions ? undefined : [id] };
      await this.successions.lock(workspaceId, locked.projectId);
      const restored = await this.contexts.restore(workspaceId, which, this.clock.now());
      return [...restored, ...(await this.settlement.settle(workspaceId, locked, idsOf(restored)))];
    });
  }

  /**
   * Strong tag. Its state is what is said of a context: tags, priority, metadata, archived, what supersedes it, and the session
   * that stored it, which may be deleted. Whether it is embedded is shown beside that: it goes on in the background.
   */
  tagOf(context: ContextSummary, embedding: EmbeddingState): string {
    const { id, revision, sessionId, supersededBy, supersededAt } = context;
    const superseded = supersededBy === null ? [] : [supersededBy, supersededAt?.toISOString() ?? ''];
    return entityTag([id, revision, sessionId, ...superseded], [embedding]);
  }

  /** @param work returns every other context whose row or place it may have changed */
  private change(
    workspaceId: WorkspaceId,
    id: ContextId,
    preconditions: Preconditions | undefined,
    work: (context: Context, locked: LockedLabel) => Promise<readonly ContextSummary[]>,
  ): Promise<Context> {
    return this.transactions.run(
      async () => {
        const locked = await this.contexts.lockLabelOf(workspaceId, id);
        const context = locked === undefined ? undefined : await this.reads.find(workspaceId, id);
        if (locked === undefined || context === undefined) throw contextNotFound(id);
        requireMatch(preconditions, this.tagOf(context, 'pending'));
        await this.changes.written(workspaceId, context.project, [context, ...(await work(context, locked))]);
        const changed = await this.reads.find(workspaceId, id);
        if (changed === undefined) throw contextNotFound(id);
        return changed;
      },
      { retries: 3 },
    );
  }

  private async findAsOf(
    workspaceId: WorkspaceId,
    slug: string,
    label: string,
    asOf: Date,
  ): Promise<Context | undefined> {
    const project = await this.projects.find(workspaceId, slug);
    if (project === undefined) return undefined;
    const by = { projectId: project.id, labels: [label] };
    return (await this.reads.recallAsOf(workspaceId, by, asOf))[0];
  }

  private async say(context: Context, described: Context): Promise<readonly ContextSummary[]> {
    await this.contexts.describe(context.workspaceId, context.id, described, this.clock.now());
    await this.observers.described(context.workspaceId, described);
    return [context, described];
  }

  private async holdsAlwaysCheck(context: Context, locked: LockedLabel, allVersions: boolean): Promise<boolean> {
    if (!allVersions) return context.archivedAt === null && context.priority === 'always_check';
    return (await this.contexts.countActive(context.workspaceId, locked.labelId, 'always_check')) > 0;
  }
}

function idsOf(contexts: readonly ContextSummary[]): readonly ContextId[] {
  return contexts.map(({ id }) => id);
}
