// @ts-check
import { startRedis } from '#test/setup/services/redis.mjs';
import { evictSome, losePrimary, makeFull, makeReadOnly } from './server-faults.mjs';

/** @type {import('./topology.mjs').StartTopology} */
export async function start() {
  const server = await startRedis();
  return {
    url: server.url,
    ports: [server.port],
    servers: () => [server],
    faults: {
      pause: async () => {
        server.pause();
        return async () => server.resume();
      },
      down: () => losePrimary(server),
      restart: async () => {
        await server.kill();
        await server.start();
      },
      'keep-dump': () => server.keepDump(),
      'restart-with-dump': async () => {
        await server.kill();
        await server.putBackDump().catch(() => undefined);
        await server.start();
      },
      evict: ({ pick }) => evictSome(server, pick),
      flush: async () => void (await server.command('FLUSHALL')),
      full: () => makeFull(server),
      'read-only': () => makeReadOnly(server),
    },
    settle: async () => undefined,
    remove: () => server.remove(),
  };
}
