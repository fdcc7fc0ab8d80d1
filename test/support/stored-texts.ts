import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import { runScript } from './child.js';
import type { Keepsake } from './keepsake.js';

/** Where a text stands: `table.column` of a database, or a key of Redis. */
export interface StoredText {
  readonly text: string;
  readonly place: string;
}

/**
 * Every place of a database that holds one of the texts, in whatever letter case. The embedded database of a server is
 * read while the server is stopped.
 *
 * @param databaseUrl absent: the embedded database of the server
 */
export async function textsInDatabase(
  server: Keepsake,
  databaseUrl: string | undefined,
  texts: readonly string[],
): Promise<StoredText[]> {
  const place = databaseUrl ?? join(server.dataDir, 'postgres');
  const { code, stdout, stderr } = await runScript('support/stored-texts.mjs', [place], {
    input: JSON.stringify(texts),
  });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as StoredText[];
}

/** What the place of a text ends with that stands in a compressed value of Redis. */
export const COMPRESSED = ' (compressed)';

/** Every key of one Redis that holds one of the texts, in its name or its value, compressed or not. */
export async function textsInRedis(client: Redis, texts: readonly string[]): Promise<StoredText[]> {
  const found: StoredText[] = [];
  const wanted = texts.map((text) => ({
    text,
    forms: [text.toLowerCase(), JSON.stringify(text).slice(1, -1).toLowerCase()],
  }));
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', 1_000);
    cursor = next;
    for (const key of keys) {
      const [value, inflated] = (await valueOf(client, key)).map((part) => part.toLowerCase());
      const plain = `${key.toLowerCase()}\n${value}`;
      for (const { text, forms } of wanted)
        if (forms.some((form) => plain.includes(form))) found.push({ text, place: key });
        else if (forms.some((form) => inflated?.includes(form))) found.push({ text, place: `${key}${COMPRESSED}` });
    }
  } while (cursor !== '0');
  return found;
}

/** As it stands there, and what it holds that is compressed. */
async function valueOf(client: Redis, key: string): Promise<string[]> {
  switch (await client.type(key)) {
    case 'string': {
      const bytes = (await client.getBuffer(key)) ?? Buffer.alloc(0);
      return [bytes.toString(), inflatedOf(bytes)];
    }
    case 'hash':
      return [JSON.stringify(await client.hgetall(key))];
    case 'list':
      return [JSON.stringify(await client.lrange(key, 0, -1))];
    case 'set':
      return [JSON.stringify(await client.smembers(key))];
    case 'zset':
      return [JSON.stringify(await client.zrange(key, 0, -1))];
    case 'stream':
      return [JSON.stringify(await client.xrange(key, '-', '+'))];
    default:
      return [];
  }
}

/** What an entry of the cache holds that is compressed: see `libs/cache/src/protocol/entry.ts`. Empty where it is not. */
function inflatedOf(entry: Buffer): string {
  const isCompressed = entry.length > 71 && entry[0] === 0x45 && ((entry[48] ?? 0) & 1) !== 0;
  return isCompressed ? inflateRawSync(entry.subarray(71 + entry.readUInt16LE(69))).toString() : '';
}
