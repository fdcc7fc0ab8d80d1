import { setImmediate } from 'node:timers/promises';
import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, DomainError, KernelModule, newId, type SessionId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ObservabilityModule } from '#observability';
import { type Session, SessionEntryService, SessionService, SessionSweeper } from '#session';
import { eventually } from '#test/support/eventually.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import type { Handover } from './handover.js';
import { HandoverModule } from './handover.module.js';
import { HandoverService } from './handover.service.js';
import { WakeUpService } from './wake-up.service.js';

const MINUTE_MS = 60_000;
const IDLE_MS = 120 * MINUTE_MS;
const signal = new AbortController().signal;

/** One process of several over the same database, with a pool of its own. */
class Process {
  readonly database: Database;
  readonly sessions: SessionService;
  readonly log: SessionEntryService;
  readonly sweeper: SessionSweeper;
  readonly handovers: HandoverService;
  readonly wakeUps: WakeUpService;

  constructor(private readonly module: TestingModule) {
    this.database = module.get(Database);
    this.sessions = module.get(SessionService, { strict: false });
    this.log = module.get(SessionEntryService, { strict: false });
    this.sweeper = module.get(SessionSweeper, { strict: false });
    this.handovers = module.get(HandoverService);
    this.wakeUps = module.get(WakeUpService);
  }

  static async start(url: string, clock: Clock): Promise<Process> {
    const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
    const module = await Test.createTestingModule({
      imports: [KernelModule, ConfigModule.forRoot(config), ObservabilityModule, DatabaseModule, HandoverModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await module.init();
    return new Process(module);
  }

  stop(): Promise<void> {
    return this.module.close();
  }
}

describe('the end of sessions, raced by several processes on one database', () => {
  const clock = new ManualClock(Date.UTC(2031, 0, 1));
  let testDatabase: TestDatabase;
  let one: Process;
  let two: Process;
  let workspaceId: WorkspaceId;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    one = await Process.start(testDatabase.url, clock);
    two = await Process.start(testDatabase.url, clock);
  });

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await testDatabase?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
  });

  const start = (project = 'default') => one.sessions.start(workspaceId, { project, client: null, metadata: {} });
  const write = (by: Process, id: SessionId, text: string) =>
    by.log.add(workspaceId, id, { kind: 'progress', text, metadata: {}, resolves: [] });
  const codeOf = (error: unknown) => (error instanceof DomainError ? error.code : error);

  async function handoversOf(id: SessionId): Promise<readonly Handover[]> {
    return (await one.handovers.list(workspaceId, { sessionId: id }, undefined, 100)).items;
  }

  const textsOf = (handover: Handover | undefined) => handover?.content.workDone.map((item) => item.text).toSorted();

  it('T17 leaves exactly one handover when two sweepers and the client end an idle session at once', async () => {
    const sessions: Session[] = [];
    for (let count = 0; count < 12; count++) sessions.push(await start());
    for (const { id } of sessions) await write(one, id, `work of ${id}`);
    clock.advance(IDLE_MS);

    const ends = sessions.map(({ id }, index) =>
      (index % 2 === 0 ? one : two).handovers.endSession(workspaceId, id, 'Mine.'),
    );
    await Promise.all([one.sweeper.sweep(signal), two.sweeper.sweep(signal), ...ends]);

    for (const { id } of sessions) {
      const [handover, ...more] = await handoversOf(id);
      expect(more).toEqual([]);
      expect(handover).toMatchObject({ reason: 'end', content: { summary: 'Mine.' } });
      expect(textsOf(handover)).toEqual([`work of ${id}`]);
    }
  });

  it('T17 lets two sweepers share the idle sessions, each finalised by one of them', async () => {
    const sessions: Session[] = [];
    for (let count = 0; count < 30; count++) sessions.push(await start());
    clock.advance(IDLE_MS);
    const swept = await Promise.all([one, two, one, two].map((by) => by.sweeper.sweep(signal)));
    // One that another sweeper held in that moment was left to it.
    expect(swept.reduce((sum, count) => sum + count, 0)).toBe(30);
    for (const { id } of sessions) {
      const left = await handoversOf(id);
      expect(left).toMatchObject([{ reason: 'idle' }]);
      expect(left[0]?.updatedAt).toEqual(left[0]?.createdAt);
    }
    expect(await one.sweeper.sweep(signal)).toBe(0);
  });

  it('gives ten clients that end one session at once the same answer, and makes one handover', async () => {
    const { id } = await start();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? one : two).handovers.endSession(workspaceId, id, `end ${index}`),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await handoversOf(id)).toEqual([answers[0]?.handover]);
  });

  it('T18 hands over every entry that was taken, and takes none after the end', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await start();
      const writes = Array.from({ length: 20 }, async (_, index) => {
        // Spread around the end: some before it, some in the middle of it, some after.
        for (let turn = 0; turn < index; turn++) await setImmediate();
        return write(index % 2 === 0 ? one : two, id, `entry ${index}`);
      });
      const settling = Promise.allSettled(writes);
      await writes[0];
      const { handover } = await two.handovers.endSession(workspaceId, id, undefined);
      const settled = await settling;
      const taken = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value.text] : []));
      const refused = settled.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []));
      expect(textsOf(handover)).toEqual(taken.toSorted());
      expect(new Set(refused)).toEqual(new Set(refused.length === 0 ? [] : ['session-ended']));
      expect(one.sessions.stateOf(await one.sessions.get(workspaceId, id))).toBe('ended');
    }
  });

  it('waits with the end for work that is being stored, which is then in the handover', async () => {
    const { id } = await start();
    let commit!: () => void;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let written!: () => void;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const storing = one.database.run(async () => {
      await write(one, id, 'In flight.');
      written();
      await held;
    });
    await isWritten;
    const ending = two.handovers.endSession(workspaceId, id, undefined);
    await eventually(
      async () => {
        const [row] = await one.database.dataSource.query<{ waiting: number }[]>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return row !== undefined && row.waiting > 0;
      },
      { timeoutMs: 10_000, what: 'the end to wait' },
    );
    commit();
    await storing;
    expect(textsOf((await ending).handover)).toEqual(['In flight.']);
  });

  it.each([
    ['has committed', false],
    ['has rolled back', true],
  ])('counts activity beside work that is being stored, whether that %s', async (_, fails) => {
    const { id } = await start();
    clock.advance(2 * MINUTE_MS);
    let finish!: () => void;
    const isFinished = new Promise<void>((resolve) => (finish = resolve));
    let written!: () => void;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const storing = one.database.run(async () => {
      await write(one, id, 'In flight.');
      written();
      await isFinished;
      if (fails) throw new Error('the work failed');
    });
    await isWritten;
    clock.advance(10_000);
    const beat = two.sessions.heartbeat(workspaceId, id);
    finish();
    const [stored] = await Promise.allSettled([storing]);
    expect(stored.status).toBe(fails ? 'rejected' : 'fulfilled');
    expect((await beat).id).toBe(id);
    const { lastActiveAt } = await one.sessions.get(workspaceId, id);
    // Whoever of the two has written it: it is exact to a minute.
    expect(clock.nowMs() - lastActiveAt.getTime()).toBeLessThanOrEqual(10_000);
  });

  it('writes a touch once, however many are there at the same time', async () => {
    const { id } = await start();
    await one.database.query(`CREATE TABLE touches (session_id uuid)`);
    await one.database.query(
      `CREATE FUNCTION note_touch() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN INSERT INTO touches VALUES (NEW.id); RETURN NEW; END'`,
    );
    await one.database.query(
      'CREATE TRIGGER touched AFTER UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION note_touch()',
    );
    const beats = () =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).sessions.heartbeat(workspaceId, id)),
      );
    const touches = () => one.database.query('SELECT FROM touches WHERE session_id = $1', [id]);
    try {
      await beats();
      expect(await touches()).toHaveLength(0);
      clock.advance(MINUTE_MS);
      const answers = await beats();
      expect(await touches()).toHaveLength(1);
      expect(new Set(answers.map((session) => session.lastActiveAt.getTime()))).toEqual(new Set([clock.nowMs()]));
    } finally {
      await one.database.query('DROP TABLE touches; DROP FUNCTION note_touch() CASCADE;');
    }
  });

  it('hands an idle session over once though its client comes back in the middle of the sweep', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await start();
      await write(one, id, 'Before.');
      clock.advance(IDLE_MS);
      const [, back] = await Promise.all([one.sweeper.sweep(signal), two.sessions.heartbeat(workspaceId, id)]);
      expect(two.sessions.stateOf(back)).toBe('active');
      expect((await handoversOf(id)).length).toBeLessThanOrEqual(1);
      await write(two, id, 'After.');
      clock.advance(IDLE_MS);
      await Promise.all([one.sweeper.sweep(signal), two.sweeper.sweep(signal)]);
      const [handover, ...more] = await handoversOf(id);
      expect(more).toEqual([]);
      expect(textsOf(handover)).toEqual(['After.', 'Before.']);
    }
  });

  it('takes one of two changes that are based on the same state', async () => {
    const session = await start();
    const tag = one.sessions.tagOf(session);
    const settled = await Promise.allSettled(
      [one, two].map((by, index) =>
        by.sessions.patch(workspaceId, session.id, { metadata: { by: index } }, { ifMatch: tag }),
      ),
    );
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []));
    expect(refused).toEqual(['precondition-failed']);
  });

  it('merges concurrent patches without losing one', async () => {
    const { id } = await start();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : two).sessions.patch(workspaceId, id, { metadata: { [`k${index}`]: index } }),
      ),
    );
    expect(Object.keys((await one.sessions.get(workspaceId, id)).metadata)).toHaveLength(20);
  });

  it('leaves one handover in each project when a switch, an end and entries race', async () => {
    const { id } = await start('one');
    await write(one, id, 'In one.');
    const work = Array.from({ length: 10 }, (_, index) => write(index % 2 === 0 ? one : two, id, `entry ${index}`));
    const switching = two.sessions.patch(workspaceId, id, { project: 'two' });
    const written = await Promise.all(work);
    await switching;
    await one.handovers.endSession(workspaceId, id, undefined);
    const left = new Map((await handoversOf(id)).map((handover) => [handover.projectId, handover]));
    expect(left.size).toBe(2);
    expect([...left.values()].map((handover) => handover.project).toSorted()).toEqual(['one', 'two']);
    for (const [projectId, handover] of left) {
      const inProject = written.filter((entry) => entry.projectId === projectId).map((entry) => entry.text);
      expect(textsOf(handover)).toEqual(
        (handover.project === 'one' ? [...inProject, 'In one.'] : inProject).toSorted(),
      );
    }
  });

  it('resolves the same todos from two sessions without waiting for one another for ever', async () => {
    const { id } = await start();
    const todos = [];
    for (let count = 0; count < 5; count++) {
      todos.push(await one.log.add(workspaceId, id, { kind: 'todo', text: 'x', metadata: {}, resolves: [] }));
    }
    const ids = todos.map((todo) => todo.id);
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? one : two).log.add(workspaceId, id, {
          kind: 'progress',
          text: 'y',
          metadata: {},
          resolves: index % 2 === 0 ? ids : ids.toReversed(),
        }),
      ),
    );
    const open = await one.log.list(workspaceId, id, { open: true }, undefined, 100);
    expect(open.items).toEqual([]);
  });

  it('T16 starts sessions of different clients at once without mixing them', async () => {
    const started = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const by = index % 2 === 0 ? one : two;
        const input = { project: `project-${index % 4}`, client: `client-${index}`, metadata: { index } };
        return { input, ...(await by.wakeUps.start(workspaceId, input)) };
      }),
    );
    expect(new Set(started.map(({ session }) => session.id)).size).toBe(20);
    for (const { input, session } of started) {
      expect(await one.sessions.get(workspaceId, session.id)).toMatchObject(input);
    }
  });
});
