import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { api } from '#test/support/api.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

describe('access, on the embedded database', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake();
  }, 120_000);

  afterAll(() => server.remove());

  it('is open without a credential where that is harmless, and nowhere else', async () => {
    const nobody = server.api.as();
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs']) {
      expect((await nobody.get(path)).status).toBe(200);
    }
    for (const path of ['/health', '/v1/keys', '/v1/workspaces', '/v1/sessions', '/v1/contexts', '/v1/search?q=x']) {
      const answer = await nobody.get(path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('gives a key what its scopes say and no more', async () => {
    const { body: reader } = await server.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    const client = api(server.url, reader.key);
    expect((await client.get('/v1/contexts')).status).toBe(200);
    for (const answer of [
      await client.post('/v1/contexts', { label: 'x', content: 'y' }),
      await client.get('/v1/keys'),
      await client.get('/v1/workspaces'),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({ code: 'missing-scope' });
    }
  });

  it('lets nobody hand out, replace or end what they lack', async () => {
    const { body: admin } = await server.api.post('/v1/keys', { name: 'admin', scopes: ['admin', 'memory:read'] });
    const client = api(server.url, admin.key);
    expect((await client.post('/v1/keys', { name: 'up', scopes: ['operator'] })).status).toBe(403);
    const { body: keys } = await client.get('/v1/keys');
    const operator = keys.items.find((key: { scopes: string[] }) => key.scopes.includes('operator'));
    expect((await client.post(`/v1/keys/${operator.id}/rotate`)).status).toBe(403);
    expect((await client.del(`/v1/keys/${operator.id}`)).status).toBe(403);
    expect((await server.api.get('/v1/keys')).status).toBe(200);
  });

  it('shows a secret once and never stores or repeats it', async () => {
    const { body: made } = await server.api.post('/v1/keys', { name: 'secret', scopes: ['memory:read'] });
    expect(made.key).toMatch(/^ks_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify((await server.api.get('/v1/keys')).body)).not.toContain(made.key);
    expect(server.stdout + server.stderr).not.toContain(made.key);
  });

  it('T30 a revoked or rotated key stops working with the answer', async () => {
    const { body: made } = await server.api.post('/v1/keys', { name: 'short', scopes: ['memory:read'] });
    const client = api(server.url, made.key);
    expect((await client.get('/v1/contexts')).status).toBe(200);
    const { body: rotated, status } = await server.api.post(`/v1/keys/${made.id}/rotate`);
    expect(status).toBe(201);
    expect((await client.get('/v1/contexts')).status).toBe(401);
    const renewed = api(server.url, rotated.key);
    expect((await renewed.get('/v1/contexts')).status).toBe(200);
    expect((await server.api.del(`/v1/keys/${rotated.id}`)).body.revokedAt).not.toBeNull();
    expect((await renewed.get('/v1/contexts')).status).toBe(401);
  });

  it('refuses a key that has expired', async () => {
    const past = await server.api.post('/v1/keys', {
      name: 'past',
      scopes: ['memory:read'],
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(past.status).toBe(400);
    expect(past.body.errors[0].pointer).toBe('/expiresAt');
  });

  it('answers no cross-origin page unless it is listed', async () => {
    const answer = await server.api.get('/health/live', { headers: { origin: 'https://evil.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('gives every answer an id, the one that was sent where it is harmless', async () => {
    const sent = await server.api.get('/health/live', { headers: { 'x-request-id': 'trace-1.a_b' } });
    expect(sent.headers.get('x-request-id')).toBe('trace-1.a_b');
    const odd = await server.api.get('/v1/nothing', { headers: { 'x-request-id': 'a b"<>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(odd.body).toMatchObject({ status: 404, requestId: odd.headers.get('x-request-id') });
  });
});

describe('the first key of an embedded start', () => {
  it('is printed once, kept for its owner alone, and works after a second start', async () => {
    const server = await startKeepsake({ env: { KEEPSAKE_BOOTSTRAP_KEY: undefined } });
    try {
      const file = join(server.dataDir, 'operator.key');
      const key = (await readFile(file, 'utf8')).trim();
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(server.dataDir)).mode & 0o077).toBe(0);
      expect((server.stdout + server.stderr).split(key)).toHaveLength(2);
      expect((await api(server.url, key).get('/v1/workspaces')).body.items[0].slug).toBe('default');
      await server.stop();
      await server.start();
      expect((server.stdout + server.stderr).split(key)).toHaveLength(2);
      expect((await api(server.url, key).get('/v1/keys')).status).toBe(200);
    } finally {
      await server.remove();
    }
  }, 120_000);
});
