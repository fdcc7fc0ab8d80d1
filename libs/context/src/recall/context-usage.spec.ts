import { inProcessCache } from '#cache/testing';
import { Logger } from '@nestjs/common';
import { type ContextId, newId, type SessionId, type WorkspaceId } from '#kernel';
import { FakeTransactionRunner } from '#database/testing';
import { ManualClock } from '#kernel/testing';
import { ContextUsage, type ContextAccess, ContextUsageRepository, type SessionUse } from './context-usage.js';

class RecordingRepository extends ContextUsageRepository {
  readonly written: { accesses: readonly ContextAccess[]; uses: readonly SessionUse[] }[] = [];
  failure: Error | undefined;
  /** Called as a write begins. */
  onWrite: () => void = () => undefined;

  async add(_workspaceId: WorkspaceId, accesses: readonly ContextAccess[], uses: readonly SessionUse[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.onWrite();
    this.written.push({ accesses, uses });
  }
}

describe('ContextUsage', () => {
  const workspaceId = newId<WorkspaceId>();
  const sessionId = newId<SessionId>();
  const [one, two] = [newId<ContextId>(), newId<ContextId>()] as const;
  let repository: RecordingRepository;
  let usage: ContextUsage;

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    repository = new RecordingRepository();
    usage = new ContextUsage(repository, new ManualClock(), inProcessCache(), new FakeTransactionRunner());
  });

  it('adds reads up and writes nothing until it is asked to', async () => {
    usage.noteRead(workspaceId, [one, two], [two]);
    usage.noteRead(workspaceId, [one], []);
    expect(repository.written).toEqual([]);
    await usage.write();
    expect(repository.written).toMatchObject([
      {
        accesses: [
          { contextId: one, count: 2 },
          { contextId: two, count: 1 },
        ],
        uses: [],
      },
    ]);
    await usage.write();
    expect(repository.written).toHaveLength(1);
  });

  it('knows what a session used until it is written, and while it is', async () => {
    usage.noteRead(workspaceId, [one], [], sessionId);
    let pending: readonly ContextId[] = [];
    repository.onWrite = () => {
      repository.onWrite = () => undefined;
      usage.noteUse(workspaceId, sessionId, [two, one]);
      pending = usage.pendingOf(workspaceId, sessionId);
    };
    await usage.write();
    expect(pending.toSorted()).toEqual([one, two].toSorted());
    expect(usage.pendingOf(newId<WorkspaceId>(), sessionId)).toEqual([]);
    await usage.write();
    expect(usage.pendingOf(workspaceId, sessionId)).toEqual([]);
    expect(repository.written.flatMap(({ uses }) => uses).map((use) => use.contextId)).toEqual([one, two, one]);
  });

  it('loses counts and nothing else where they can not be written', async () => {
    repository.failure = new Error('away');
    usage.noteRead(workspaceId, [one], []);
    await expect(usage.write()).resolves.toBeUndefined();
    repository.failure = undefined;
    usage.noteRead(workspaceId, [two], []);
    await usage.write();
    expect(repository.written).toMatchObject([{ accesses: [{ contextId: two, count: 1 }] }]);
  });

  it('writes what is left when the process stops', async () => {
    usage.onModuleInit();
    usage.noteRead(workspaceId, [one], []);
    await usage.beforeApplicationShutdown();
    expect(repository.written).toHaveLength(1);
  });
});
