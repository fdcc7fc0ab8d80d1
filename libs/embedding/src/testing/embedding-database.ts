import type { DatabaseConfig } from '#config';
import type { Priority } from '#context';
import { Database, KeepsakeDataSource } from '#database';
import { type ContextId, newId, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Pgvector } from '../persistence/pgvector.js';
import { PostgresSemanticIndex } from '../persistence/postgres-semantic-index.js';
import { PostgresVectorStore } from '../persistence/postgres-vector-store.js';

export interface TestProject {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
}

export interface TestContext {
  readonly label?: string;
  readonly content?: string;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  readonly createdAt?: Date;
}

/** A PostgreSQL with projects and contexts as the tests of vectors need them, and the adapters over it. */
export class EmbeddingDatabase {
  readonly pgvector: Pgvector;
  readonly index: PostgresSemanticIndex;
  readonly store: PostgresVectorStore;

  private constructor(
    private readonly test: TestDatabase,
    readonly dataSource: KeepsakeDataSource,
    readonly database: Database,
  ) {
    this.pgvector = new Pgvector(database);
    this.index = new PostgresSemanticIndex(database, this.pgvector);
    this.store = new PostgresVectorStore(database, this.pgvector, { url: test.url } as DatabaseConfig);
  }

  static async create(): Promise<EmbeddingDatabase> {
    const test = await createTestDatabase();
    const dataSource = new KeepsakeDataSource({ type: 'postgres', url: test.url, installExtensions: false });
    await dataSource.initialize();
    return new EmbeddingDatabase(test, dataSource, new Database(dataSource));
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.test.drop();
  }

  async newProject(alongside?: TestProject): Promise<TestProject> {
    const workspaceId = alongside?.workspaceId ?? newId<WorkspaceId>();
    const projectId = newId<ProjectId>();
    if (alongside === undefined)
      await this.dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [
        workspaceId,
        workspaceId,
      ]);
    await this.dataSource.query('INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2, $3)', [
      workspaceId,
      projectId,
      projectId,
    ]);
    return { workspaceId, projectId };
  }

  async newSession({ workspaceId, projectId }: TestProject): Promise<SessionId> {
    const id = newId<SessionId>();
    await this.dataSource.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at, revision)
       VALUES ($1, $2, $3, '{}', now(), now(), now(), gen_random_uuid())`,
      [workspaceId, id, projectId],
    );
    return id;
  }

  /** Newest versions of labels of their own, in one statement. */
  async newContexts(project: TestProject, contexts: readonly TestContext[]): Promise<ContextId[]> {
    const rows = contexts.map((context) => ({ id: newId<ContextId>(), labelId: newId(), ...context }));
    await this.dataSource.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($3::jsonb) AS g (
         id uuid, "labelId" uuid, label text, content text, priority text, tags text[], "sessionId" uuid, "createdAt" timestamptz)
       ), labelled AS (
         INSERT INTO context_labels (workspace_id, id, project_id, label, last_version)
         SELECT $1, "labelId", $2, coalesce(label, "labelId"::text), 1 FROM given)
       INSERT INTO contexts (workspace_id, id, project_id, label_id, label, version, is_latest, content, content_hash,
         content_bytes, preview, key_concepts, extract_version, signature, tags, priority, priority_detected, session_id,
         metadata, created_at, updated_at)
       SELECT $1, id, $2, "labelId", coalesce(label, "labelId"::text), 1, true, coalesce(content, 'text'), '\\x00', 4, '',
         '{}', 1, '\\x00', coalesce(tags, '{}'), coalesce(priority, 'reference'), false, "sessionId", '{}',
         coalesce("createdAt", now()), now()
       FROM given`,
      [project.workspaceId, project.projectId, JSON.stringify(rows)],
    );
    return rows.map(({ id }) => id);
  }

  /** A newer version takes the place of a context, as a store does. */
  async replace(project: TestProject, id: ContextId): Promise<ContextId> {
    const next = newId<ContextId>();
    await this.database.run(async () => {
      await this.withdraw(project, id);
      await this.database.query(
        `INSERT INTO contexts SELECT (jsonb_populate_record(c, jsonb_build_object('id', $3::text, 'version', c.version + 1, 'is_latest', true))).*
         FROM contexts c WHERE workspace_id = $1 AND id = $2`,
        [project.workspaceId, id, next],
      );
    });
    return next;
  }

  /** It is not the newest any more. */
  async withdraw({ workspaceId }: TestProject, id: ContextId): Promise<void> {
    await this.database.query('UPDATE contexts SET is_latest = false WHERE workspace_id = $1 AND id = $2', [
      workspaceId,
      id,
    ]);
  }
}
