import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { WebhookReceiver } from '#test/support/webhook-receiver.js';
import { WebhookProcess } from './testing/webhook-process.js';
import type { RecordedEvent, Webhook } from './webhook.js';
import type { WebhookInput } from './webhook.service.js';

const SECOND = 1_000;
const HOUR = 3_600_000;
const ENV = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WEBHOOK_TIMEOUT_MS: '2000' };

describe('webhooks, by processes on one database', () => {
  let clock: ManualClock;
  let database: TestDatabase;
  let receiver: WebhookReceiver;
  let one: WebhookProcess;
  let two: WebhookProcess;
  let workspaceId: WorkspaceId;
  let path: string;
  let count = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    clock = new ManualClock(Date.UTC(2031, 0, 1));
    receiver = await WebhookReceiver.start();
    one = await WebhookProcess.start(database.url, clock, ENV);
    two = await WebhookProcess.start(database.url, clock, ENV);
  }, 120_000);

  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await receiver?.stop();
    await database?.drop();
  });

  beforeEach(async () => {
    workspaceId = newId<WorkspaceId>();
    path = `/${++count}`;
    await one.database.query('DELETE FROM webhooks');
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [workspaceId, workspaceId]);
  });

  const create = async (more: Partial<WebhookInput> = {}): Promise<Webhook> => {
    const input = { url: receiver.url(path), events: ['session.ended'] as const, projectSlug: null, description: null };
    return (await one.webhooks.create(workspaceId, { ...input, content: false, ...more })).webhook;
  };

  const record = (number: number, subject = 's', more: Partial<RecordedEvent> = {}) =>
    one.database.run(() =>
      one.recorder.record(workspaceId, [
        { event: 'session.ended', projectId: null, subject, data: { number }, ...more },
      ]),
    );

  const numbers = () => receiver.at(path).map(({ data }) => data['number']);
  const get = ({ id }: Webhook) => one.webhooks.get(workspaceId, id);
  const deliveries = async ({ id }: Webhook) =>
    (await one.webhooks.listDeliveries(workspaceId, id, undefined, undefined, 100)).items;

  it('records an event with the transaction of what it is about, or not at all', async () => {
    const hook = await create();
    const failed = one.database.run(async () => {
      await one.recorder.record(workspaceId, [
        { event: 'session.ended', projectId: null, subject: 's', data: { number: 1 } },
      ]);
      throw new Error('taken back');
    });
    await expect(failed).rejects.toThrow('taken back');
    await record(2);
    expect(await two.deliverDue()).toBe(1);
    expect(numbers()).toEqual([2]);
    expect((await deliveries(hook)).map(({ state }) => state)).toEqual(['delivered']);
  });

  it('records nothing for other events, projects and workspaces, and for what is turned off', async () => {
    await create({ events: ['context.stored'] });
    await create({ projectSlug: 'elsewhere' });
    const off = await create();
    await one.webhooks.change(workspaceId, off.id, { enabled: false });
    const other = newId<WorkspaceId>();
    await one.database.query('INSERT INTO workspaces (id, slug, name) VALUES ($1, $2, $2)', [other, other]);
    await one.webhooks.create(other, {
      url: receiver.url(path),
      events: ['session.ended'],
      projectSlug: null,
      description: null,
      content: false,
    });
    await record(1);
    expect(await one.deliverDue()).toBe(0);
  });

  it('records an event of one name once', async () => {
    await create();
    await record(1, 's', { once: 'the one' });
    await record(2, 's', { once: 'the one' });
    await record(3, 's', { once: 'another' });
    await one.deliverDue();
    expect(numbers()).toEqual([1, 3]);
  });

  it('keeps the order of a subject through retries, while others go on', async () => {
    await create();
    const answer = { status: 500 };
    receiver.answer(path, ({ data }) => (data.number === 1 ? answer : {}));
    for (const number of [1, 2, 3]) await record(number, 'first');
    for (const number of [10, 11]) await record(number, 'second');
    await one.deliverDue();
    expect(numbers().toSorted((a, b) => a - b)).toEqual([1, 10, 11]);
    await record(4, 'first');
    clock.advance(2 * SECOND);
    expect(await two.deliverDue()).toBe(0);
    receiver.answer(path, {});
    clock.advance(4 * SECOND);
    await two.deliverDue();
    expect(numbers().slice(3)).toEqual([1, 2, 3, 4]);
  });

  it('gives a delivery to one process at a time, and four of a webhook at the same time', async () => {
    await create();
    let open = () => {};
    receiver.answer(path, { after: new Promise<void>((settle) => (open = settle)) });
    for (let number = 0; number < 10; number++) await record(number, `subject ${number}`);
    const begun = (await one.dispatcher.dispatch()) + (await two.dispatcher.dispatch());
    expect(begun).toBe(4);
    open();
    await Promise.all([one.dispatcher.settled(), two.dispatcher.settled()]);
    receiver.answer(path, {});
    while ((await one.deliverDue()) + (await two.deliverDue()) > 0);
    expect(numbers().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, number) => number));
  });

  it('makes an attempt again whose process has died, when its time is over', async () => {
    const hook = await create();
    await record(1);
    await one.database.query(
      `UPDATE webhook_deliveries SET claim = gen_random_uuid(), claimed_until = $1, first_attempt_at = $1
       WHERE webhook_id = $2`,
      [new Date(clock.nowMs() + 7 * SECOND), hook.id],
    );
    expect(await one.deliverDue()).toBe(0);
    clock.advance(7 * SECOND);
    expect(await one.deliverDue()).toBe(1);
  });

  it('gives back what is under way when the process ends', async () => {
    const hook = await create();
    receiver.answer(path, { status: 'never' });
    const third = await WebhookProcess.start(database.url, clock, ENV);
    await record(1);
    expect(await third.dispatcher.dispatch()).toBe(1);
    await third.stop();
    expect((await deliveries(hook))[0]).toMatchObject({ state: 'pending', attempts: 0 });
    receiver.answer(path, {});
    expect(await one.deliverDue()).toBe(1);
  });

  /** Lets the time go by until nothing waits or the webhook is disabled. @returns hours */
  async function letTimePass(hook: Webhook): Promise<number> {
    const startedMs = clock.nowMs();
    for (;;) {
      await one.deliverDue();
      const waiting = (await deliveries(hook)).filter(({ state }) => state === 'pending');
      if (waiting.length === 0 || (await get(hook)).disabledAt !== null) return (clock.nowMs() - startedMs) / HOUR;
      clock.advance(Math.max(1, Math.min(...waiting.map(({ dueAt }) => dueAt.getTime())) - clock.nowMs()));
    }
  }

  it('tries for a day, then disables a webhook that took nothing, and sends all of it when it is enabled again', async () => {
    const hook = await create();
    receiver.answer(path, { status: 503 });
    await record(1);
    await record(2);
    expect(await letTimePass(hook)).toBeCloseTo(24, 1);
    const disabled = await get(hook);
    expect(disabled).toMatchObject({ disabledReason: 'unreachable', failures: numbers().length });
    expect(numbers().length).toBeGreaterThan(25);
    expect(new Set(numbers())).toEqual(new Set([1]));
    await record(3);
    receiver.answer(path, {});
    clock.advance(48 * HOUR);
    expect(await one.deliverDue()).toBe(0);
    const before = numbers().length;
    await one.webhooks.change(workspaceId, hook.id, { enabled: true });
    await two.deliverDue();
    // What happened meanwhile was recorded for nobody.
    expect(numbers().slice(before)).toEqual([1, 2]);
    expect(await get(hook)).toMatchObject({ disabledAt: null, disabledReason: null, failures: 0 });
  }, 120_000);

  it('gives a delivery up after a day that a receiver does not take while it takes others', async () => {
    const hook = await create();
    receiver.answer(path, ({ data }) => (data.number === 1 ? { status: 400 } : {}));
    await record(1, 'first');
    await record(2, 'first');
    await one.deliverDue();
    clock.advance(HOUR);
    await record(10, 'second');
    expect(await letTimePass(hook)).toBeGreaterThan(22);
    expect((await get(hook)).disabledAt).toBeNull();
    const states = new Map((await deliveries(hook)).map(({ data, state }) => [data['number'], state]));
    expect(states).toEqual(
      new Map([
        [10, 'delivered'],
        [2, 'delivered'],
        [1, 'failed'],
      ]),
    );
    const failed = (await deliveries(hook)).find(({ state }) => state === 'failed')!;
    receiver.answer(path, {});
    await one.webhooks.redeliver(workspaceId, hook.id, failed.eventId);
    expect(await one.deliverDue()).toBe(1);
  }, 120_000);

  it('disables at once a webhook whose receiver is gone', async () => {
    const hook = await create();
    receiver.answer(path, { status: 410 });
    await record(1);
    await record(2);
    expect(await one.deliverDue()).toBe(1);
    expect(await get(hook)).toMatchObject({ disabledReason: 'gone' });
    expect((await deliveries(hook)).map(({ state }) => state)).toEqual(['pending', 'pending']);
  });

  it.each([
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }, 307, 'redirect-not-followed'],
    ['a failure', { status: 500, body: 'x'.repeat(100_000) }, 500, 'status-not-2xx'],
    ['silence', { status: 'never' as const }, null, 'timeout'],
  ])('counts %s as a failure', async (_what, answer, responseStatus, failure) => {
    const hook = await create();
    receiver.answer(path, answer);
    await record(1);
    expect(await one.deliverDue()).toBe(1);
    expect((await deliveries(hook))[0]).toMatchObject({ state: 'pending', attempts: 1, responseStatus, failure });
  });

  it('takes a large answer for a receipt, and waits as long as a receiver asks', async () => {
    const hook = await create();
    receiver.answer(path, { status: 429, headers: { 'retry-after': '1800' } });
    await record(1);
    await one.deliverDue();
    clock.advance(HOUR / 2 - SECOND);
    receiver.answer(path, { status: 200, body: 'x'.repeat(1_000_000) });
    expect(await one.deliverDue()).toBe(0);
    clock.advance(2 * SECOND);
    await one.deliverDue();
    expect((await deliveries(hook))[0]).toMatchObject({ state: 'delivered', attempts: 2, responseStatus: 200 });
  });

  it('connects to no name that leads to a private address', async () => {
    const strict = await WebhookProcess.start(database.url, clock);
    const hook = await create({ url: receiver.url(path).replace('127.0.0.1', 'localhost') });
    await record(1);
    expect(await strict.deliverDue()).toBe(1);
    expect((await deliveries(hook))[0]).toMatchObject({ failure: 'address-refused', responseStatus: null });
    expect(receiver.at(path)).toEqual([]);
    await strict.stop();
  });

  it('keeps secrets encrypted, each for its own webhook', async () => {
    const { webhook, secret } = await one.webhooks.create(workspaceId, {
      url: receiver.url(path),
      events: ['session.ended'],
      projectSlug: null,
      description: null,
      content: false,
    });
    const other = await create();
    const [row] = await one.database.query<{ secret: string }>('SELECT secret FROM webhooks WHERE id = $1', [
      webhook.id,
    ]);
    expect(row?.secret).not.toContain(secret.slice(6, 30));
    await one.database.query('UPDATE webhooks SET secret = $1 WHERE id = $2', [row?.secret, other.id]);
    await one.database.query('DELETE FROM webhooks WHERE id = $1', [webhook.id]);
    await record(1);
    await one.deliverDue();
    expect(receiver.at(path)).toEqual([]);
  });

  it('removes what was finished a week ago, and what has waited for a month', async () => {
    const hook = await create();
    await record(1);
    await one.deliverDue();
    await one.webhooks.change(workspaceId, hook.id, { events: ['session.ended'] });
    receiver.answer(path, { status: 410 });
    await record(2);
    await one.deliverDue();
    const clean = () => one.cleanup.runAsJob({}, { signal: new AbortController().signal } as never);
    const left = async () => (await deliveries(hook)).map(({ data }) => data['number']);
    clock.advance(6 * 24 * HOUR);
    await clean();
    expect(await left()).toEqual([2, 1]);
    clock.advance(2 * 24 * HOUR);
    await clean();
    expect(await left()).toEqual([2]);
    clock.advance(23 * 24 * HOUR);
    await clean();
    expect(await left()).toEqual([]);
  });
});
