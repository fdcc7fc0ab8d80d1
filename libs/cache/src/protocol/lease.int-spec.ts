import fc from 'fast-check';
import { Redis } from 'ioredis';
import { parseRedisUrl } from '#config';
import { cellOf, encodeEntry, nonceOf } from './entry.js';
import { KeySpace } from '../families/key.js';
import { acquireLease, type Cell, fillEntry, type LeaseMode, releaseLease, removeEntry } from './lease.js';
import { RedisStore } from '../stores/redis/redis-store.js';
import { DEFAULT_REDIS_OPTIONS } from '../stores/redis/redis-store-options.js';
import { PATIENT } from '../testing/test-engine.js';
import { testNamespace, testRedisUrl } from '../testing/test-redis.js';

type Step =
  | { readonly do: 'acquire'; readonly token: number; readonly mode: LeaseMode; readonly knows: boolean }
  | { readonly do: 'fill' | 'release' | 'renew'; readonly token: number }
  | { readonly do: 'remove'; readonly knows: boolean };

const tokenOf = (number: number) => String(number).padStart(16, 't');
const token = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('acquire' as const),
    token,
    mode: fc.constantFrom<LeaseMode>('fresh-key', 'over-entry', 'take-over'),
    knows: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('fill' as const, 'release' as const, 'renew' as const), token }),
  fc.record({ do: fc.constant('remove' as const), knows: fc.boolean() }),
);

/** The steps of the protocol are written twice: here is where the two must agree. */
describe('the lease protocol in Lua', () => {
  let store: RedisStore;
  let redis: Redis;
  const space = new KeySpace(testNamespace());

  beforeAll(async () => {
    redis = new Redis(testRedisUrl());
    const listener = { beforeOpen: async () => {}, opened: () => {}, closed: () => {}, epochChanged: () => {} };
    store = new RedisStore(parseRedisUrl(testRedisUrl()), space, listener, { ...DEFAULT_REDIS_OPTIONS, ...PATIENT });
    await store.start();
  });

  afterAll(async () => {
    await store.close();
    redis.disconnect();
  });

  it('does what the functions do, step by step', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, asEntry) => {
        const key = `${space.entryPrefix}lease-${++run}`;
        let nonces = 0;
        let cell: Cell = { kind: 'absent' };
        for (const one of steps) {
          const nonce = cell.kind === 'entry' ? cell.nonce : '';
          switch (one.do) {
            case 'acquire': {
              const request = {
                token: tokenOf(one.token),
                mode: one.mode,
                nonce: one.knows ? nonce : 'another-nonce-xx',
                leaseMs: 60_000,
              };
              const expected = acquireLease(cell, request, 0);
              expect(await store.acquire(key, request)).toBe(expected.outcome);
              ({ cell } = expected);
              break;
            }
            case 'fill': {
              const entry = newEntry(String(++nonces).padStart(16, 'n'));
              const expected = fillEntry(cell, tokenOf(one.token), nonceOf(entry));
              const overEntry = cell.kind === 'entry' || asEntry;
              expect(await store.fill(key, tokenOf(one.token), entry, 60_000, overEntry)).toBe(expected.stored);
              ({ cell } = expected);
              break;
            }
            case 'release':
              await store.release(key, tokenOf(one.token));
              cell = releaseLease(cell, tokenOf(one.token));
              break;
            case 'renew': {
              const holds =
                (cell.kind === 'lease' && cell.token === tokenOf(one.token)) ||
                (cell.kind === 'entry' && cell.leaseToken === tokenOf(one.token));
              expect(await store.renew(key, tokenOf(one.token), 60_000)).toBe(holds);
              break;
            }
            case 'remove':
              await store.remove(key, one.knows ? nonce : 'another-nonce-xx');
              cell = removeEntry(cell, one.knows ? nonce : 'another-nonce-xx');
              break;
          }
          expect(withoutDeadline(cellOf(await redis.getBuffer(key)))).toEqual(withoutDeadline(cell));
        }
      }),
      { numRuns: 150 },
    );
  });
});

function newEntry(nonce: string): Buffer {
  const meta = { nonce, format: 1, flags: 0, loadedAtMs: 0, softMs: 0, hardMs: 1_000, loadMs: 0, version: 0 };
  return encodeEntry(meta, 'epoch,stamp', Buffer.from('1'));
}

/** The server's clock is not the test's. */
function withoutDeadline(cell: Cell): unknown {
  return cell.kind === 'entry' ? { ...cell, leaseDeadlineMs: cell.leaseToken !== null } : cell;
}
