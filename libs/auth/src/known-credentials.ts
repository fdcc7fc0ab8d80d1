import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** The least recently used are verified once more as if they were new. */
const MAX_KNOWN = 10_000;

/**
 * Credentials that this process has verified, by the SHA-256 of their secret. It says nothing about what they may do now:
 * only that whoever sends one is no guesser, and may cost a look into the cache.
 */
@Injectable()
export class KnownCredentials {
  private readonly known = new LRUCache<string, true>({ max: MAX_KNOWN });

  has(hash: string): boolean {
    return this.known.get(hash) === true;
  }

  add(hash: string): void {
    this.known.set(hash, true);
  }

  delete(hash: string): void {
    this.known.delete(hash);
  }
}
