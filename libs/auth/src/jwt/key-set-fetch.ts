import type { FetchImplementation } from 'jose';
import { messageOf, readCapped } from '#kernel';

/** Dozens of keys with their certificates; an answer without end is cut there. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** The key set could not be fetched, or not in full. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError';
}

/**
 * Fetches a key set (RFC 7517) for jose, which bounds the time by its signal and follows no redirect. At most 256 KiB
 * are read, and what is no key set is a failure. After one nothing is asked for `restMs`: tokens that anybody can make up do not reach the issuer.
 */
export function keySetFetch(restMs: number): FetchImplementation {
  let failure: { readonly error: unknown; readonly atMs: number } | undefined;
  return async (url, options) => {
    if (failure !== undefined && performance.now() - failure.atMs < restMs) throw failure.error;
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`The issuer answered ${response.status}.`);
      }
      const keySet = await readCapped(response, MAX_KEY_SET_BYTES);
      if (!isKeySet(JSON.parse(keySet))) throw new Error('The answer of the issuer is not a key set.');
      failure = undefined;
      return new Response(keySet);
    } catch (cause) {
      const error = new KeySetUnavailableError(messageOf(cause), { cause });
      failure = { error, atMs: performance.now() };
      throw error;
    }
  };
}

function isKeySet(value: unknown): boolean {
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null && !Array.isArray(key));
}
