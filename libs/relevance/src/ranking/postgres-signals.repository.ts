import { Injectable } from '@nestjs/common';
import type { Priority } from '#context';
import { Database } from '#database';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import { type FeedbackKind, type FeedbackOfADay, USE_WINDOW_DAYS } from '../relevance.js';

/** What is looked at of a project for each of the reasons below. */
const MOST_OF_A_REASON = 200;

/** Feedback older than that has no effect that shows. */
const FEEDBACK_WINDOW_DAYS = 365;

/** A context that may be relevant, with what is counted of it. */
interface Candidate {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  /** When it was stored or used last. */
  readonly freshAt: Date;
  /** In the time that counts: reads of its whole text, and citations and thumbs up of anybody. */
  readonly uses: number;
  readonly feedback: readonly FeedbackOfADay[];
}

interface CandidateRow {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  readonly created_at: Date;
  readonly last_at: Date | null;
  readonly reads: number;
}

interface FeedbackRow {
  readonly context_id: ContextId;
  readonly kind: FeedbackKind;
  readonly is_own: boolean;
  readonly days: number;
  readonly strength: number;
  /** How many of them say yes. */
  readonly yes: number;
  readonly last_at: Date;
}

/** The newest versions of labels that are valid at `$3`. */
const CURRENT = `c.workspace_id = $1 AND c.project_id = $2 AND c.is_latest
  AND (c.valid_from IS NULL OR c.valid_from <= $3) AND (c.valid_to IS NULL OR c.valid_to > $3)
  AND (c.superseded_at IS NULL OR c.superseded_at > $3)`;

/** Reads what rankings are made of, as it is stored now. */
@Injectable()
export class PostgresSignalsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Contexts that may be relevant to the user: the newest, the most used, those that are always to be checked or important, those
   * that the user has given feedback on, 200 of each at most, and those that are named.
   * @param named found to fit a situation
   */
  async candidates(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    user: string,
    named: readonly ContextId[],
    now: Date,
  ): Promise<readonly Candidate[]> {
    const rows = await this.database.query<CandidateRow>(
      `WITH chosen AS (
         (SELECT c.id FROM contexts c WHERE ${CURRENT} ORDER BY c.id DESC LIMIT $6)
         UNION (SELECT c.id FROM contexts c WHERE ${CURRENT} AND c.priority <> 'reference' ORDER BY c.id DESC LIMIT $6)
         UNION (SELECT c.id FROM contexts c
                JOIN context_uses u ON u.workspace_id = c.workspace_id AND u.context_id = c.id AND u.day > $7::date
                WHERE ${CURRENT} GROUP BY c.id ORDER BY sum(u.count) DESC, c.id DESC LIMIT $6)
         UNION (SELECT c.id FROM contexts c
                JOIN feedback f ON f.workspace_id = c.workspace_id AND f.context_id = c.id AND f.user_id = $4
                WHERE ${CURRENT} GROUP BY c.id ORDER BY max(f.id::text) DESC LIMIT $6)
         UNION (SELECT c.id FROM contexts c WHERE ${CURRENT} AND c.id = ANY ($5::uuid[]))
       )
       SELECT c.id, c.label, c.version, c.priority, c.created_at, used.last_at, coalesce(used.reads, 0)::float8 AS reads
       FROM chosen JOIN contexts c ON c.workspace_id = $1 AND c.id = chosen.id
       LEFT JOIN LATERAL (
         SELECT max(u.last_used_at) AS last_at, sum(u.count) AS reads FROM context_uses u
         WHERE u.workspace_id = $1 AND u.context_id = c.id AND u.day > $7::date
       ) AS used ON true`,
      [
        workspaceId,
        projectId,
        now,
        user,
        named,
        MOST_OF_A_REASON,
        daysBefore(now, USE_WINDOW_DAYS).toISOString().slice(0, 10),
      ],
    );
    const feedback = await this.feedbackOn(
      workspaceId,
      user,
      rows.map(({ id }) => id),
      now,
    );
    return rows.map((row) => toCandidate(row, feedback.get(row.id) ?? []));
  }

  /** The next moment at which another set of contexts of the project is valid; null: none is known. */
  async nextChange(workspaceId: WorkspaceId, projectId: ProjectId, now: Date): Promise<Date | null> {
    const next = ['valid_from', 'valid_to', 'superseded_at'].map(
      (column) => `(SELECT min(${column}) FROM contexts
        WHERE workspace_id = $1 AND project_id = $2 AND is_latest AND ${column} > $3)`,
    );
    const [row] = await this.database.query<{ next: Date | null }>(`SELECT least(${next.join(', ')}) AS next`, [
      workspaceId,
      projectId,
      now,
    ]);
    return row?.next ?? null;
  }

  private async feedbackOn(
    workspaceId: WorkspaceId,
    user: string,
    ids: readonly ContextId[],
    now: Date,
  ): Promise<ReadonlyMap<ContextId, readonly FeedbackRow[]>> {
    const rows = await this.database.query<FeedbackRow>(
      `SELECT context_id, kind, user_id = $2 AS is_own,
              greatest(0, floor(extract(epoch FROM $4::timestamptz - created_at) / 86400))::integer AS days,
              sum(strength) AS strength, (count(*) FILTER (WHERE strength > 0))::integer AS yes, max(created_at) AS last_at
       FROM feedback WHERE workspace_id = $1 AND context_id = ANY ($3::uuid[]) AND created_at > $5
       GROUP BY 1, 2, 3, 4`,
      [workspaceId, user, ids, now, daysBefore(now, FEEDBACK_WINDOW_DAYS)],
    );
    const byContext = new Map<ContextId, FeedbackRow[]>();
    for (const row of rows) byContext.set(row.context_id, [...(byContext.get(row.context_id) ?? []), row]);
    return byContext;
  }
}

function toCandidate(row: CandidateRow, feedback: readonly FeedbackRow[]): Candidate {
  const uses = feedback.filter(
    ({ kind, yes, days }) => days < USE_WINDOW_DAYS && yes > 0 && (kind === 'cite' || kind === 'thumbs'),
  );
  const said = uses.reduce((sum, { yes }) => sum + yes, 0);
  const times = [row.created_at, row.last_at, ...uses.map(({ last_at }) => last_at)];
  return {
    id: row.id,
    label: row.label,
    version: row.version,
    priority: row.priority,
    freshAt: new Date(Math.max(...times.map((time) => time?.getTime() ?? 0))),
    uses: row.reads + said,
    feedback: feedback.map(({ kind, strength, days, is_own }) => ({ kind, strength, days, isOwn: is_own })),
  };
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}
