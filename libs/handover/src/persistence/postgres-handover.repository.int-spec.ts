import { Database, KeepsakeDataSource } from '#database';
import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import type { Session } from '#session';
import { session } from '#session/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { handover } from '../testing/handover.factory.js';
import { handoverRepositoryContract } from '../testing/handover-repository.contract.js';
import { PostgresHandoverRepository } from './postgres-handover.repository.js';

describe('PostgresHandoverRepository', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let handovers: PostgresHandoverRepository;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dataSource = await new KeepsakeDataSource({
      type: 'postgres',
      url: testDatabase.url,
      installExtensions: false,
    }).initialize();
    handovers = new PostgresHandoverRepository(new Database(dataSource));
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });

  async function stored(made: Session): Promise<Session> {
    await dataSource.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at, revision)
       VALUES ($1, $2, $3, '{}', $4, $5, $6, $7)`,
      [made.workspaceId, made.id, made.projectId, made.createdAt, made.lastActiveAt, made.expiresAt, made.revision],
    );
    return made;
  }

  async function newSession(alongside?: WorkspaceId): Promise<Session> {
    const workspaceId = alongside ?? newId<WorkspaceId>();
    const projectId = newId<ProjectId>();
    if (alongside === undefined) {
      await dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
    }
    await dataSource.query('INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2, $3)', [
      workspaceId,
      projectId,
      projectId,
    ]);
    return stored(session({ workspaceId, projectId }));
  }

  handoverRepositoryContract(() => ({
    handovers,
    newSession,
    newSessionInSameProject: ({ workspaceId, projectId }) => stored(session({ workspaceId, projectId })),
  }));

  it('T61 has no negative duration, also of what an earlier release stored', async () => {
    const of = await newSession();
    const { id } = await handovers.leave(handover(of));
    await dataSource.query(
      `UPDATE handovers SET content = jsonb_set(content, '{statistics,durationMs}', '-5000') WHERE id = $1`,
      [id],
    );
    const found = await handovers.find(of.workspaceId, id);
    expect(found?.content.statistics).toMatchObject({ durationMs: 0, contexts: expect.any(Number) });
  });
});
