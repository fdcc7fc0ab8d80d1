import { FakeOllama, LLAMA, NOMIC } from '#embedding/testing';
import { runKeepsake } from '#test/support/child.js';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, type Keepsake } from '#test/support/keepsake.js';

const MEANINGS = [['money', 'stripe', 'invoices'], ['otters']];
const NOTE = 'Stripe charges customers; refunds go through the finance queue.';

describe('a server that takes the embedder that there is', () => {
  let ollama: FakeOllama;
  let server: Keepsake;
  let env: Record<string, string>;

  beforeAll(async () => {
    ollama = await FakeOllama.start([LLAMA, NOMIC], { meanings: MEANINGS });
    env = { EMBEDDING_PROVIDER: 'auto', EMBEDDING_LOOPBACK_URLS: ollama.url, LOG_LEVEL: 'warn' };
    server = await createKeepsake({ env });
    await server.start();
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    await ollama.close();
  });

  const search = async (q: string, rest: object = {}) =>
    (await server.api.get('/v1/search', { query: { q, ...rest } })).body;
  const embedded = (id: string) =>
    eventually(async () => (await server.api.get(`/v1/contexts/${id}`)).body.embedding === 'ready', {
      what: 'the vectors of a context',
      timeoutMs: 120_000,
    });

  it('takes a model of Ollama, and says so in the first lines of its start and in doctor', async () => {
    const said = `openai/nomic-embed-text@64, of Ollama at ${ollama.url}/v1`;
    expect(server.stdout + server.stderr).toContain(`embeddings    ${said}`);
    expect((await server.api.get('/v1/models')).body.data).toMatchObject([{ id: 'nomic-embed-text' }]);
    const { stdout } = await runKeepsake(['doctor'], { env, cwd: server.dataDir });
    expect(stdout).toContain(`embeddings: ${said}`);
  });

  it('finds by meaning what nothing says in these words', async () => {
    const { body: note } = await server.api.post('/v1/contexts', { label: 'pay', content: NOTE });
    await server.api.post('/v1/contexts', { label: 'zoo', content: 'Otters eat fish.' });
    await embedded(note.id);
    const found = await search('how do we handle money');
    expect(found.items[0]).toMatchObject({ label: 'pay', scores: { keyword: 0 } });
    expect(ollama.texts).toContain('how do we handle money');
  }, 120_000);

  it('takes the embedded one when it starts without Ollama, embeds again, and says what would be better', async () => {
    await server.stop();
    await ollama.close();
    await server.start();
    const { stdout } = server;
    expect(stdout + server.stderr).toContain('embeddings    local/');
    expect(stdout + server.stderr).toContain('ollama pull nomic-embed-text');
    const { body } = await server.api.get('/v1/projects/default/contexts/pay');
    // Found by its words at once, whether its new vectors are there or not.
    expect((await search('refunds')).items).toMatchObject([{ label: 'pay' }]);
    await embedded(body.id);
    await eventually(async () => (await search('xylophone')).emptyReason.includes('OPENAI_API_KEY'), {
      what: 'a reason that says what would be better',
    });
  }, 180_000);
});
