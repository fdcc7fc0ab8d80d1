import { tmpdir } from 'node:os';
import { runKeepsake } from '#test/support/child.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

describe('EMBEDDING_PROVIDER=transformers without its package', () => {
  const WAY_OUT = 'npm install @huggingface/transformers';
  const env = {
    EMBEDDING_PROVIDER: 'transformers',
    EMBEDDING_MODEL_DIR: tmpdir(),
    EMBEDDING_DIMENSIONS: '384',
    LOG_LEVEL: 'error',
  };
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({ env });
  }, 120_000);

  afterAll(() => server.remove());

  it('is reported by health from the start: degraded, with the reason and what to do', async () => {
    const { status, body } = await server.api.get('/health');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.parts.embedding).toEqual({ status: 'degraded', detail: expect.stringContaining(WAY_OUT) });
    expect((await server.api.get('/health/ready')).status).toBe(200);
  });

  it('is a fault that doctor finds, with what to do', async () => {
    const { code, stdout } = await runKeepsake(['doctor'], { env, cwd: server.dataDir });
    expect(code).not.toBe(0);
    expect(stdout).toMatch(
      /^failed +embeddings: transformers.*can't be used: .*npm install @huggingface\/transformers/m,
    );
  });

  it('is one 503 with what to do where vectors are needed, and nothing else is refused', async () => {
    const refused = await server.api.post('/v1/embeddings', { input: 'a text' });
    expect([refused.status, refused.body.code]).toEqual([503, 'embedding-provider-unavailable']);
    expect(refused.body.detail).toContain(WAY_OUT);

    const stored = await server.api.post('/v1/contexts', { label: 'light', content: 'The lighthouse keeper sleeps.' });
    expect([stored.status, stored.body.embedding]).toEqual([201, 'pending']);
    const session = await server.api.post('/v1/sessions', { client: 'c' });
    expect(session.status).toBe(201);
    for (const mode of ['keyword', 'hybrid', 'semantic']) {
      const found = await server.api.get('/v1/search', { query: { q: 'lighthouse', mode } });
      expect([mode, found.status, found.body.items?.[0]?.label]).toEqual([mode, 200, 'light']);
      if (mode === 'keyword') expect(found.body.degraded).toBe(false);
      else
        expect(found.body).toMatchObject({ degraded: true, mode: 'keyword', reason: expect.stringContaining(WAY_OUT) });
    }
    const check = await server.api.post('/v1/contexts/check', { text: 'I wake the lighthouse keeper.' });
    expect([check.status, check.body.contexts[0].label]).toEqual([200, 'light']);
  });
});
