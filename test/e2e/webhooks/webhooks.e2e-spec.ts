import type { Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type ReceivedDelivery, verify, WebhookReceiver } from '#test/support/webhook-receiver.js';
import { sumOf } from '../observability/metrics-text.js';

const EVERY_CONTEXT_EVENT = ['context.stored', 'context.superseded', 'context.forgotten'];
/** An attempt, a retry after five seconds, a look of another process, and a machine that is busy. */
const IN_TIME = { timeoutMs: 120_000 };

describe('webhooks', () => {
  let database: TestDatabase;
  let one: Keepsake;
  let two: Keepsake;
  let receiver: WebhookReceiver;
  let count = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    receiver = await WebhookReceiver.start();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      EMBEDDING_PROVIDER: 'off',
      WORKER_POLL_SECONDS: '1',
      WEBHOOK_TIMEOUT_MS: '2000',
      OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_webhooks_${'x'.repeat(32)}`,
    };
    [one, two] = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([one?.remove(), two?.remove(), receiver?.stop()]);
    await database?.drop();
  }, 120_000);

  interface Subscribed {
    readonly id: string;
    readonly secret: string;
    readonly project: string;
    /** Where the receiver has it. */
    readonly path: string;
  }

  /** A webhook of a project of its own. */
  async function subscribe(more: object = {}): Promise<Subscribed> {
    const project = `project-${++count}`;
    const path = `/${project}`;
    const body = { url: receiver.url(path), events: EVERY_CONTEXT_EVENT, project, ...more };
    const { status, body: made } = await one.api.post('/v1/webhooks', body);
    expect([status, made.secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
    return { id: made.id, secret: made.secret, project, path };
  }

  async function store({ project }: Subscribed, label: string, content: string, by: Api = one.api) {
    const { status, body } = await by.post('/v1/contexts', { project, label, content });
    expect(status).toBe(201);
    return body;
  }

  async function received({ path }: Subscribed, enough: number): Promise<ReceivedDelivery[]> {
    await eventually(() => receiver.takenAt(path).length >= enough, { ...IN_TIME, what: `${enough} deliveries` });
    return receiver.takenAt(path);
  }

  const deliveriesOf = async ({ id }: Subscribed, query: Record<string, string | number> = {}) =>
    (await one.api.get(`/v1/webhooks/${id}/deliveries`, { query })).body;

  it('are sent what happens, signed, with ids and names, and with content where that is asked for', async () => {
    const plain = await subscribe({ events: [...EVERY_CONTEXT_EVENT, 'session.ended', 'handover.created'] });
    const whole = { ...plain, path: `${plain.path}-whole` };
    const { body: second } = await one.api.post('/v1/webhooks', {
      url: receiver.url(whole.path),
      events: ['context.stored', 'handover.created', 'session.ended'],
      project: plain.project,
      content: true,
    });
    const { id } = await store(plain, 'rule', 'Always lock the lighthouse.', two.api);
    const next = await store(plain, 'rule', 'Always lock the lighthouse twice.');
    await one.api.del(`/v1/contexts/${next.id}`);
    const session = (await one.api.post('/v1/sessions', { project: plain.project })).body;
    await one.api.post(`/v1/sessions/${session.id}/end`, { summary: 'All was locked.' });
    const sent = await received(plain, 6);
    for (const delivery of sent) verify(plain.secret, delivery);
    const ofContexts = sent.filter(({ type }) => type.startsWith('context.'));
    expect(ofContexts.map(({ type, data }) => [type, data['id'], data['project']])).toEqual([
      ['context.stored', id, plain.project],
      ['context.stored', next.id, plain.project],
      ['context.superseded', id, plain.project],
      ['context.forgotten', next.id, plain.project],
    ]);
    expect(ofContexts[0]?.data).toEqual({
      id,
      project: plain.project,
      version: 1,
      label: 'rule',
      tags: [],
      priority: 'always_check',
    });
    const ofSession = sent.filter(({ type }) => !type.startsWith('context.'));
    expect(ofSession.map(({ type, data }) => [type, data['reason'], data['sessionId'] ?? data['id']])).toEqual([
      ['session.ended', 'end', session.id],
      ['handover.created', 'end', session.id],
    ]);
    expect(sent.map(({ body }) => body).join('')).not.toMatch(/lighthouse|locked/);
    const withContent = await received(whole, 4);
    for (const delivery of withContent) verify(second.secret, delivery);
    const bodies = withContent.map(({ body }) => body).join('');
    expect(bodies).toContain('Always lock the lighthouse.');
    expect(bodies).toContain('All was locked.');
    await one.api.del(`/v1/webhooks/${second.id}`);
  }, 180_000);

  it('keep the order of each subject over two processes, an outage of the receiver and a kill, and lose nothing', async () => {
    const hook = await subscribe({ events: ['context.stored'] });
    const labels = ['a', 'b', 'c'];
    const LAST = 8;
    const storeVersions = async (from: number, to: number) => {
      for (let version = from; version <= to; version++)
        await Promise.all(
          labels.map((label, at) =>
            store(hook, label, `${label} ${version}`, (at + version) % 2 === 0 ? one.api : two.api),
          ),
        );
    };
    // One answer is withheld: its process is killed in the middle of it.
    let stuck = 0;
    receiver.answer(hook.path, ({ data }) => (data['version'] === 2 && stuck++ < 2 ? { status: 'never' } : {}));
    await storeVersions(1, 3);
    await eventually(() => stuck > 0, { ...IN_TIME, what: 'an attempt that is under way' });
    await two.kill();
    await one.kill();
    await Promise.all([one.start(), two.start()]);
    await receiver.stop();
    await storeVersions(4, LAST);
    await eventually(
      async () =>
        (await deliveriesOf(hook, { state: 'pending', limit: 100 })).items.some((each: any) => each.failure !== null),
      {
        ...IN_TIME,
        what: 'an attempt that failed',
      },
    );
    await receiver.start();
    await eventually(async () => (await deliveriesOf(hook, { state: 'pending' })).items.length === 0, {
      ...IN_TIME,
      what: 'everything to be delivered',
    });
    for (const label of labels) {
      const versions = receiver
        .takenAt(hook.path)
        .filter(({ data }) => data['label'] === label)
        .map(({ data }) => data['version'] as number);
      const firstOf = (version: number) => versions.indexOf(version);
      const all = Array.from({ length: LAST }, (_, index) => index + 1);
      expect([label, [...new Set(versions)].toSorted((a, b) => a - b)]).toEqual([label, all]);
      expect([label, all.map(firstOf)]).toEqual([label, all.map(firstOf).toSorted((a, b) => a - b)]);
      // What comes again came before what follows it.
      for (const version of all.slice(1))
        expect([label, version, versions.lastIndexOf(version - 1) < firstOf(version)]).toEqual([label, version, true]);
    }
    for (const delivery of receiver.takenAt(hook.path)) verify(hook.secret, delivery);
  }, 300_000);

  it('say nothing of what was deleted while they waited', async () => {
    const hook = await subscribe({ content: true });
    receiver.answer(hook.path, { status: 503 });
    const { id } = await store(hook, 'secret-label', 'A text that goes.');
    await eventually(() => receiver.at(hook.path).length > 0, { ...IN_TIME, what: 'a first attempt' });
    expect((await one.api.del(`/v1/contexts/${id}`)).status).toBeLessThan(300);
    receiver.answer(hook.path, {});
    const [stored, forgotten] = await received(hook, 2);
    expect([stored?.type, stored?.data]).toEqual([
      'context.stored',
      { id, project: hook.project, version: 1, deleted: true },
    ]);
    expect(forgotten?.type).toBe('context.forgotten');
    expect(JSON.stringify(await deliveriesOf(hook))).not.toMatch(/secret-label|text that goes/);
  }, 180_000);

  it('list their deliveries page by page, and send one again with the same id', async () => {
    const hook = await subscribe({ events: ['context.stored'] });
    for (const label of ['a', 'b', 'c', 'd', 'e']) await store(hook, label, label);
    await received(hook, 5);
    await eventually(async () => (await deliveriesOf(hook, { state: 'delivered' })).items.length === 5, IN_TIME);
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page: any = await deliveriesOf(hook, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    const ids = receiver.takenAt(hook.path).map(({ headers }) => headers['webhook-id'] ?? '');
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(seen).toEqual(seen.toSorted().toReversed());
    const again = await one.api.post(`/v1/webhooks/${hook.id}/deliveries/${seen[4]}/redeliver`);
    expect([again.status, again.body]).toEqual([202, expect.objectContaining({ id: seen[4], state: 'pending' })]);
    const sent = await received(hook, 6);
    expect(sent.at(-1)?.headers['webhook-id']).toBe(seen[4]);
    await eventually(async () => {
      const { body } = await one.api.get(`/v1/webhooks/${hook.id}/deliveries/${seen[4]}`);
      return body.state === 'delivered' && body.attempts === 2 && body.responseStatus === 204;
    }, IN_TIME);
  }, 180_000);

  it('sign with both secrets for a time after a rotation, and show each secret once', async () => {
    const hook = await subscribe();
    const { body: rotated } = await one.api.post(`/v1/webhooks/${hook.id}/rotate`, { overlapHours: 1 });
    expect(rotated.secret).not.toBe(hook.secret);
    const overlapMs = Date.parse(rotated.previousSecretExpiresAt) - Date.parse(rotated.updatedAt);
    expect(overlapMs).toBe(3_600_000);
    await store(hook, 'l', 'One.');
    const [first] = await received(hook, 1);
    for (const secret of [hook.secret, rotated.secret]) verify(secret, first!);
    const { body: last } = await one.api.post(`/v1/webhooks/${hook.id}/rotate`, { overlapHours: 0 });
    expect((await one.api.post(`/v1/webhooks/${hook.id}/test`)).status).toBe(202);
    const sent = await received(hook, 2);
    expect(sent[1]?.type).toBe('webhook.test');
    verify(last.secret, sent[1]!);
    for (const secret of [hook.secret, rotated.secret]) expect(() => verify(secret, sent[1]!)).toThrow();
    const shown = JSON.stringify([
      (await one.api.get(`/v1/webhooks/${hook.id}`)).body,
      (await one.api.get('/v1/webhooks', { query: { limit: 100 } })).body,
    ]);
    expect(shown).not.toContain('whsec_');
  }, 180_000);

  it('are disabled at once by 410, send what waits when they are enabled again, and follow no redirect', async () => {
    const hook = await subscribe({ events: ['context.stored'] });
    receiver.answer(hook.path, { status: 410 });
    await store(hook, 'l', 'One.');
    await eventually(
      async () => (await one.api.get(`/v1/webhooks/${hook.id}`)).body.disabledReason === 'gone',
      IN_TIME,
    );
    expect((await one.api.post(`/v1/webhooks/${hook.id}/test`)).body.code).toBe('webhook-disabled');
    receiver.answer(hook.path, { status: 302, headers: { location: receiver.url('/elsewhere') } });
    const { body } = await one.api.patch(`/v1/webhooks/${hook.id}`, { enabled: true });
    expect(body).toMatchObject({ enabled: true, disabledReason: null });
    await eventually(async () => (await deliveriesOf(hook)).items[0].failure === 'redirect-not-followed', {
      ...IN_TIME,
      what: 'the redirect to be refused',
    });
    expect(receiver.at('/elsewhere')).toEqual([]);
    receiver.answer(hook.path, {});
    await received(hook, 1);
  }, 180_000);

  it('of a slow receiver hold up no other, and no job', async () => {
    const slow = await subscribe({ events: ['context.stored'] });
    receiver.answer(slow.path, { status: 'never' });
    for (let index = 0; index < 12; index++) await store(slow, `slow-${index}`, 'Slow.');
    await eventually(() => receiver.at(slow.path).length > 0, IN_TIME);
    const quick = await subscribe({ events: ['context.stored'] });
    for (let index = 0; index < 12; index++) await store(quick, `quick-${index}`, 'Quick.');
    await received(quick, 12);
    expect((await deliveriesOf(slow, { state: 'delivered' })).items).toEqual([]);
    await eventually(
      async () => (await deliveriesOf(slow, { limit: 100 })).items.some(({ failure }: any) => failure === 'timeout'),
      IN_TIME,
    );
    const metrics = (await Promise.all([one, two].map(({ api }) => api.get('/metrics')))).map(
      ({ body }) => body as string,
    );
    const attempts = (outcome: string) =>
      metrics.reduce((sum, text) => sum + sumOf(text, 'webhook_attempt_duration_seconds_count', { outcome }), 0);
    expect(attempts('delivered')).toBeGreaterThan(0);
    expect(attempts('failed')).toBeGreaterThan(0);
    expect(sumOf(metrics[0]!, 'webhook_deliveries_waiting', {})).toBeGreaterThan(0);
    expect(sumOf(metrics[0]!, 'webhooks', { state: 'enabled' })).toBeGreaterThan(2);
    await one.api.del(`/v1/webhooks/${slow.id}`);
  }, 180_000);

  it.each([
    'http://10.0.0.1/',
    'http://172.16.5.4:8080/x',
    'http://192.168.0.1/',
    'http://127.0.0.2/',
    'http://127.1.1.1/',
    'http://0.0.0.0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::a00:1]/',
    'http://0x0a000001/',
    'http://167772161/',
    'https://10.1/',
  ])('are refused at an address that is not public: %s', async (url) => {
    const { status, body } = await one.api.post('/v1/webhooks', { url, events: ['context.stored'] });
    expect([status, body.code, body.errors?.[0].pointer]).toEqual([400, 'webhook-address', '/url']);
    const hook = (await one.api.get('/v1/webhooks')).body.items[0];
    expect((await one.api.patch(`/v1/webhooks/${hook.id}`, { url })).body.code).toBe('webhook-address');
  });

  it.each([
    ['ftp://example.org/', '/url'],
    ['http://user:password@example.org/', '/url'],
    ['https://example.org/#part', '/url'],
    ['no url', '/url'],
  ])('are refused at what is no address of a receiver: %s', async (url, pointer) => {
    const { status, body } = await one.api.post('/v1/webhooks', { url, events: ['context.stored'] });
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it('are the administrators’ of their workspace alone', async () => {
    const hook = await subscribe();
    const { key } = (await one.api.post('/v1/keys', { name: 'k', scopes: ['memory:read', 'memory:write'] })).body;
    for (const [method, path] of [
      ['GET', '/v1/webhooks'],
      ['GET', `/v1/webhooks/${hook.id}`],
      ['GET', `/v1/webhooks/${hook.id}/deliveries`],
      ['DELETE', `/v1/webhooks/${hook.id}`],
    ] as const)
      expect([path, (await one.api.as(key).send(method, path)).status]).toEqual([path, 403]);
    await one.api.post('/v1/workspaces', { slug: 'other' });
    const headers = { 'x-keepsake-workspace': 'other' };
    expect((await one.api.get(`/v1/webhooks/${hook.id}`, { headers })).status).toBe(404);
    expect((await one.api.get('/v1/webhooks', { headers })).body.items).toEqual([]);
    // The same project of another workspace is another one.
    const body = { project: hook.project, label: 'theirs', content: 'Theirs.' };
    expect((await one.api.post('/v1/contexts', body, { headers })).status).toBe(201);
    await store(hook, 'mine', 'Mine.');
    const sent = await received(hook, 1);
    expect(sent.map(({ data }) => data['label'])).toEqual(['mine']);
    expect((await deliveriesOf(hook)).items.length).toBe(1);
  }, 180_000);
});
