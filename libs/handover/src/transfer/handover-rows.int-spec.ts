import { Database, KeepsakeDataSource } from '#database';
import { newId, newRevision, type ProjectId, type WorkspaceId } from '#kernel';
import type { Session } from '#session';
import { session } from '#session/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { content, handover } from '../testing/handover.factory.js';
import { fromFlat, toFlat } from '../persistence/postgres-handover.repository.js';
import { HandoverRows } from './handover-rows.js';

describe('handovers on their way', () => {
  let testDatabase: TestDatabase;
  let dataSource: KeepsakeDataSource;
  let rows: HandoverRows;
  let workspaceId: WorkspaceId;
  let projectId: ProjectId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { type: 'postgres', url: testDatabase.url, installExtensions: false } as const;
    dataSource = await new KeepsakeDataSource(options).initialize();
    rows = new HandoverRows(new Database(dataSource));
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
  const all = async (of = workspaceId) => (await rows.list(of, projectId, undefined, 10)).map(fromFlat);

  it('gives back what was inserted, acknowledged or not, and what replaced it', async () => {
    const [left, taker] = [await newSession(), await newSession()];
    const acknowledgement = { at: new Date(5), by: 'key:somebody', sessionId: taker.id };
    const made = handover(left, { acknowledgement, content: content(left, { summary: '"❌"\n' }) });
    const byHand = handover(left, { reason: 'manual', sessionId: null });
    await rows.insert([made, byHand].map(toFlat));
    expect(await all()).toEqual([made, byHand]);
    expect((await rows.list(workspaceId, projectId, made.id, 10)).map(fromFlat)).toEqual([byHand]);
    expect(await rows.listSessionIds(workspaceId, projectId, undefined, 10)).toEqual([left.id, taker.id].toSorted());
    expect([...(await rows.sessionsHere(workspaceId, projectId, [taker.id, newId()]))]).toEqual([taker.id]);
    expect(new Map(await rows.leftBy(workspaceId, projectId, [left.id, taker.id]))).toEqual(
      new Map([[left.id, made.id]]),
    );
    const said = { reason: 'idle' as const, acknowledgement: null, updatedAt: new Date(7) };
    const other = { ...made, ...said, revision: newRevision() };
    await rows.replace([toFlat(other)], ['projectId']);
    expect(await all()).toEqual([other, byHand]);
  });

  it('marks what has changed', async () => {
    const made = handover(await newSession());
    const before = await rows.fingerprint(workspaceId, projectId);
    await rows.insert([toFlat(made)]);
    const inserted = await rows.fingerprint(workspaceId, projectId);
    await rows.replace([toFlat(made)], ['projectId']);
    expect(new Set([before, inserted, await rows.fingerprint(workspaceId, projectId)]).size).toBe(3);
  });

  it('T41 sees and changes nothing of another workspace', async () => {
    const left = await newSession();
    const made = handover(left);
    await rows.insert([toFlat(made)]);
    const foreign = newId<WorkspaceId>();
    expect(await all(foreign)).toEqual([]);
    expect((await rows.places(foreign, projectId, [made.id])).size).toBe(0);
    expect((await rows.leftBy(foreign, projectId, [left.id])).size).toBe(0);
    expect(await rows.sessionsHere(foreign, projectId, [left.id])).toEqual([]);
    await rows.replace([toFlat({ ...made, workspaceId: foreign, reason: 'expiry' })], ['projectId']);
    expect(await all()).toEqual([made]);
  });
});
