import { newId, type WebhookId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { WebhookProcess } from '../testing/webhook-process.js';

const MINUTE = 60_000;

describe('events that no write reports', () => {
  let clock: ManualClock;
  let database: TestDatabase;
  let one: WebhookProcess;
  let two: WebhookProcess;
  let workspaceId: WorkspaceId;
  let webhook: WebhookId;

  beforeAll(async () => {
    database = await createTestDatabase();
    clock = new ManualClock(Date.UTC(2031, 0, 1));
    one = await WebhookProcess.start(database.url, clock);
    two = await WebhookProcess.start(database.url, clock);
    workspaceId = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
    const made = await one.webhooks.create(workspaceId, {
      url: 'https://receiver.example/',
      events: ['conversation.quiet', 'job.failed', 'limit.reached', 'budget.reached'],
      projectSlug: null,
      description: null,
      content: false,
    });
    webhook = made.webhook.id;
  }, 120_000);

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await database?.drop();
  });

  const recorded = async (event: string) =>
    (await one.webhooks.listDeliveries(workspaceId, webhook, undefined, undefined, 100)).items
      .filter((delivery) => delivery.event === event)
      .map(({ data }) => data);

  it('are of a conversation that is quiet, once until somebody speaks again', async () => {
    const [project, id] = [newId(), newId()];
    await one.database.query('INSERT INTO projects (workspace_id, id, slug, created_at) VALUES ($1, $2, $3, $4)', [
      workspaceId,
      project,
      'atlas',
      clock.now(),
    ]);
    await one.database.query(
      `INSERT INTO conversations (workspace_id, id, project_id, metadata, created_at, last_seq, message_count, last_message_at, revision)
       VALUES ($1, $2, $3, '{}', $4, 2, 2, $4, gen_random_uuid())`,
      [workspaceId, id, project, clock.now()],
    );
    clock.advance(29 * MINUTE);
    await one.observed.runAsJob();
    expect(await recorded('conversation.quiet')).toEqual([]);
    clock.advance(MINUTE);
    await one.observed.runAsJob();
    await two.observed.runAsJob();
    const expected = { id, project: 'atlas', lastSeq: 2, messageCount: 2, lastMessageAt: '2031-01-01T00:00:00.000Z' };
    expect(await recorded('conversation.quiet')).toEqual([expected]);
    await one.database.query('UPDATE conversations SET last_seq = 3, last_message_at = $1', [clock.now()]);
    clock.advance(30 * MINUTE);
    await one.observed.runAsJob();
    expect((await recorded('conversation.quiet')).map(({ lastSeq }) => lastSeq)).toEqual([3, 2]);
  });

  it('are of a job of the workspace that is tried no more, and of none before the webhook', async () => {
    const fail = (jobWorkspace: string, at: Date) =>
      one.database.query(
        `INSERT INTO pgboss.job (name, data, state, completed_on, retry_count, singleton_key)
         VALUES ('webhook-cleanup', $1, 'failed', $2, 1, gen_random_uuid()::text)`,
        [JSON.stringify({ workspaceId: jobWorkspace, payload: {} }), at],
      );
    await fail(workspaceId, clock.now());
    await fail(newId(), clock.now());
    await fail(workspaceId, new Date(Date.UTC(2030, 11, 31, 23, 59)));
    await one.observed.runAsJob();
    await two.observed.runAsJob();
    expect(await recorded('job.failed')).toEqual([{ id: expect.any(String), name: 'webhook-cleanup', attempts: 2 }]);
  });

  it('are of a limit or a budget that is used up, once an hour of each credential', async () => {
    const refuse = (by: WebhookProcess, kind: 'limit' | 'budget', id: string) =>
      by.limits.refused({ kind, principal: { workspaceId, id }, limits: ['reads'] });
    for (const by of [one, two, one]) refuse(by, 'limit', 'key:a');
    refuse(one, 'limit', 'key:b');
    refuse(two, 'budget', 'key:a');
    await eventually(async () => (await recorded('limit.reached')).length === 2, { what: 'two limits' });
    await eventually(async () => (await recorded('budget.reached')).length === 1, { what: 'a budget' });
    expect(await recorded('limit.reached')).toContainEqual({ principal: 'key:a', limit: 'reads' });
    clock.advance(60 * MINUTE);
    refuse(one, 'limit', 'key:a');
    await eventually(async () => (await recorded('limit.reached')).length === 3, {
      what: 'the limit of the next hour',
    });
  });
});
