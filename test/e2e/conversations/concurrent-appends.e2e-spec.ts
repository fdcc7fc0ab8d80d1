import { randomUUID } from 'node:crypto';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import type { Keepsake } from '#test/support/keepsake.js';
import { CachingFixture } from '../caching/caching-places.js';

const WRITERS = 20;
const MESSAGES = 15;

interface Acknowledged {
  readonly clientId: string;
  readonly seq: number;
  readonly status: string;
}

describe('conversations over two processes', () => {
  let fixture: CachingFixture;
  let servers: readonly [Keepsake, Keepsake];

  beforeAll(async () => {
    fixture = await CachingFixture.ofTwoServers();
    servers = [fixture.here, fixture.there];
  }, 180_000);
  afterAll(() => fixture?.remove(), 120_000);

  async function begin(): Promise<string> {
    const { status, body } = await servers[0].api.post('/v1/conversations', { project: 'talk' });
    expect(status).toBe(201);
    return body.id;
  }

  const append = (api: Api, id: string, ...clientIds: string[]) =>
    api.post(`/v1/conversations/${id}/messages`, {
      messages: clientIds.map((clientId) => ({ clientId, role: 'user', content: `said ${clientId}` })),
    });

  /** All of it, page by page. */
  async function messagesOf(api: Api, id: string): Promise<any[]> {
    const messages: any[] = [];
    for (let after = 0; ;) {
      const { body } = await api.get(`/v1/conversations/${id}/messages`, { query: { after, limit: 100 } });
      if (body.items.length === 0) return messages;
      messages.push(...body.items);
      after = body.items.at(-1).seq;
    }
  }

  async function statementsOf(api: Api, path: string): Promise<[body: any, statements: string[]]> {
    const id = randomUUID();
    const { status, body } = await api.get(path, { headers: { 'x-request-id': id } });
    expect(status).toBe(200);
    return [body, await fixture.statements.statementsOf(id)];
  }

  it('T43 gives 20 writers numbers without gaps, repeats answered as duplicates, and each its own order', async () => {
    const id = await begin();
    const acknowledged: Acknowledged[] = [];
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; n < MESSAGES; n++) {
          const clientId = `w${writer}-${n}`;
          const first = await append(servers[n % 2]!.api, id, clientId);
          expect(first.status).toBe(201);
          acknowledged.push(...first.body.items);
          if (n % 5 === 0) {
            const again = await append(servers[(n + 1) % 2]!.api, id, clientId);
            expect([again.status, again.body.items]).toMatchObject([
              200,
              [{ seq: first.body.items[0].seq, status: 'duplicate' }],
            ]);
          }
        }
      }),
    );
    const total = WRITERS * MESSAGES;
    const numbers = acknowledged.map(({ seq }) => seq).toSorted((one, other) => one - other);
    expect(numbers).toEqual(Array.from({ length: total }, (_, place) => place + 1));
    for (const { api } of servers) {
      const messages = await messagesOf(api, id);
      expect(messages.map(({ seq }) => seq)).toEqual(numbers);
      const seqOf = new Map(messages.map(({ clientId, seq }) => [clientId, seq]));
      for (const { clientId, seq } of acknowledged) expect(seqOf.get(clientId)).toBe(seq);
      for (let writer = 0; writer < WRITERS; writer++) {
        const own = Array.from({ length: MESSAGES }, (_, n) => seqOf.get(`w${writer}-${n}`));
        expect(own).toEqual(own.toSorted((one, other) => one - other));
      }
    }
  }, 120_000);

  it('has the window right for every limit after each append, on both processes, without a statement', async () => {
    const id = await begin();
    // Limits that cut it in every way.
    const limits = [1, 2, 3, 7, 50, 200];
    for (let n = 1; n <= 12; n++) {
      const answer = await append(servers[n % 2]!.api, id, `m${n}`);
      expect(answer.status).toBe(201);
      for (const { api } of servers) {
        const { body } = await api.get(`/v1/conversations/${id}/window`);
        expect(body.messages.at(-1)).toMatchObject({ seq: n, clientId: `m${n}` });
        await eventually(
          async () => (await statementsOf(api, `/v1/conversations/${id}/window?maxMessages=1`))[1].length === 0,
          { what: 'the window to be stored' },
        );
        for (const maxMessages of limits) {
          const path = `/v1/conversations/${id}/window?maxMessages=${maxMessages}`;
          const [window, statements] = await statementsOf(api, path);
          expect([maxMessages, statements]).toEqual([maxMessages, []]);
          expect(window.messages.map(({ seq }: any) => seq)).toEqual(
            Array.from({ length: n }, (_, place) => place + 1).slice(-maxMessages),
          );
          expect(window.truncated).toBe(n > maxMessages);
        }
        const [whole] = await statementsOf(api, `/v1/conversations/${id}/window`);
        for (const maxTokens of [1, whole.tokens - 1, whole.tokens]) {
          const [window, statements] = await statementsOf(api, `/v1/conversations/${id}/window?maxTokens=${maxTokens}`);
          expect(statements).toEqual([]);
          expect(window.tokens).toBeLessThanOrEqual(maxTokens);
          expect(window.truncated).toBe(maxTokens < whole.tokens);
        }
      }
    }
  }, 120_000);

  it('T7 T18 shows an edit, a deletion and a clearing to the next read of the other process', async () => {
    const [here, there] = servers.map(({ api }) => api) as [Api, Api];
    const id = await begin();
    const { body } = await append(here, id, 'a', 'b', 'c');
    const texts = async () =>
      (await there.get(`/v1/conversations/${id}/window`)).body.messages.map(({ content }: any) => content);
    expect(await texts()).toEqual(['said a', 'said b', 'said c']);
    await here.patch(`/v1/conversations/${id}/messages/${body.items[0].id}`, { content: 'edited' });
    expect(await texts()).toEqual(['edited', 'said b', 'said c']);
    await here.del(`/v1/conversations/${id}/messages/${body.items[1].id}`);
    expect(await texts()).toEqual(['edited', 'said c']);
    await here.del(`/v1/conversations/${id}/messages`);
    expect(await texts()).toEqual([]);
    await append(here, id, 'd');
    expect(await texts()).toEqual(['said d']);
    await here.del(`/v1/conversations/${id}`);
    for (const path of ['', '/window', '/messages'])
      expect((await there.get(`/v1/conversations/${id}${path}`)).status).toBe(404);
  });

  it('has every acknowledged message after a kill, without a gap, and takes repeats of the others', async () => {
    const [here, there] = servers;
    const id = await begin();
    const acknowledged = new Map<string, number>();
    const unanswered: string[] = [];
    let killed: Promise<unknown> | undefined;
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const server = writer % 2 === 0 ? here : there;
        for (let n = 0; n < 10; n++) {
          const clientId = `k${writer}-${n}`;
          const answer = await append(server.api, id, clientId).catch(() => undefined);
          if (answer?.status === 201) acknowledged.set(clientId, answer.body.items[0].seq);
          else unanswered.push(clientId);
          if (acknowledged.size === 60) killed ??= here.kill();
        }
      }),
    );
    expect(killed).toBeDefined();
    await killed;
    expect(unanswered.length).toBeGreaterThan(0);
    for (const clientId of unanswered) expect([200, 201]).toContain((await append(there.api, id, clientId)).status);
    const messages = await messagesOf(there.api, id);
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: WRITERS * 10 }, (_, place) => place + 1));
    const seqOf = new Map(messages.map(({ clientId, seq }) => [clientId, seq]));
    for (const [clientId, seq] of acknowledged) expect(seqOf.get(clientId)).toBe(seq);
    await here.start();
    expect(await messagesOf(here.api, id)).toEqual(messages);
    // A server starts again, and 270 appends wait for one another: more than a minute on a busy machine.
  }, 300_000);
});
