import { Database, KeepsakeDataSource } from '#database';
import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { session } from '../testing/session.factory.js';
import { sessionEntryRepositoryContract } from '../testing/session-entry-repository.contract.js';
import { sessionRepositoryContract } from '../testing/session-repository.contract.js';
import { PostgresSessionEntryRepository } from './postgres-session-entry.repository.js';
import { PostgresSessionRepository } from './postgres-session.repository.js';

let testDatabase: TestDatabase;
let dataSource: KeepsakeDataSource;
let sessions: PostgresSessionRepository;
let entries: PostgresSessionEntryRepository;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await new KeepsakeDataSource({
    type: 'postgres',
    url: testDatabase.url,
    installExtensions: false,
  }).initialize();
  const database = new Database(dataSource);
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
});

describe('PostgresSessionEntryRepository', () => {
  sessionEntryRepositoryContract(() => ({
    entries,
    newSession: async (workspaceId) => newSessionIn(await newProject(workspaceId)),
    newSessionIn,
  }));
});
