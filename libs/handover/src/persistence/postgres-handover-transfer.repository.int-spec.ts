import { DataSource } from 'typeorm';
import { Database } from '#database';
import { newId, newRevision, type ProjectId, type WorkspaceId } from '#kernel';
import type { Session } from '#session';
import { session } from '#session/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { content, handover } from '../testing/handover.factory.js';
import { PostgresHandoverTransferRepository } from './postgres-handover-transfer.repository.js';

describe('PostgresHandoverTransferRepository', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let repository: PostgresHandoverTransferRepository;
  let workspaceId: WorkspaceId;
  let projectId: ProjectId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new DataSource(options).initialize();
    repository = new PostgresHandoverTransferRepository(new Database(dataSource));
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });
  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    projectId = newId<ProjectId>();
    await dataSource.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
    await dataSource.query('INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2::uuid, $2::text)', [
      workspaceId,
      projectId,
    ]);
  });

  async function newSession(): Promise<Session> {
    const made = session({ workspaceId, projectId });
    await dataSource.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at, revision)
       VALUES ($1, $2, $3, '{}', $4, $4, $4, gen_random_uuid())`,
      [workspaceId, made.id, projectId, made.createdAt],
    );
    return made;
  }
  const all = (of = workspaceId) => repository.list(of, projectId, undefined, 10);

  it('gives back what was inserted, acknowledged or not, and what replaced it', async () => {
    const [left, taker] = [await newSession(), await newSession()];
    const acknowledgement = { at: new Date(5), by: 'key:somebody', sessionId: taker.id };
    const made = handover(left, { acknowledgement, content: content(left, { summary: '"❌"\n' }) });
    const byHand = handover(left, { reason: 'manual', sessionId: null });
    await repository.insert([made, byHand]);
    expect(await all()).toEqual([made, byHand]);
    expect(await repository.list(workspaceId, projectId, made.id, 10)).toEqual([byHand]);
    expect(await repository.listSessionIds(workspaceId, projectId, undefined, 10)).toEqual(
      [left.id, taker.id].toSorted(),
    );
    expect([...(await repository.sessionsHere(workspaceId, projectId, [taker.id, newId()]))]).toEqual([taker.id]);
    expect(new Map(await repository.leftBy(workspaceId, projectId, [left.id, taker.id]))).toEqual(
      new Map([[left.id, made.id]]),
    );
    const said = { reason: 'idle' as const, acknowledgement: null, updatedAt: new Date(7) };
    const other = { ...made, ...said, revision: newRevision() };
    await repository.replace([other]);
    expect(await all()).toEqual([other, byHand]);
  });

  it('marks what has changed', async () => {
    const made = handover(await newSession());
    const before = await repository.mark(workspaceId, projectId);
    await repository.insert([made]);
    const inserted = await repository.mark(workspaceId, projectId);
    await repository.replace([made]);
    expect(new Set([before, inserted, await repository.mark(workspaceId, projectId)]).size).toBe(3);
  });

  it('T41 sees and changes nothing of another workspace', async () => {
    const left = await newSession();
    const made = handover(left);
    await repository.insert([made]);
    const foreign = newId<WorkspaceId>();
    expect(await all(foreign)).toEqual([]);
    expect((await repository.places(foreign, projectId, [made.id])).size).toBe(0);
    expect((await repository.leftBy(foreign, projectId, [left.id])).size).toBe(0);
    expect(await repository.sessionsHere(foreign, projectId, [left.id])).toEqual([]);
    await repository.replace([{ ...made, workspaceId: foreign, reason: 'expiry' }]);
    expect(await all()).toEqual([made]);
  });
});
