import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ProjectId, WorkspaceId } from '#kernel';

interface Observed {
  readonly workspaceId: WorkspaceId;
  readonly id: string;
  readonly at: Date;
}

interface QuietConversation extends Observed {
  readonly projectId: ProjectId;
  readonly lastSeq: number;
  readonly messageCount: number;
}

interface FailedJob extends Observed {
  readonly name: string;
  readonly attempts: number;
}

/** What happens without a write that would report it, in the workspaces whose webhooks ask for it. */
@Injectable()
export class PostgresObservedChanges {
  constructor(private readonly database: Database) {}

  /** Conversations that are not archived, whose last message is of that time. */
  async quietConversations(from: Date, to: Date, limit: number): Promise<readonly QuietConversation[]> {
    return this.database.query(
      `SELECT c.workspace_id AS "workspaceId", c.id, c.last_message_at AS at, c.project_id AS "projectId",
         c.last_seq AS "lastSeq", c.message_count AS "messageCount"
       FROM conversations c
       WHERE c.workspace_id IN (${ASKING_FOR}) AND c.archived_at IS NULL
         AND c.last_message_at > $2 AND c.last_message_at <= $3
       ORDER BY c.last_message_at, c.id LIMIT $4`,
      ['conversation.quiet', from, to, limit],
    );
  }

  /** Jobs of workspaces that are tried no more, since then. */
  async failedJobs(since: Date, limit: number): Promise<readonly FailedJob[]> {
    return this.database.query(
      `SELECT j.data->>'workspaceId' AS "workspaceId", j.id, j.completed_on AS at, j.name, j.retry_count + 1 AS attempts
       FROM pgboss.job j
       WHERE j.state = 'failed' AND j.completed_on > $2
         AND j.data->>'workspaceId' IN (SELECT asked.workspace_id::text FROM (${ASKING_FOR}) AS asked)
       ORDER BY j.completed_on, j.id LIMIT $3`,
      ['job.failed', since, limit],
    );
  }
}

const ASKING_FOR = `SELECT w.workspace_id FROM webhooks w WHERE w.disabled_at IS NULL AND $1 = ANY (w.events)`;
