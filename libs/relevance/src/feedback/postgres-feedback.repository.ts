import { Injectable } from '@nestjs/common';
import { Database, JSON_TEXT, Table } from '#database';
import { type Page, toPage } from '#http';
import type { ContextId, FeedbackId, ProjectId, WorkspaceId } from '#kernel';
import { type Feedback, isOpinion, strengthOf } from './feedback.js';

type StoredFeedback = Omit<Feedback, 'user'> & { readonly userId: string };

const feedbackTable = new Table<StoredFeedback>(
  'feedback',
  'f',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    contextId: 'uuid',
    userId: 'text',
    kind: 'text',
    value: JSON_TEXT as never,
    clientId: 'text',
    createdAt: 'timestamptz',
    createdBy: 'text',
  },
  true,
);

interface FeedbackFilter {
  readonly projectId: ProjectId;
  readonly user?: string | undefined;
  readonly contextId?: ContextId | undefined;
}

/** Feedback at rest. */
@Injectable()
export class PostgresFeedbackRepository {
  constructor(private readonly database: Database) {}

  /**
   * Lets one writer at a time store feedback of a user, until the surrounding transaction ends. On the embedded database, where
   * an advisory lock does nothing, one connection does one transaction at a time.
   */
  async lock(workspaceId: WorkspaceId, user: string): Promise<void> {
    await this.database.query(`SELECT pg_advisory_xact_lock(hashtextextended('feedback/' || $1 || '/' || $2, 0))`, [
      workspaceId,
      user,
    ]);
  }

  /** Keeps a context from being deleted until the surrounding transaction ends; waits for a deletion that is under way. */
  async holdContext(workspaceId: WorkspaceId, contextId: ContextId): Promise<void> {
    await this.database.query('SELECT FROM contexts WHERE workspace_id = $1 AND id = $2 FOR KEY SHARE', [
      workspaceId,
      contextId,
    ]);
  }

  async findByClientId(
    { workspaceId, projectId, user }: Pick<Feedback, 'workspaceId' | 'projectId' | 'user'>,
    clientId: string,
  ): Promise<Feedback | undefined> {
    const rows = await this.database.query<object>(
      `SELECT ${feedbackTable.columns} FROM ${feedbackTable.source}
       WHERE f.workspace_id = $1 AND f.project_id = $2 AND f.user_id = $3 AND f.client_id = $4`,
      [workspaceId, projectId, user, clientId],
    );
    return rows.map(toFeedback)[0];
  }

  /** Stores it, in the place of what the user thought of the context before. Call it with the user locked. */
  async add(feedback: Feedback): Promise<void> {
    const { workspaceId, contextId, user, kind } = feedback;
    if (isOpinion(kind))
      await this.database.query(
        'DELETE FROM feedback WHERE workspace_id = $1 AND context_id = $2 AND user_id = $3 AND kind = $4',
        [workspaceId, contextId, user, kind],
      );
    await this.database.query(
      `INSERT INTO feedback (workspace_id, id, project_id, context_id, user_id, kind, value, strength, client_id, created_at,
         created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        workspaceId,
        feedback.id,
        feedback.projectId,
        contextId,
        user,
        kind,
        JSON.stringify(feedback.value),
        strengthOf(feedback),
        feedback.clientId,
        feedback.createdAt,
        feedback.createdBy,
      ],
    );
  }

  /** Newest first. */
  async list(
    workspaceId: WorkspaceId,
    { projectId, user, contextId }: FeedbackFilter,
    before: FeedbackId | undefined,
    limit: number,
  ): Promise<Page<Feedback, [FeedbackId]>> {
    const rows = await this.database.query<object>(
      `SELECT ${feedbackTable.columns} FROM ${feedbackTable.source}
       WHERE f.workspace_id = $1 AND f.project_id = $2 AND ($3::text IS NULL OR f.user_id = $3)
         AND ($4::uuid IS NULL OR f.context_id = $4) AND ($5::uuid IS NULL OR f.id < $5)
       ORDER BY f.id DESC LIMIT $6`,
      [workspaceId, projectId, user ?? null, contextId ?? null, before ?? null, limit + 1],
    );
    return toPage(rows.map(toFeedback), limit, ({ id }) => [id]);
  }
}

function toFeedback(row: object): Feedback {
  const { userId, ...feedback } = feedbackTable.toThing(row);
  return { ...feedback, user: userId };
}
