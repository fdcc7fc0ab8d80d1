import { AsyncLocalStorage } from 'node:async_hooks';
import { Database, KeepsakeDataSource } from '#database';
import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import type { Session } from '../session.js';
import { session } from '../testing/session.factory.js';
import { sessionEntryRepositoryContract } from '../testing/session-entry-repository.contract.js';
import { sessionRepositoryContract } from '../testing/session-repository.contract.js';
import { PostgresSessionEntryRepository } from './postgres-session-entry.repository.js';
import { PostgresSessionRepository } from './postgres-session.repository.js';

/** Not in the transaction of the caller. */
const outside = AsyncLocalStorage.snapshot();

let testDatabase: TestDatabase;
let dataSource: KeepsakeDataSource;
let database: Database;
let sessions: PostgresSessionRepository;
let entries: PostgresSessionEntryRepository;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await new KeepsakeDataSource({
    type: 'postgres',
    url: testDatabase.url,
    installExtensions: false,
  }).initialize();
  database = new Database(dataSource);
  sessions = new PostgresSessionRepository(database);
  entries = new PostgresSessionEntryRepository(database);
});

afterAll(async () => {
  await dataSource?.destroy();
  await testDatabase?.drop();
});

async function newProject(workspaceId?: WorkspaceId): Promise<{ workspaceId: WorkspaceId; projectId: ProjectId }> {
  const workspace = workspaceId ?? newId<WorkspaceId>();
  if (workspaceId === undefined) {
    await dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspace, workspace]);
  }
  const projectId = newId<ProjectId>();
  await dataSource.query('INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2, $3)', [
    workspace,
    projectId,
    projectId,
  ]);
  return { workspaceId: workspace, projectId };
}

async function newSessionIn(project: { workspaceId: WorkspaceId; projectId: ProjectId }) {
  const made = session({ workspaceId: project.workspaceId, projectId: project.projectId });
  await sessions.insert(made);
  return made;
}

describe('PostgresSessionRepository', () => {
  sessionRepositoryContract(() => ({ sessions, newProject }));

  it('activity that waits for a switch of project sees the project that was switched to', async () => {
    const project = await newProject();
    const { id } = await newSessionIn(project);
    const other = await newProject(project.workspaceId);
    const isWaiting = () =>
      dataSource
        .query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM sessions s%'")
        .then((rows: unknown[]) => rows.length > 0);
    let activity: Promise<Session | undefined> | undefined;
    await database.run(async () => {
      const found = await sessions.findForChange(project.workspaceId, id);
      await sessions.update({ ...found!, projectId: other.projectId });
      activity = outside(() => database.run(() => sessions.findForActivity(project.workspaceId, id)));
      await outside(() => eventually(isWaiting));
    });
    expect(await activity).toMatchObject({ projectId: other.projectId, project: other.projectId });
  });
});

describe('PostgresSessionEntryRepository', () => {
  sessionEntryRepositoryContract(() => ({
    entries,
    newSession: async (workspaceId) => newSessionIn(await newProject(workspaceId)),
    newSessionIn,
  }));
});
