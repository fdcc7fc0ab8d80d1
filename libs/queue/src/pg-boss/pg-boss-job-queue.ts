import { Injectable } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { Database } from '#database';
import { newId, type WorkspaceId } from '#kernel';
import type { EnqueueOptions, JobDefinition } from '../job.js';
import { JobQueue, originOfNow, type JobOrigin } from '../job-queue.js';
import { JobRegistry } from '../job-registry.js';
import { JobNotifier } from '../job-notifier.js';
import type { JobProgress } from '../job-record.js';

/** What a row keeps in its `data`: the payload in an envelope that names the tenant. */
export interface JobData {
  readonly workspaceId?: WorkspaceId;
  readonly payload: object;
  /** Absent where no request asked for it. */
  readonly origin?: JobOrigin;
  /** Absent until a handler says it. */
  readonly progress?: JobProgress;
}

/**
 * When a job is due that has no date. Not `now`: pg-boss asks for `start_after < now()`, which a worker that looks
 * within the same tick of the clock would miss.
 */
export const DUE_AT_ONCE = '-1 second';

/** A waiting job can be taken between two statements, and another be added: each round makes that less likely. */
const SINGLETON_ROUNDS = 20;

@Injectable()
export class PgBossJobQueue extends JobQueue {
  constructor(
    private readonly boss: PgBoss,
    private readonly database: Database,
    private readonly registry: JobRegistry,
    private readonly wakeUp: JobNotifier,
  ) {
    super();
  }

  async enqueue<Payload extends object>(
    job: JobDefinition<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string | undefined> {
    if (!this.registry.isDeclared(job.name))
      throw new Error(`The job ${job.name} is not declared: declare it with declareJob.`);
    job.payload.parse(payload);
    const { workspaceId, runAt, singletonKey } = options;
    const data: JobData = { workspaceId, payload, origin: originOfNow() };
    const startAfter = runAt ?? DUE_AT_ONCE;
    if (singletonKey === undefined) {
      const id = newId();
      // Its own key keeps it apart from every other job that waits.
      if ((await this.boss.send(job.name, data, { id, startAfter, singletonKey: id })) === null)
        throw new Error(`The job ${job.name} could not be stored: its queue does not exist.`);
      await this.database.afterCommit(() => this.wakeUp.notify());
      return id;
    }
    const key = `${workspaceId ?? ''}:${singletonKey}`;
    for (let round = 0; round < SINGLETON_ROUNDS; round++) {
      const id = newId();
      if ((await this.boss.send(job.name, data, { id, startAfter, singletonKey: key })) !== null) {
        await this.database.afterCommit(() => this.wakeUp.notify());
        return id;
      }
      if (await this.holdWaiting(job.name, key)) return undefined;
    }
    throw new Error(
      `The job ${job.name} could not be stored: its queue does not exist, or it is taken again and again.`,
    );
  }

  /**
   * Finds the job of that key that waits and keeps workers from taking it until the surrounding transaction ends, so
   * that it sees what that transaction writes. (Workers skip rows that are locked.)
   */
  private async holdWaiting(name: string, key: string): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT id FROM pgboss.job WHERE name = $1 AND COALESCE(singleton_key, '') = $2 AND state = 'created' FOR SHARE`,
      [name, key],
    );
    return rows.length > 0;
  }
}
