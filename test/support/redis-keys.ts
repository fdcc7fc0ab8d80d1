import type { Redis } from 'ioredis';

/** The keys of one server whose values hold a text. */
export async function keysHolding(client: Redis, text: string): Promise<string[]> {
  const keys = await client.keys('*');
  const values = await Promise.all(keys.map((key) => client.getBuffer(key).catch(() => null)));
  return keys.filter((_, index) => values[index]?.includes(text) === true);
}
