import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { startKeepsake } from '#test/support/keepsake.js';

describe('the entity tag of a context', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'keepsake-tags-'));
  });

  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A server on the same data, which embeds or does not. */
  async function withServer(worker: boolean, work: (api: Api) => Promise<void>): Promise<void> {
    const env = {
      WORKER_ENABLED: String(worker),
      KEEPSAKE_BOOTSTRAP_KEY: `ks_tags_${'x'.repeat(32)}`,
      LOG_LEVEL: 'error',
    };
    const server = await startKeepsake({ dataDir, env });
    try {
      await work(server.api);
      await server.stop();
    } finally {
      await server.remove();
    }
  }

  it('T24 changes when the context is embedded, so that 304 hides nothing; an update is not lost by that', async () => {
    const byId = async (api: Api, headers = {}) => api.get(`/v1/contexts/${id}`, { headers });
    const byLabel = async (api: Api, headers = {}) => api.get('/v1/projects/default/contexts/light', { headers });
    let id = '';
    let pending = '';
    await withServer(false, async (api) => {
      const stored = await api.post('/v1/contexts', { label: 'light', content: 'The light turns.' });
      id = stored.body.id;
      pending = stored.headers.get('etag')!;
      expect(stored.body.embedding).toBe('pending');
      for (const read of [byId, byLabel]) {
        expect((await read(api)).headers.get('etag')).toBe(pending);
        expect((await read(api, { 'if-none-match': pending })).status).toBe(304);
      }
    });
    await withServer(true, async (api) => {
      const isReady = async () => (await byId(api)).body.embedding === 'ready';
      await eventually(isReady, { timeoutMs: 20_000, what: 'the context to be embedded' });
      for (const read of [byId, byLabel]) {
        const now = await read(api, { 'if-none-match': pending });
        expect([now.status, now.body?.embedding]).toEqual([200, 'ready']);
        const ready = now.headers.get('etag')!;
        expect(ready).not.toBe(pending);
        expect((await read(api, { 'if-none-match': ready })).status).toBe(304);
      }
      const patch = (tags: string[]) => api.patch(`/v1/contexts/${id}`, { tags }, { headers: { 'if-match': pending } });
      expect((await patch(['first'])).status).toBe(200);
      expect((await patch(['second'])).status).toBe(412);
    });
  }, 120_000);
});
