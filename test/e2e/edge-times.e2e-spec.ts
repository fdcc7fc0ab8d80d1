import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

/** In UTC of a year that no answer can show, though the text has one from 1 to 9999. */
const OUTSIDE = ['0001-01-01T00:00:00+14:00', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-14:00'];

describe('times at the edge of what can be shown', () => {
  let server: Keepsake;

  beforeAll(async () => {
    server = await startKeepsake({ env: { EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'fatal' } });
  }, 120_000);

  afterAll(() => server?.remove());

  const append = async (project: string, createdAt: string) => {
    const { id } = (await server.api.post('/v1/conversations', { project })).body;
    const messages = [{ role: 'user', content: 'the backup of old days', createdAt }];
    return server.api.post(`/v1/conversations/${id}/messages`, { messages });
  };
  const pointersOf = ({ status, body }: { status: number; body: any }) => [
    status,
    (body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer),
  ];

  it.each(['0001-01-01T00:00:00Z', '1900-06-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'a message of %s is found, as often as it is searched for',
    async (createdAt) => {
      const project = `of-${createdAt.slice(0, 4)}`;
      expect((await append(project, createdAt)).status).toBe(201);
      for (let n = 0; n < 2; n++) {
        const { status, body } = await server.api.get(`/v1/search?project=${project}&q=backup`);
        expect([status, body.items.length]).toEqual([200, 1]);
      }
      const checked = await server.api.post('/v1/contexts/check', { project, text: 'remove the backup of old days' });
      expect(checked.status).toBe(200);
    },
  );

  it.each(OUTSIDE)('%s is refused by name, and nothing is stored', async (time) => {
    expect(pointersOf(await append('outside', time))).toEqual([400, ['/messages/0/createdAt']]);
    const key = { name: 'edge', scopes: ['memory:read'], expiresAt: time };
    expect(pointersOf(await server.api.post('/v1/keys', key))).toEqual([400, ['/expiresAt']]);
    expect((await server.api.get('/v1/keys')).status).toBe(200);
    const since = encodeURIComponent(time);
    expect(pointersOf(await server.api.get(`/v1/search?q=backup&since=${since}`))).toEqual([400, ['/since']]);
  });

  it('days of the year 0 are refused by name', async () => {
    expect(pointersOf(await server.api.get('/v1/usage?from=0000-01-01'))).toEqual([400, ['/from']]);
    expect(pointersOf(await server.api.get('/v1/usage?to=0000-12-31'))).toEqual([400, ['/to']]);
    expect((await server.api.get('/v1/usage?from=0001-01-01&to=9999-12-31')).status).toBe(200);
  });
});
