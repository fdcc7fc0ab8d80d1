// @ts-check
import { importPeer } from '../peers/import-peer.mjs';
import { LOCAL_ENTRIES, TTL_MS } from './subject.mjs';

/** Its references stand for tags; it reads one key at a time. @type {import('./subject.mjs').StartSubject} */
export async function start({ redisUrl, run, source }) {
  const { createCache } = await importPeer('async-cache-dedupe');
  const { Redis } = await importPeer('ioredis');
  const client = new Redis(redisUrl);
  const ttl = TTL_MS / 1_000;
  const inMemory = { type: 'memory', options: { size: LOCAL_ENTRIES } };
  const inRedis = { type: 'redis', options: { client } };
  const referred = { type: 'redis', options: { client, invalidation: { referencesTTL: ttl } } };
  const named = (/** @type {string} */ kind) => `dedupe-${run}-${kind}`;
  const local = createCache({ ttl, storage: inMemory }).define('thing', source.load);
  const shared = createCache({ ttl, storage: inRedis })
    .define(named('thing'), source.load)
    .define(named('vector'), async (/** @type {string} */ id) => Array.from(await source.loadVector(id)));
  const tagged = createCache({ ttl, storage: referred }).define(
    named('tagged'),
    { references: (/** @type {{ tags: readonly string[] }} */ { tags }) => tags.map((tag) => named(tag)) },
    (/** @type {{ id: string }} */ { id }) => source.loadSmall(id),
  );
  return {
    readLocal: (id) => local.thing(id),
    readShared: (id) => shared[named('thing')](id),
    readMany: (ids) => Promise.all(ids.map((id) => shared[named('thing')](id))),
    tagged: {
      mostTags: 5,
      store: (ids, tags) => Promise.all(ids.map((id) => tagged[named('tagged')]({ id, tags }))),
      async isCached(id, tags) {
        const { loads } = source;
        await tagged[named('tagged')]({ id, tags });
        return source.loads === loads;
      },
      invalidate: (tag) => tagged.invalidateAll(named(tag)),
    },
    readVector: (id) => shared[named('vector')](id),
    stop: async () => client.disconnect(),
  };
}
