import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { WorkspaceId } from '#kernel';
import { type Counts, ERASED, principalOfUser } from './erasure.js';

/** Whom and what an erasure is about. */
export interface ErasureTarget {
  readonly workspaceId: WorkspaceId;
  readonly erasureId: string;
  readonly user: string;
  readonly requestedAt: Date;
}

const REVISION = ', revision = gen_random_uuid()';
/** Columns that name who wrote a row that others go on reading: each with what goes into it, and what else changes. */
const AUTHORS = [
  { kind: 'contexts', table: 'contexts', column: 'created_by', to: null, also: REVISION },
  { kind: 'contexts', table: 'contexts', column: 'imported_author', to: null, also: REVISION },
  { kind: 'entries', table: 'session_entries', column: 'created_by', to: null, also: '' },
  { kind: 'entries', table: 'session_entries', column: 'imported_author', to: null, also: '' },
  { kind: 'handovers', table: 'handovers', column: 'created_by', to: null, also: REVISION },
  { kind: 'handovers', table: 'handovers', column: 'imported_author', to: null, also: REVISION },
  { kind: 'handovers', table: 'handovers', column: 'acknowledged_by', to: ERASED, also: REVISION },
  { kind: 'messages', table: 'messages', column: 'created_by', to: null, also: REVISION },
  { kind: 'messages', table: 'messages', column: 'imported_author', to: null, also: REVISION },
  { kind: 'agentStates', table: 'agent_states', column: 'imported_author', to: null, also: REVISION },
  { kind: 'sessions', table: 'sessions', column: 'started_by', to: null, also: '' },
  { kind: 'feedback', table: 'feedback', column: 'created_by', to: null, also: '' },
  { kind: 'profiles', table: 'user_profiles', column: 'created_by', to: null, also: REVISION },
  { kind: 'profileChanges', table: 'user_profile_changes', column: 'created_by', to: null, also: '' },
  { kind: 'webhooks', table: 'webhooks', column: 'created_by', to: null, also: REVISION },
  { kind: 'tombstones', table: 'forgotten_texts', column: 'created_by', to: null, also: '' },
  { kind: 'conflicts', table: 'context_conflicts', column: 'decided_by', to: ERASED, also: '' },
  { kind: 'auditLines', table: 'audit_lines', column: 'principal_id', to: ERASED, also: '' },
] as const;

/** Every column that names people, as `table.column`. */
export const COLUMNS_OF_PEOPLE: readonly string[] = [
  ...AUTHORS.map(({ table, column }) => `${table}.${column}`),
  'agent_states.created_by',
  'conversations.user_id',
  'feedback.user_id',
  'idempotency_keys.principal_id',
  'user_erasures.user_id',
  'user_profile_changes.user_id',
  'user_profiles.user_id',
];

/** `$1` workspace, `$2` erasure. */
const ITEMS = 'SELECT id FROM user_erasure_items WHERE workspace_id = $1 AND erasure_id = $2';
const UUID_IN_SUBJECT = `substring(subject FROM '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')::uuid`;
/** @param names parameter that is a JSON object with the texts `user` and `principal` */
const namesUser = (column: string, names = '$3') =>
  `jsonb_path_exists(${column}, '$.** ? (@ == $user || @ == $principal)', ${names}::jsonb)`;
const OF_WORKSPACE = `data ->> 'workspaceId' = $1::uuid::text`;

/**
 * Rows of a user beside conversations and messages, in whatever tables. What a user alone has is removed; where others go on reading
 * a row, it no longer says who wrote it. Tables with a new column that names people get a line here: a test looks for it.
 */
@Injectable()
export class PostgresUserRows {
  constructor(private readonly database: Database) {}

  /** Removes the profile with its history, and the feedback. @returns also the projects, by slug, whose feedback has changed */
  async removeOwn({ workspaceId, user }: ErasureTarget): Promise<{ counts: Counts; projects: readonly string[] }> {
    await this.database.query(`SELECT pg_advisory_xact_lock(hashtextextended('feedback/' || $1 || '/' || $2, 0))`, [
      workspaceId,
      user,
    ]);
    const of = [workspaceId, user];
    const projects = await this.database.query<{ slug: string }>(
      `SELECT DISTINCT p.slug FROM feedback f JOIN projects p ON p.workspace_id = f.workspace_id AND p.id = f.project_id
       WHERE f.workspace_id = $1 AND f.user_id = $2`,
      of,
    );
    const feedback = await this.remove('feedback WHERE workspace_id = $1 AND user_id = $2', of);
    const profileChanges = await this.remove('user_profile_changes WHERE workspace_id = $1 AND user_id = $2', of);
    const profiles = await this.remove('user_profiles WHERE workspace_id = $1 AND user_id = $2', of);
    return { counts: { profiles, profileChanges, feedback }, projects: projects.map(({ slug }) => slug) };
  }

  /** Removes what names the user or what was removed, and is nobody else's. */
  async removeTraces({ workspaceId, erasureId, user }: ErasureTarget): Promise<Counts> {
    const principal = principalOfUser(user);
    const of = [workspaceId, principal];
    const agentCheckpoints = await this.remove(
      `agent_checkpoints k USING agent_states s WHERE k.workspace_id = $1 AND s.workspace_id = $1
         AND s.project_id = k.project_id AND s.agent = k.agent AND s.created_by = $2`,
      of,
    );
    const agentStates = await this.remove('agent_states WHERE workspace_id = $1 AND created_by = $2', of);
    const storedAnswers = await this.remove(
      'idempotency_keys WHERE workspace_id = $1 AND principal_id = $2 AND response_status IS NOT NULL',
      of,
    );
    const webhookDeliveries = await this.remove(
      `webhook_deliveries WHERE workspace_id = $1 AND (${UUID_IN_SUBJECT} IN (${ITEMS}) OR ${namesUser('data')})`,
      [workspaceId, erasureId, this.names(user)],
    );
    const jobs = await this.remove(`pgboss.job WHERE ${OF_WORKSPACE} AND state <> 'active' AND ${this.namesTarget()}`, [
      workspaceId,
      erasureId,
      this.names(user),
    ]);
    return { agentStates, agentCheckpoints, storedAnswers, webhookDeliveries, jobs };
  }

  /** Others go on reading these rows: they no longer say who wrote them. */
  async anonymise({ workspaceId, user }: ErasureTarget): Promise<Counts> {
    const principal = principalOfUser(user);
    const counts: Record<string, number> = {};
    for (const { kind, table, column, to, also } of AUTHORS) {
      const rows = await this.database.query(
        `WITH changed AS (UPDATE ${table} SET ${column} = $3${also} WHERE workspace_id = $1 AND ${column} = $2 RETURNING 1)
         SELECT count(*)::int AS count FROM changed`,
        [workspaceId, principal, to],
      );
      counts[kind] = (counts[kind] ?? 0) + ((rows as { count: number }[])[0]?.count ?? 0);
    }
    const details = await this.database.query<{ count: number }>(
      `WITH changed AS (UPDATE audit_lines SET details = '{}' WHERE workspace_id = $1 AND ${namesUser('details', '$2')} RETURNING 1)
       SELECT count(*)::int AS count FROM changed`,
      [workspaceId, this.names(user)],
    );
    counts['auditLines'] = (counts['auditLines'] ?? 0) + (details[0]?.count ?? 0);
    return counts;
  }

  /** What is there of what had to go: by the user's ids, and by the ids of what was removed. */
  async scan({ workspaceId, erasureId, user, requestedAt }: ErasureTarget): Promise<Counts> {
    const principal = principalOfUser(user);
    const byItem = (source: string) => this.countRows(`${source} IN (${ITEMS})`, [workspaceId, erasureId]);
    const before = [workspaceId, user, requestedAt];
    let authors = 0;
    for (const { table, column } of AUTHORS)
      authors += await this.countRows(`${table} WHERE workspace_id = $1 AND ${column} = $2`, [workspaceId, principal]);
    const traced = [workspaceId, erasureId, this.names(user)];
    return {
      profiles: await this.countRows(
        'user_profiles WHERE workspace_id = $1 AND user_id = $2 AND created_at < $3',
        before,
      ),
      profileChanges: await this.countRows(
        'user_profile_changes WHERE workspace_id = $1 AND user_id = $2 AND created_at < $3',
        before,
      ),
      feedback: await this.countRows('feedback WHERE workspace_id = $1 AND user_id = $2 AND created_at < $3', before),
      conversations: await byItem('conversations WHERE workspace_id = $1 AND id'),
      messages: await byItem('messages WHERE workspace_id = $1 AND id'),
      messageEdits: await byItem('message_edits WHERE workspace_id = $1 AND message_id'),
      searchIndex:
        (await byItem('search_documents WHERE workspace_id = $1 AND id')) +
        (await byItem('search_segments WHERE workspace_id = $1 AND document_id')) +
        (await byItem('search_postings WHERE workspace_id = $1 AND document_id')),
      agentStates: await this.countRows('agent_states WHERE workspace_id = $1 AND created_by = $2', [
        workspaceId,
        principal,
      ]),
      storedAnswers: await this.countRows(
        `idempotency_keys WHERE workspace_id = $1 AND response_status IS NOT NULL AND (principal_id = $3
           OR referenced_ids && ARRAY(${ITEMS}) OR counted_ids && ARRAY(${ITEMS}))`,
        [workspaceId, erasureId, principal],
      ),
      webhookDeliveries: await this.countRows(
        `webhook_deliveries WHERE workspace_id = $1 AND (${UUID_IN_SUBJECT} IN (${ITEMS}) OR ${namesUser('data')})`,
        traced,
      ),
      jobs: await this.countRows(`pgboss.job WHERE ${OF_WORKSPACE} AND ${this.namesTarget()}`, traced),
      authors,
    };
  }

  /** Memory about the user, by their name in a text in whatever case, and revocations that keep lost tokens out: they stay. */
  async countKept({ workspaceId, user }: ErasureTarget): Promise<Counts> {
    const mentions = (table: string, text: string) =>
      this.countRows(`${table} WHERE workspace_id = $1 AND strpos(lower(${text}), lower($2)) > 0`, [workspaceId, user]);
    return {
      contexts: await mentions('contexts', `label || ' ' || content`),
      entries: await mentions('session_entries', 'text'),
      handovers: await mentions('handovers', 'content::text'),
      messagesOfOthers: await this.countRows(
        `messages m JOIN conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
         WHERE m.workspace_id = $1 AND c.user_id IS DISTINCT FROM $2 AND strpos(lower(m.content::text), lower($2)) > 0`,
        [workspaceId, user],
      ),
      tokenRevocations: await this.countRows(
        `token_revocations WHERE workspace_id = $1 AND kind = 'subject' AND value = $2`,
        [workspaceId, user],
      ),
    };
  }

  private namesTarget(): string {
    return `(${namesUser('data')} OR EXISTS (
      SELECT FROM regexp_matches(data::text, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g') AS found (ids)
      WHERE found.ids[1]::uuid IN (${ITEMS})))`;
  }

  private names(user: string): string {
    return JSON.stringify({ user, principal: principalOfUser(user) });
  }

  private async remove(rows: string, parameters: readonly unknown[]): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `WITH removed AS (DELETE FROM ${rows} RETURNING 1) SELECT count(*)::int AS count FROM removed`,
      parameters,
    );
    return row?.count ?? 0;
  }

  private async countRows(rows: string, parameters: readonly unknown[]): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${rows}`,
      parameters,
    );
    return row?.count ?? 0;
  }
}
