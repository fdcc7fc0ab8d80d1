import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

/** A passage of its own; two of them are more than the model reads of one text. */
const FILLER = 'The harbour was quiet and the boats lay still beside the old wooden pier. '.repeat(6).trim();

describe('Universal Sentence Encoder lite, in a thread of the server', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({ onPostgres: true, env: { EMBEDDING_PROVIDER: 'use', LOG_LEVEL: 'warn' } });
    for (const [label, content] of [
      ['pay', 'Payments are processed with Stripe; refunds are issued by finance.'],
      ['build', 'The bundler writes its output into the folder dist.'],
      ['long', `${FILLER}\n\n${FILLER}\n\nWhoever is ill sends a note to the office before nine in the morning.`],
    ]) {
      const { body } = await server.api.post('/v1/contexts', { label, content });
      await eventually(async () => (await server.api.get(`/v1/contexts/${body.id}`)).body.embedding === 'ready', {
        what: 'the vectors of a context',
        timeoutMs: 120_000,
      });
    }
  }, 300_000);
  afterAll(() => server.remove());

  const search = async (q: string, rest: object = {}) =>
    (await server.api.get('/v1/search', { query: { q, ...rest } })).body;

  it('finds a paraphrase that holds none of the words, and marks it as weak', async () => {
    const { items, reason, degraded } = await search('how do we handle money');
    expect(items[0]).toMatchObject({ label: 'pay', weak: true, scores: { keyword: 0 } });
    expect({ reason, degraded }).toMatchObject({
      reason: expect.stringContaining('use/universal-sentence-encoder-lite-1@512'),
      degraded: false,
    });
    expect(await search('how do we handle money', { weak: false })).toMatchObject({ items: [] });
  });

  it('embeds passages: the end of a text that is longer than what the model reads is found', async () => {
    const { items } = await search('sick people must tell the office in the morning', { mode: 'semantic' });
    expect(items[0]).toMatchObject({ label: 'long' });
  });

  it('leaves what words find in its order', async () => {
    const query = 'Stripe refunds folder';
    const words = (await search(query, { mode: 'keyword' })).items.map(({ id }: { id: string }) => id);
    const both = (await search(query)).items.map(({ id }: { id: string }) => id);
    expect(both.slice(0, words.length)).toEqual(words);
  });

  it('serves vectors of 512 dimensions to clients', async () => {
    const { body } = await server.api.post('/v1/embeddings', { input: ['one', 'two'] });
    expect(body.data.map(({ embedding }: { embedding: number[] }) => embedding.length)).toEqual([512, 512]);
    expect(body.model).toBe('universal-sentence-encoder-lite-1');
  });
});
