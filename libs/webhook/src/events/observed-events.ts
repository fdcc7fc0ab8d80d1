import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { WebhookConfig } from '#config';
import { Clock } from '#kernel';
import { declareJob, HandlesJob } from '#queue';
import { EventRecorder } from './event-recorder.js';
import { PostgresObservedChanges } from './postgres-observed-changes.js';

const EVERY_SECONDS = 30;
/** So far back is looked each time: workers may have been away. What was recorded is not recorded again. */
const LOOK_BACK_MS = 24 * 3_600_000;
const MOST_A_LOOK = 10_000;

const webhookEventsLook = declareJob({
  name: 'webhook-events',
  payload: z.strictObject({}),
  retryLimit: 1,
  retryDelaySeconds: 5,
  timeoutSeconds: 300,
});

/** Records what no write reports: conversations that have become quiet, and jobs that are tried no more. Any number may run at once. */
@Injectable()
export class ObservedEvents {
  constructor(
    private readonly changes: PostgresObservedChanges,
    private readonly recorder: EventRecorder,
    private readonly clock: Clock,
    private readonly config: WebhookConfig,
  ) {}

  @HandlesJob(webhookEventsLook, { everySeconds: EVERY_SECONDS })
  async runAsJob(): Promise<void> {
    const nowMs = this.clock.nowMs();
    await this.recordQuiet(new Date(nowMs - this.config.conversationQuietMs));
    for (const { workspaceId, id, at, name, attempts } of await this.changes.failedJobs(
      new Date(nowMs - LOOK_BACK_MS),
      MOST_A_LOOK,
    ))
      await this.recorder.record(workspaceId, [
        {
          event: 'job.failed',
          projectId: null,
          subject: `job:${id}`,
          data: { id, name, attempts },
          once: `job:${id}:${at.getTime()}`,
          occurredAt: at,
        },
      ]);
  }

  private async recordQuiet(until: Date): Promise<void> {
    const from = new Date(until.getTime() - LOOK_BACK_MS);
    for (const { workspaceId, id, projectId, at, lastSeq, messageCount } of await this.changes.quietConversations(
      from,
      until,
      MOST_A_LOOK,
    ))
      await this.recorder.record(workspaceId, [
        {
          event: 'conversation.quiet',
          projectId,
          subject: `conversation:${id}`,
          data: { id, lastSeq, messageCount, lastMessageAt: at.toISOString() },
          once: `quiet:${id}:${lastSeq}`,
          occurredAt: new Date(at.getTime() + this.config.conversationQuietMs),
        },
      ]);
  }
}
