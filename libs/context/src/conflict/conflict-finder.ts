import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import { Clock, type ContextId, firstAuthorOf, WorkPauses, type WorkspaceId } from '#kernel';
import { declareJob, HandlesJob, type JobContext, JobQueue } from '#queue';
import { conflictsTag } from '../context.cache.js';
import type { Context } from '../context.js';
import { startOf } from '../validity/validity.js';
import { ConflictOutcomeService } from './conflict-outcome.service.js';
import type { SupersedeMode } from './conflict.js';
import { PostgresConflictRepository } from './postgres-conflict.repository.js';
import { type Claims, claimsOf, conflictOf, queriesOf, type RuleFinding } from './rules.js';
import { MAX_STATED_LENGTH } from './statements.js';
import { TextFinders } from './text-finder.js';

/** Contexts of one job: their texts are in memory together. */
const CONTEXTS_PER_JOB = 100;

const contextConflicts = declareJob({
  name: 'context-conflicts',
  payload: z.strictObject({ contextIds: z.array(z.uuid()).min(1).max(CONTEXTS_PER_JOB), compares: z.boolean() }),
  retryLimit: 5,
  retryDelaySeconds: 5,
  timeoutSeconds: 60,
});

/** Of a key, and of a search by words: a form that is repeated very often costs no more. */
const MOST_OF_A_KEY = 20;
const MOST_BY_WORDS = 20;
/** Searches by words for one text. */
const MOST_QUERIES = 3;
/** Conflicts of one text. */
const MOST_FINDINGS = 20;
/** A text that is valid since so long before it was stored has arrived late, and others may have said what became of it. */
const LATE_MS = 1_000;

interface Candidate {
  readonly context: Context;
  readonly claims: Claims;
}

interface Pair {
  readonly older: Context;
  readonly newer: Context;
  readonly finding: RuleFinding;
}

/**
 * Looks for what new texts say of others, behind their store: nobody waits for it. Running it twice finds nothing new. Of two texts
 * that are looked at in two processes at once one at least sees the other: each writes its keys down, and commits, before it
 * looks.
 */
@Injectable()
export class ConflictFinder {
  constructor(
    private readonly conflicts: PostgresConflictRepository,
    private readonly outcomes: ConflictOutcomeService,
    private readonly finders: TextFinders,
    private readonly queue: JobQueue,
    private readonly transactions: TransactionRunner,
    private readonly cache: CacheService,
    private readonly clock: Clock,
  ) {}

  /**
   * Has new texts looked at once the surrounding transaction has committed; with it, or not at all.
   * @param compares whether they are compared with others now; otherwise only later texts find them
   */
  async enqueue(
    workspaceId: WorkspaceId,
    contexts: readonly Pick<Context, 'id' | 'content'>[],
    compares: boolean,
  ): Promise<void> {
    const ids = contexts.filter(({ content }) => content.length <= MAX_STATED_LENGTH).map(({ id }) => id);
    for (let start = 0; start < ids.length; start += CONTEXTS_PER_JOB) {
      const contextIds = ids.slice(start, start + CONTEXTS_PER_JOB);
      await this.queue.enqueue(contextConflicts, { contextIds, compares }, { workspaceId });
    }
  }

  @HandlesJob(contextConflicts)
  async find(
    { contextIds, compares }: { contextIds: string[]; compares: boolean },
    { workspaceId, signal }: JobContext,
  ): Promise<void> {
    if (workspaceId === undefined) return;
    const contexts = await this.conflicts.findConcerned(workspaceId, contextIds as ContextId[]);
    const pauses = new WorkPauses();
    const read: Candidate[] = [];
    for (const context of contexts) {
      read.push({ context, claims: claimsOf(context.content) });
      await pauses.pauseIfDue();
    }
    await this.conflicts.putClaims(
      workspaceId,
      read.map(({ context, claims }) => ({ id: context.id, keys: claims.keys })),
    );
    if (!compares) return;
    const modes = new Map<string, SupersedeMode | null>();
    for (const candidate of read) {
      if (signal.aborted) return;
      const { projectId } = candidate.context;
      const mode = modes.get(projectId) ?? (await this.conflicts.findMode(workspaceId, projectId));
      if (mode === undefined || mode === 'off') continue;
      modes.set(projectId, mode);
      const pairs = await this.pairsOf(candidate);
      if (pairs.length > 0) await this.write(candidate.context, pairs);
    }
  }

  private async pairsOf({ context, claims }: Candidate): Promise<readonly Pair[]> {
    const others = await this.candidatesFor(context, claims);
    const pairs: Pair[] = [];
    const pauses = new WorkPauses();
    for (const other of others) {
      if (pairs.length >= MOST_FINDINGS) break;
      await pauses.pauseIfDue();
      if (!mayConflict(context, other)) continue;
      const otherClaims = claimsOf(other.content);
      const isNewer = isAfter(context, other);
      const finding = isNewer ? conflictOf(otherClaims, claims) : conflictOf(claims, otherClaims);
      const [older, newer] = isNewer ? [other, context] : [context, other];
      if (finding !== undefined && mayEnd(older, newer)) pairs.push({ older, newer, finding });
    }
    return pairs;
  }

  private async candidatesFor(context: Context, claims: Claims): Promise<readonly Context[]> {
    const { workspaceId, projectId, content } = context;
    const isLate = startOf(context).getTime() < context.createdAt.getTime() - LATE_MS;
    const keys = isLate ? claims.lookups : claims.formKeys;
    const ids = new Set(await this.conflicts.findByKeys(workspaceId, projectId, keys, MOST_OF_A_KEY));
    const queries = claims.replacements.length === 0 ? [] : queriesOf(content).slice(0, MOST_QUERIES);
    for (const words of queries) {
      for (const finder of this.finders.registered) {
        for (const id of await finder.findByWords(workspaceId, projectId, words, MOST_BY_WORDS)) ids.add(id);
      }
    }
    ids.delete(context.id);
    return this.conflicts.findConcerned(workspaceId, [...ids]);
  }

  private write({ workspaceId, projectId, project }: Context, pairs: readonly Pair[]): Promise<void> {
    return this.transactions.run(
      async () => {
        await this.outcomes.lock(workspaceId, projectId);
        const mode = await this.conflicts.findMode(workspaceId, projectId);
        if (mode === undefined || mode === 'off') return;
        let hasFound = false;
        for (const { older, newer, finding } of pairs) {
          const succession = { olderId: older.id, newerId: newer.id };
          const applies = mode === 'apply' || (mode === null && finding.isExplicit && isSameAuthor(older, newer));
          const isNew = await this.conflicts.add(workspaceId, {
            projectId,
            ...succession,
            rule: finding.rule,
            state: applies ? 'applied' : 'open',
            createdAt: this.clock.now(),
          });
          hasFound ||= isNew;
          if (isNew && applies) await this.outcomes.replace(workspaceId, project, succession);
        }
        if (hasFound) await this.cache.invalidate([conflictsTag({ workspace: workspaceId, project })]);
      },
      { retries: 3 },
    );
  }
}

/** Versions of one label, and values of two slots, have said themselves what they are to each other. */
function mayConflict(one: Context, other: Context): boolean {
  if (one.projectId !== other.projectId || one.label === other.label) return false;
  return one.slotSubject === null || other.slotSubject === null;
}

function isAfter(one: Context, other: Context): boolean {
  const [own, others] = [startOf(one).getTime(), startOf(other).getTime()];
  return own > others || (own === others && one.id > other.id);
}

/** What has a successor, or was only true until then, needs no other end; what was valid for no moment ends nothing. */
function mayEnd(older: Context, newer: Context): boolean {
  const start = startOf(newer);
  if (older.supersededBy !== null || (older.validTo !== null && older.validTo <= start)) return false;
  return newer.supersededBy === null || newer.supersededAt === null || newer.supersededAt > start;
}

function isSameAuthor(one: Context, other: Context): boolean {
  const author = firstAuthorOf(one);
  return author !== null && author === firstAuthorOf(other);
}
