import { api, type Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { mulberry32 } from '#test/support/random.mjs';
import { ARE_TABLES_WHOLE } from '#test/support/table-rows.js';

const OPERATOR = 'ks_merged_search_e2e_0123456789abcdef0123456789ab';
const WORDS = ['fox', 'hill', 'river', 'otter', 'badger', 'stone'];

/** What `npm test` can see of it from outside: the same pieces as a search that nobody remembers, after every write. */
describe.each(DATABASES)('a search that is remembered, on %s', (_, isOutside) => {
  const steps = ARE_TABLES_WHOLE ? 24 : isOutside ? 16 : 8;
  let fixture: ServerFixture;
  let client: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, {
      KEEPSAKE_BOOTSTRAP_KEY: OPERATOR,
      KEEPSAKE_SINGLE_PROCESS: 'true',
    });
    client = api(fixture.server.url, OPERATOR);
  }, 120_000);
  afterAll(() => fixture.remove(), 120_000);

  it('finds what a fresh one finds after every write, and is seldom made again', async () => {
    const random = mulberry32(7);
    const one = <Item>(list: readonly Item[]): Item => list[Math.floor(random() * list.length)]!;
    const text = () => Array.from({ length: 1 + Math.floor(random() * 5) }, () => one(WORDS)).join(' ');
    const contexts: { id: string; label: string }[] = [];
    let archived: string | undefined;
    const write = async () => {
      const drawn = random();
      const known = contexts.length < 3 ? undefined : one(contexts);
      if (known === undefined || drawn < 0.3) {
        const { body } = await client.post('/v1/contexts', {
          project: 'p',
          label: `l${contexts.length}`,
          content: text(),
        });
        contexts.push(body);
      } else if (drawn < 0.45) await client.post('/v1/contexts', { project: 'p', label: known.label, content: text() });
      else if (drawn < 0.6) await client.patch(`/v1/contexts/${known.id}`, { tags: ['north'], priority: 'important' });
      else if (drawn < 0.75) {
        archived = known.id;
        await client.post(`/v1/contexts/${known.id}/archive`, { reason: 'a test' });
      } else if (drawn < 0.85 && archived !== undefined) await client.post(`/v1/contexts/${archived}/restore`, {});
      else if (drawn < 0.93) {
        const messages = Array.from({ length: 3 }, () => ({ role: one(['user', 'assistant']), content: text() }));
        const { body } = await client.post(`/v1/conversations/${conversation.body.id}/messages`, { messages });
        await client.del(`/v1/conversations/${conversation.body.id}/messages/${body.items[1].id}`);
      } else {
        const session = await client.post('/v1/sessions', { project: 'p', client: 'test' });
        await client.post(`/v1/sessions/${session.body.id}/entries`, { kind: 'decision', text: text() });
        await client.post(`/v1/sessions/${session.body.id}/end`, { summary: 'done' });
      }
    };
    // Every word is there from the start: an unknown one would make a search again as soon as it is written.
    await client.post('/v1/contexts', { project: 'p', label: 'words', content: WORDS.join(' ') });
    const conversation = await client.post('/v1/conversations', { project: 'p' });
    const statuses: string[] = [];
    for (let step = 0; step < steps; step++) {
      for (const query of ['q=fox%20river', 'q=fox%20river&tags=north', 'q=stone&mode=keyword']) {
        const found = await client.get(`/v1/search?project=p&${query}&limit=100`);
        statuses.push(found.headers.get('cache-status') ?? '');
        // A limit of its own: nobody has asked for that before.
        const fresh = await client.get(`/v1/search?project=p&${query}&limit=${99 - step}`);
        const idsOf = ({ body }: typeof found) => body.items.map(({ id }: { id: string }) => id).toSorted();
        expect([step, query, idsOf(found)]).toEqual([step, query, idsOf(fresh)]);
      }
      await write();
    }
    const merged = statuses.filter((status) => status === 'keepsake; hit; detail=merged');
    expect(merged.length).toBeGreaterThan(steps);
  }, 120_000);
});
