import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keySetFetch, KeySetUnavailableError } from './jwt-verifier.js';

describe('keySetFetch', () => {
  let server: Server | undefined;
  let asked = 0;
  let sent = 0;

  async function issuer(answer: RequestListener): Promise<string> {
    asked = sent = 0;
    server = createServer((request, response) => {
      asked++;
      answer(request, response);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  }

  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  });

  const options = (signal = AbortSignal.timeout(5_000)) =>
    ({ method: 'GET', headers: new Headers(), redirect: 'manual', signal }) as const;

  it('gives the key set as it is', async () => {
    const url = await issuer((_, response) => response.end('{"keys":[{"kty":"EC"}]}'));
    const answer = await keySetFetch(1_000)(url, options());
    expect([answer.status, await answer.json()]).toEqual([200, { keys: [{ kty: 'EC' }] }]);
  });

  it('a JWKS answer without end is bounded in bytes: read up to 256 KiB, then given up', async () => {
    const chunk = Buffer.alloc(16 * 1024, ' ');
    const url = await issuer((_, response) => {
      // A write after the client has gone fails at once, where `destroyed` may not be set yet.
      const more = (gone?: Error | null) => {
        if (gone || response.destroyed) return;
        sent += chunk.length;
        response.write(chunk, more);
      };
      more();
    });
    await expect(keySetFetch(1_000)(url, options())).rejects.toThrow('larger than 262144 bytes');
    await new Promise((resolve) => server?.close(resolve));
    // What the sockets between hold besides.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('an answer that never ends is bounded in time by the signal', async () => {
    const url = await issuer((_, response) => response.write('{"keys":['));
    await expect(keySetFetch(1_000)(url, options(AbortSignal.timeout(100)))).rejects.toThrow(KeySetUnavailableError);
  });

  it.each<[string, RequestListener]>([
    ['a redirect', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['an error', (_, response) => response.writeHead(503).end()],
    ['no JSON', (_, response) => response.end('<html>')],
    ['no key set', (_, response) => response.end('{"keys":[1]}')],
  ])('%s is no key set, and the issuer is not asked again for a while', async (_, answer) => {
    const url = await issuer(answer);
    const fetchKeys = keySetFetch(60_000);
    for (let token = 0; token < 20; token++)
      await expect(fetchKeys(url, options())).rejects.toThrow(KeySetUnavailableError);
    expect(asked).toBe(1);
  });
});
