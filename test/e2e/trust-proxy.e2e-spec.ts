import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

jest.setTimeout(180_000);

const NETWORKS = 'loopback,198.51.100.0/24';

describe('TRUST_PROXY, by the limit of sign-ins of one address', () => {
  const servers = new Map<string, Keepsake>();

  // Each counts for itself, as there is no Redis.
  beforeAll(async () => {
    for (const trustProxy of ['true', '1', 'loopback', '2', NETWORKS, 'false'])
      servers.set(
        trustProxy,
        await startKeepsake({ onPostgres: true, env: { TRUST_PROXY: trustProxy, RATE_LIMIT_ENABLED: 'true' } }),
      );
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.remove();
  });

  /** Statuses of 25 wrong credentials, each with another X-Forwarded-For. */
  async function guess(trustProxy: string, forwardedFor: (time: number) => string): Promise<number[]> {
    const statuses: number[] = [];
    for (let time = 0; time < 25; time++) {
      const { status } = await servers
        .get(trustProxy)!
        .api.as(`ks_wrong_${time}`)
        .get('/v1/projects', { headers: { 'x-forwarded-for': forwardedFor(time) } });
      statuses.push(status);
    }
    return statuses;
  }

  // As nginx's $proxy_add_x_forwarded_for, ALB and Cloudflare append.
  const appended = (time: number) => `203.0.113.${time}, 198.51.100.77`;

  it.each(['true', '1', 'loopback'])(
    '%s, behind an appending proxy: a client does not choose its address',
    async (by) => {
      expect(await guess(by, appended)).toContain(429);
    },
  );

  it('2, behind two proxies that append: the client is who the first of them saw', async () => {
    expect(await guess('2', (time) => `192.0.2.1, 203.0.113.${time}, 198.51.100.77`)).not.toContain(429);
    expect(await guess('2', (time) => `192.0.2.${time}, 203.0.113.1, 198.51.100.77`)).toContain(429);
  });

  it('networks: the client is the last address outside of them', async () => {
    expect(await guess(NETWORKS, appended)).not.toContain(429);
    expect(await guess(NETWORKS, (time) => `192.0.2.${time}, 203.0.113.1, 198.51.100.77`)).toContain(429);
  });

  it('false: nothing that is written there counts', async () => {
    expect(await guess('false', appended)).toContain(429);
  });
});
