import { Database, KeepsakeDataSource } from '#database';
import { newId, type WorkspaceId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { projectRepositoryContract } from '../testing/project-repository.contract.js';
import { ProjectEntity, PostgresProjectRepository } from './postgres-project.repository.js';

describe('PostgresProjectRepository', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let projects: PostgresProjectRepository;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new KeepsakeDataSource({ ...options, entities: [ProjectEntity] }).initialize();
    projects = new PostgresProjectRepository(new Database(dataSource));
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });

  async function newWorkspace(): Promise<WorkspaceId> {
    const id = newId<WorkspaceId>();
    await dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [id, id]);
    return id;
  }

  projectRepositoryContract(() => ({ projects, newWorkspace }));

  it('makes one project for fifty that ask at once', async () => {
    const workspaceId = await newWorkspace();
    const made = await Promise.all(
      Array.from({ length: 50 }, () =>
        projects.ensure({ workspaceId, id: newId(), slug: 'same', createdAt: new Date() }),
      ),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });
});
