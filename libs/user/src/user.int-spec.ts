import { type DomainError, newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { runInRequestContext } from '#observability';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { statementsOf } from '#test/support/sent-statements.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { UserProcess } from './testing/user-process.js';
import { MAX_CHANGES, MAX_PROFILE_BYTES, type ProfilePatch } from './user.js';

describe('profiles of users, by two processes on one database and one Redis', () => {
  let clock: ManualClock;
  let testDatabase: TestDatabase;
  let redis: RedisServer;
  let one: UserProcess;
  let two: UserProcess;
  let workspaceId: WorkspaceId;

  beforeAll(async () => {
    [testDatabase, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    clock = new ManualClock(Date.UTC(2031, 0, 1));
    const env = { REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '5000' };
    one = await UserProcess.start(testDatabase.url, clock, env);
    two = await UserProcess.start(testDatabase.url, clock, env);
  }, 120_000);

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await redis?.remove();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
  });

  const ref = (user = 'ada') => ({ workspaceId, user });
  const patch = (change: ProfilePatch, { by = one, user = 'ada' } = {}) => by.profiles.patch(ref(user), change);
  const versions = async (by = two) =>
    (await by.profiles.listChanges(ref(), undefined, 100)).items.map(({ version }) => version);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: DomainError) => error.code,
    );

  it('merges patches, and keeps each with who sent it', async () => {
    expect(await two.profiles.get(ref())).toBeNull();
    expect(await versions()).toEqual([]);
    const as = <Result>(principalId: string, work: () => Promise<Result>) =>
      runInRequestContext({ requestId: 'r', caller: { principalId } }, work);
    await as('key:one', () => patch({ profile: { name: 'Ada', old: 1, at: { a: 1, b: 2 } } }));
    clock.advance(1000);
    await as('jwt:ada', () => patch({ profile: { old: null, at: { b: null } }, preferences: { tone: 'short' } }));
    expect(await two.profiles.get(ref())).toMatchObject({
      version: 2,
      profile: { name: 'Ada', at: { a: 1 } },
      preferences: { tone: 'short' },
      createdBy: 'jwt:ada',
      createdAt: new Date(clock.nowMs() - 1000),
      updatedAt: new Date(clock.nowMs()),
    });
    await patch({ preferences: null });
    expect(await two.profiles.get(ref())).toMatchObject({ version: 3, preferences: {}, createdBy: null });
    expect((await two.profiles.listChanges(ref(), undefined, 100)).items).toMatchObject([
      { version: 3, patch: { preferences: null }, createdBy: null },
      {
        version: 2,
        patch: { profile: { old: null, at: { b: null } }, preferences: { tone: 'short' } },
        createdBy: 'jwt:ada',
      },
      { version: 1, createdBy: 'key:one' },
    ]);
    const page = await two.profiles.listChanges(ref(), 3, 1);
    expect([page.items.map(({ version }) => version), page.next]).toEqual([[2], [2]]);
  });

  it('T43 ten writers over two processes have a version each; of those that name one state one is made', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch({ profile: { [`key${n}`]: n } }, { by: n % 2 === 0 ? one : two })),
    );
    expect(all.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
    const current = await two.profiles.get(ref());
    expect(Object.keys(current!.profile)).toHaveLength(10);
    const ifMatch = two.profiles.tagOf(ref(), current);
    const racing = await Promise.all(
      [one, two, one, two].map((by, n) => codeOf(by.profiles.patch(ref(), { profile: { won: n } }, { ifMatch }))),
    );
    expect(racing.toSorted()).toEqual(['done', ...Array.from({ length: 3 }, () => 'precondition-failed')]);
    await expect(one.profiles.patch(ref(), {}, { ifMatch })).rejects.toMatchObject({ currentVersion: 11 });
  });

  it('the tag of the empty profile lets the first write alone pass', async () => {
    const ifMatch = one.profiles.tagOf(ref(), null);
    const racing = await Promise.all(
      [one, two, one].map((by) => codeOf(by.profiles.patch(ref(), { profile: { a: 1 } }, { ifMatch }))),
    );
    expect(racing.toSorted()).toEqual(['done', 'precondition-failed', 'precondition-failed']);
    expect(await versions()).toEqual([1]);
    // Nothing is left of a refused first write.
    const other = one.profiles.tagOf(ref(), await one.profiles.get(ref()));
    expect(await codeOf(one.profiles.patch(ref('bob'), { profile: { a: 1 } }, { ifMatch: other }))).toBe(
      'precondition-failed',
    );
    expect(await two.profiles.get(ref('bob'))).toBeNull();
  });

  it('refuses what is too large when merged, by name, and keeps the newest thousand changes', async () => {
    const half = 'x'.repeat(MAX_PROFILE_BYTES - 20);
    await patch({ profile: { a: half } });
    await expect(patch({ profile: { b: half } })).rejects.toMatchObject({ issues: [{ pointer: '/profile' }] });
    await expect(patch({ preferences: { a: half, b: half } })).rejects.toMatchObject({
      issues: [{ pointer: '/preferences' }],
    });
    await one.database.query('UPDATE user_profiles SET version = $2 WHERE workspace_id = $1', [
      workspaceId,
      MAX_CHANGES,
    ]);
    await patch({ profile: { a: null } });
    expect(await versions()).toEqual([MAX_CHANGES + 1]);
  });

  it('T1 a second read sends no statement, on either process, also of what is not there', async () => {
    await patch({ profile: { a: 1 } });
    for (const user of ['ada', 'nobody'])
      for (const read of [
        (by: UserProcess) => by.profiles.get(ref(user)),
        (by: UserProcess) => by.profiles.listChanges(ref(user), undefined, 20),
      ]) {
        await read(one);
        for (const by of [one, two]) expect(await statementsOf(by.database, () => read(by))).toBe(0);
      }
  });

  it('T6 a write of one process is in the next read of the other', async () => {
    for (let version = 1; version <= 5; version++) {
      await patch({ profile: { version } }, { by: version % 2 === 0 ? one : two });
      for (const by of [one, two]) {
        expect(await by.profiles.get(ref())).toMatchObject({ version, profile: { version } });
        expect((await versions(by))[0]).toBe(version);
      }
    }
  });

  it('T12 the same name in another workspace is another user', async () => {
    await patch({ profile: { secret: 1 } });
    await two.profiles.get(ref());
    const other = { ...ref(), workspaceId: newId<WorkspaceId>() };
    expect(await two.profiles.get(other)).toBeNull();
    expect((await two.profiles.listChanges(other, undefined, 20)).items).toEqual([]);
  });
});
