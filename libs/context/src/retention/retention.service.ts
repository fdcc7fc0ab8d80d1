import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TransactionRunner } from '#database';
import { entityTag, type Preconditions, requireMatch } from '#http';
import { Clock, type ProjectId, type WorkspaceId } from '#kernel';
import { ProjectReader, ProjectService } from '#project';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { ContextDeletionService } from '../store/context-deletion.service.js';
import { LabelSettlement } from '../store/label-settlement.js';
import { PostgresContextRepository } from '../store/postgres-context.repository.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import {
  type DueContext,
  type DueList,
  KEEP_EVERYTHING,
  type RetentionPolicy,
  type RetentionReport,
  type StoredRetentionPolicy,
} from './retention.js';
import { type DueRange, PostgresRetentionRepository, type RetentionRule } from './postgres-retention.repository.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many versions a report lists; its counts cover all. */
const REPORTED = 100;

/** How many versions one run changes, so that a request ends in time; a job runs until all is done. */
const RUN_LIMIT = 500;

const POLICIES_AT_ONCE = 100;

const contextRetention = declareJob({
  name: 'context-retention',
  payload: z.strictObject({}),
  retryLimit: 2,
  retryDelaySeconds: 60,
  timeoutSeconds: 1_800,
});

const NONE: DueList = { count: 0, items: [] };

/**
 * Keeps projects to their retention policies: archives what nobody uses, deletes for good what has been archived long
 * enough. Contexts of priority always_check are never archived by a policy. Each label is done in a transaction of its
 * own, under its lock, with everything checked again: what was used meanwhile stays.
 */
@Injectable()
export class RetentionService {
  constructor(
    private readonly retention: PostgresRetentionRepository,
    private readonly contexts: PostgresContextRepository,
    private readonly deletion: ContextDeletionService,
    private readonly observers: ContextObservers,
    private readonly projects: ProjectService,
    private readonly reader: ProjectReader,
    private readonly changes: ContextChanges,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly settlement: LabelSettlement,
  ) {}

  /** The policy of a project; everything is kept where it never had one. */
  async get(workspaceId: WorkspaceId, slug: string): Promise<RetentionPolicy & Partial<StoredRetentionPolicy>> {
    const project = await this.reader.find(workspaceId, slug);
    const stored = project === undefined ? undefined : await this.retention.findPolicy(workspaceId, project.id);
    return stored ?? KEEP_EVERYTHING;
  }

  list(
    workspaceId: WorkspaceId,
    after: ProjectId | undefined,
    limit: number,
  ): Promise<readonly StoredRetentionPolicy[]> {
    return this.retention.listPolicies(workspaceId, after, limit);
  }

  /**
   * Sets the policy of a project, which is made where it is missing. Nothing is archived or purged before the next run.
   * @throws DomainError `precondition-failed` where `preconditions` is not for the current state
   */
  put(
    workspaceId: WorkspaceId,
    slug: string,
    policy: RetentionPolicy,
    preconditions?: Preconditions,
  ): Promise<StoredRetentionPolicy> {
    return this.transactions.run(async () => {
      const project = await this.projects.ensure(workspaceId, slug);
      const current = await this.retention.findPolicyForChange(workspaceId, project.id);
      requireMatch(preconditions, this.tagOf(slug, current));
      return this.retention.putPolicy(workspaceId, project.id, policy, this.clock.now());
    });
  }

  tagOf(slug: string, policy: Partial<StoredRetentionPolicy> | undefined): string {
    return entityTag(['retention', slug, policy?.revision]);
  }

  /** What a run would do now, without doing it. */
  async preview(workspaceId: WorkspaceId, slug: string): Promise<RetentionReport> {
    const policy = await this.get(workspaceId, slug);
    const { projectId } = policy;
    if (projectId === undefined) return emptyReport(true);
    return {
      dryRun: true,
      complete: true,
      archived: await this.due(workspaceId, projectId, 'archive', this.dueNow(policy.archiveAfterDays)),
      purged: await this.due(workspaceId, projectId, 'purge', this.dueNow(policy.purgeAfterDays)),
      notice: await this.notice(workspaceId, projectId, policy),
    };
  }

  /** Archives and purges what is due now, at most `RUN_LIMIT` versions, longest due first. */
  async run(workspaceId: WorkspaceId, slug: string): Promise<RetentionReport> {
    const policy = await this.get(workspaceId, slug);
    const { projectId } = policy;
    if (projectId === undefined) return emptyReport(false);
    const archived = await this.apply(
      workspaceId,
      { projectId, slug },
      'archive',
      this.dueNow(policy.archiveAfterDays),
    );
    const purged = await this.apply(workspaceId, { projectId, slug }, 'purge', this.dueNow(policy.purgeAfterDays));
    if (purged.length > 0) await this.changes.erased(workspaceId);
    return {
      dryRun: false,
      complete: archived.length < RUN_LIMIT && purged.length < RUN_LIMIT,
      archived: { count: archived.length, items: archived.slice(0, REPORTED) },
      purged: { count: purged.length, items: purged.slice(0, REPORTED) },
      notice: await this.notice(workspaceId, projectId, policy),
    };
  }

  /** Days are the measure of policies, so once an hour is often enough. */
  @HandlesJob(contextRetention, { everySeconds: 3_600 })
  async runAsJob(_payload: object, { signal }: JobContext): Promise<void> {
    await this.runAll(signal);
  }

  /** Runs every policy of every workspace until nothing is due, or until asked to stop. */
  async runAll(signal: AbortSignal): Promise<void> {
    let last: StoredRetentionPolicy | undefined;
    do {
      const policies = await this.retention.listEveryPolicy(last, POLICIES_AT_ONCE);
      last = policies.at(-1);
      for (const { workspaceId, project } of policies) {
        let isComplete = false;
        while (!isComplete && !signal.aborted) isComplete = (await this.run(workspaceId, project)).complete;
      }
    } while (last !== undefined && !signal.aborted);
  }

  private async due(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    rule: RetentionRule,
    range: DueRange | undefined,
  ): Promise<DueList> {
    if (range === undefined) return NONE;
    const items = await this.retention.listDue(workspaceId, projectId, rule, range, REPORTED);
    const count =
      items.length < REPORTED ? items.length : await this.retention.countDue(workspaceId, projectId, rule, range);
    return { count, items };
  }

  private async notice(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    policy: RetentionPolicy,
  ): Promise<RetentionReport['notice']> {
    const range = (days: number | null): DueRange | undefined => {
      const now = this.dueNow(days);
      return now === undefined
        ? undefined
        : { from: now.before, before: new Date(now.before.getTime() + policy.noticeDays * DAY_MS) };
    };
    return {
      archive: await this.due(workspaceId, projectId, 'archive', range(policy.archiveAfterDays)),
      purge: await this.due(workspaceId, projectId, 'purge', range(policy.purgeAfterDays)),
    };
  }

  private async apply(
    workspaceId: WorkspaceId,
    { projectId, slug }: { readonly projectId: ProjectId; readonly slug: string },
    rule: RetentionRule,
    range: DueRange | undefined,
  ): Promise<readonly DueContext[]> {
    if (range === undefined) return [];
    const due = await this.retention.listDue(workspaceId, projectId, rule, range, RUN_LIMIT);
    const oneOfEach = [...new Map(due.map((context) => [context.label, context])).values()];
    const done: DueContext[] = [];
    for (const { id } of oneOfEach) {
      done.push(
        ...(await this.transactions.run(() => this.applyToLine(workspaceId, slug, id, rule, range), { retries: 3 })),
      );
    }
    return done;
  }

  private async applyToLine(
    workspaceId: WorkspaceId,
    project: string,
    id: DueContext['id'],
    rule: RetentionRule,
    range: DueRange,
  ): Promise<readonly DueContext[]> {
    const line = await this.contexts.lockLabelOf(workspaceId, id);
    if (line === undefined) return [];
    const due = await this.retention.dueOfLine(workspaceId, line.labelId, rule, range);
    const ids = due.map((context) => context.id);
    if (ids.length === 0) return [];
    if (rule === 'purge') {
      await this.deletion.deleteFrom(workspaceId, project, line, ids);
      return due;
    }
    await this.successions.lock(workspaceId, line.projectId);
    const archived = { at: this.clock.now(), reason: 'unused for as long as the retention policy allows' };
    await this.contexts.archive(workspaceId, { labelId: line.labelId, ids }, archived);
    await this.observers.withdrawn(
      workspaceId,
      ids.map((gone) => ({ id: gone, projectId: line.projectId, label: line.label })),
    );
    const settled = await this.settlement.settle(workspaceId, line, ids);
    await this.changes.written(workspaceId, project, [...due, ...settled]);
    return due;
  }

  private dueNow(days: number | null): DueRange | undefined {
    return days === null ? undefined : { before: new Date(this.clock.nowMs() - days * DAY_MS) };
  }
}

function emptyReport(dryRun: boolean): RetentionReport {
  return { dryRun, complete: true, archived: NONE, purged: NONE, notice: { archive: NONE, purge: NONE } };
}
