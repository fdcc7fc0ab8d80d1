import { encodeEntry, nonceOf } from '../protocol/entry.js';
import { randomId } from '../protocol/random-id.js';
import type { SharedStore } from '../stores/shared-store.js';

/** What a run of the contract needs: a store of its own, and time that it can let pass. */
export interface SharedStoreSubject {
  readonly store: SharedStore;
  readonly prefix: string;
  readonly passMs: (ms: number) => Promise<void>;
}

export interface ContractCase<Subject> {
  readonly name: string;
  run(subject: Subject): Promise<void>;
}

function expectThat(condition: boolean, claim: string): void {
  if (!condition) throw new Error(`The store breaks its contract: ${claim}`);
}

function entry(binding = 'e,s'): Buffer {
  return encodeEntry(
    { nonce: randomId(), format: 1, flags: 0, loadedAtMs: 1, softMs: 0, hardMs: 60_000, loadMs: 5 },
    binding,
    Buffer.from('{"n":1}'),
  );
}

const fresh = (token: string, nonce = '') => ({ token, mode: 'fresh-key' as const, nonce, leaseMs: 5_000 });

/** What every shared tier must do. Data, so that it is run on every store, and on broken ones to see that it notices. */
export const sharedStoreContract: readonly ContractCase<SharedStoreSubject>[] = [
  {
    name: 'reads null for what is missing, in the order asked',
    async run({ store, prefix }) {
      const [stamp] = await store.makeStamps([`${prefix}t:b`], 60_000);
      const read = await store.read(`${prefix}v:a`, [`${prefix}t:a`, `${prefix}t:b`]);
      expectThat(read.entry === null, 'a missing entry is null');
      expectThat(read.stamps[0] === null && read.stamps[1] === stamp, 'stamps come in the order asked');
    },
  },
  {
    name: 'makes a missing stamp and keeps an existing one',
    async run({ store, prefix }) {
      const [first] = await store.makeStamps([`${prefix}t:a`], 60_000);
      const [second, other] = await store.makeStamps([`${prefix}t:a`, `${prefix}t:c`], 60_000);
      expectThat(first === second, 'an existing stamp is kept');
      expectThat(typeof other === 'string' && other !== first && other.length === 16, 'a new stamp is unique');
    },
  },
  {
    name: 'answers each of many that are asked at once as if it were asked alone',
    async run({ store, prefix }) {
      const keys = Array.from({ length: 200 }, (_, i) => `${prefix}v:many-${i}`);
      const tokens = keys.map(() => randomId());
      await store.acquire(keys[7] as string, fresh(randomId()));
      const outcomes = await Promise.all(keys.map((key, i) => store.acquire(key, fresh(tokens[i] as string))));
      expectThat(
        outcomes.every((outcome, i) => outcome === (i === 7 ? 'held' : 'acquired')),
        'only the key that is leased already is refused',
      );
      const filled = await Promise.all(
        keys.map((key, i) => store.fill(key, tokens[i] as string, entry(`e,${i}`), 60_000, false)),
      );
      expectThat(
        filled.every((stored, i) => stored === (i !== 7)),
        'whoever holds the lease stores, and nobody else',
      );
      const stamps = await Promise.all(
        keys.map((_, i) => store.makeStamps([`${prefix}t:shared`, keys[i] + ':t'], 9_000)),
      );
      expectThat(new Set(stamps.map(([shared]) => shared)).size === 1, 'a stamp that many make at once is one');
      expectThat(new Set(stamps.map(([, own]) => own)).size === keys.length, 'and those of different keys differ');
      const reads = await Promise.all(keys.map((key) => store.read(key, [`${key}:t`])));
      expectThat(
        reads.every(({ stamps: [own] }, i) => own === stamps[i]?.[1]),
        'each is found under its own key',
      );
    },
  },
  {
    name: 'T39 a removed stamp is missing and never comes back the same',
    async run({ store, prefix }) {
      const [before] = await store.makeStamps([`${prefix}t:a`], 60_000);
      await store.unlink([`${prefix}t:a`]);
      const { stamps } = await store.read(`${prefix}v:a`, [`${prefix}t:a`]);
      expectThat(stamps[0] === null, 'a removed stamp is missing');
      const [after] = await store.makeStamps([`${prefix}t:a`], 60_000);
      expectThat(after !== before, 'a new stamp differs from every earlier one');
    },
  },
  {
    name: 'answers one epoch until it is removed, and another after that',
    async run({ store, prefix }) {
      const before = await store.makeEpoch(`${prefix}v:a`, []);
      expectThat((await store.read(`${prefix}v:a`, [])).epoch === before, 'the epoch is read as it was made');
      expectThat((await store.makeEpoch(`${prefix}v:a`, [])) === before, 'an existing epoch is kept');
      await store.unlinkEpoch();
      expectThat((await store.read(`${prefix}v:a`, [])).epoch === null, 'a removed epoch is missing');
      expectThat((await store.makeEpoch(`${prefix}v:a`, [])) !== before, 'a new epoch differs');
    },
  },
  {
    name: 'gives a lease to one of many',
    async run({ store, prefix }) {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => store.acquire(`${prefix}v:a`, fresh(randomId()))),
      );
      expectThat(outcomes.filter((outcome) => outcome === 'acquired').length === 1, 'one lease is acquired');
      expectThat(outcomes.filter((outcome) => outcome === 'held').length === 19, 'the others see that it is held');
    },
  },
  {
    name: 'stores an entry under its lease, and gives it back byte for byte',
    async run({ store, prefix }) {
      const token = randomId();
      await store.acquire(`${prefix}v:a`, fresh(token));
      const bytes = entry();
      expectThat(await store.fill(`${prefix}v:a`, token, bytes, 60_000, false), 'the holder may fill');
      expectThat(
        (await store.read(`${prefix}v:a`, [])).entry?.equals(bytes) === true,
        'an entry comes back as it was stored',
      );
    },
  },
  {
    name: 'T37 refuses a fill without the lease, however late it comes',
    async run({ store, prefix }) {
      const late = randomId();
      await store.acquire(`${prefix}v:a`, fresh(late));
      const token = randomId();
      await store.acquire(`${prefix}v:a`, { token, mode: 'take-over', nonce: '', leaseMs: 5_000 });
      const bytes = entry();
      await store.fill(`${prefix}v:a`, token, bytes, 60_000, false);
      expectThat(!(await store.fill(`${prefix}v:a`, late, entry(), 60_000, false)), 'a lost lease stores nothing');
      expectThat((await store.read(`${prefix}v:a`, [])).entry?.equals(bytes) === true, 'the better entry stays');
    },
  },
  {
    name: 'refuses a fill whose lease has expired',
    async run({ store, prefix, passMs }) {
      const token = randomId();
      await store.acquire(`${prefix}v:a`, { ...fresh(token), leaseMs: 60 });
      await passMs(150);
      expectThat(!(await store.fill(`${prefix}v:a`, token, entry(), 60_000, false)), 'an expired lease stores nothing');
      expectThat(
        (await store.acquire(`${prefix}v:a`, fresh(randomId()))) === 'acquired',
        'an expired lease is free again',
      );
    },
  },
  {
    name: 'keeps a lease that is renewed',
    async run({ store, prefix, passMs }) {
      const token = randomId();
      await store.acquire(`${prefix}v:a`, { ...fresh(token), leaseMs: 200 });
      expectThat(await store.renew(`${prefix}v:a`, token, 5_000), 'the holder may renew');
      expectThat(!(await store.renew(`${prefix}v:a`, randomId(), 5_000)), 'nobody else may');
      await passMs(400);
      expectThat((await store.acquire(`${prefix}v:a`, fresh(randomId()))) === 'held', 'a renewed lease is still held');
    },
  },
  {
    name: 'replaces the dead entry that was read, and no other',
    async run({ store, prefix }) {
      const token = randomId();
      const bytes = entry();
      await store.acquire(`${prefix}v:a`, fresh(token));
      await store.fill(`${prefix}v:a`, token, bytes, 60_000, false);
      expectThat(
        (await store.acquire(`${prefix}v:a`, fresh(randomId(), randomId()))) === 'changed',
        'another entry than the one read is left alone',
      );
      expectThat(
        (await store.acquire(`${prefix}v:a`, fresh(randomId()))) === 'changed',
        'an entry is left alone by who saw none',
      );
      expectThat(
        (await store.acquire(`${prefix}v:a`, fresh(randomId(), nonceOf(bytes)))) === 'acquired',
        'the entry that was read is replaced',
      );
    },
  },
  {
    name: 'leases an entry while it stays readable',
    async run({ store, prefix }) {
      const token = randomId();
      const bytes = entry();
      await store.acquire(`${prefix}v:a`, fresh(token));
      await store.fill(`${prefix}v:a`, token, bytes, 60_000, false);
      const refresher = randomId();
      const over = (by: string) => ({ token: by, mode: 'over-entry' as const, nonce: nonceOf(bytes), leaseMs: 5_000 });
      expectThat((await store.acquire(`${prefix}v:a`, over(refresher))) === 'acquired', 'an entry can be leased');
      expectThat((await store.acquire(`${prefix}v:a`, over(randomId()))) === 'held', 'by one at a time');
      const { entry: leased } = await store.read(`${prefix}v:a`, []);
      expectThat(
        leased !== null && nonceOf(leased) === nonceOf(bytes) && leased.subarray(46).equals(bytes.subarray(46)),
        'it stays readable under its lease',
      );
      const next = entry();
      expectThat(await store.fill(`${prefix}v:a`, refresher, next, 60_000, true), 'the refresher may fill');
      expectThat(
        (await store.read(`${prefix}v:a`, [])).entry?.equals(next) === true,
        'the refreshed entry takes its place',
      );
    },
  },
  {
    name: 'ends a lease that is given back, and keeps the entry under it',
    async run({ store, prefix }) {
      const token = randomId();
      await store.acquire(`${prefix}v:a`, fresh(token));
      await store.release(`${prefix}v:a`, randomId());
      expectThat((await store.acquire(`${prefix}v:a`, fresh(randomId()))) === 'held', 'a stranger gives nothing back');
      await store.release(`${prefix}v:a`, token);
      expectThat((await store.read(`${prefix}v:a`, [])).entry === null, 'a lease that was given back leaves nothing');
      const again = randomId();
      const bytes = entry();
      await store.acquire(`${prefix}v:a`, fresh(again));
      await store.fill(`${prefix}v:a`, again, bytes, 60_000, false);
      const over = randomId();
      await store.acquire(`${prefix}v:a`, { token: over, mode: 'over-entry', nonce: nonceOf(bytes), leaseMs: 5_000 });
      await store.release(`${prefix}v:a`, over);
      expectThat((await store.read(`${prefix}v:a`, [])).entry?.equals(bytes) === true, 'the entry is as it was');
    },
  },
  {
    name: 'removes the entry with the nonce it is given, and no later one',
    async run({ store, prefix }) {
      const token = randomId();
      const bytes = entry();
      await store.acquire(`${prefix}v:a`, fresh(token));
      await store.fill(`${prefix}v:a`, token, bytes, 60_000, false);
      await store.remove(`${prefix}v:a`, randomId());
      expectThat((await store.read(`${prefix}v:a`, [])).entry !== null, 'another entry stays');
      await store.remove(`${prefix}v:a`, nonceOf(bytes));
      expectThat((await store.read(`${prefix}v:a`, [])).entry === null, 'the named entry goes');
    },
  },
  {
    name: 'breaks the lease of a key that is deleted, so that the load under way stores nothing',
    async run({ store, prefix }) {
      const key = `${prefix}v:a`;
      const token = randomId();
      await store.acquire(key, fresh(token));
      await store.deleteKeys([key]);
      expectThat(!(await store.fill(key, token, entry(), 60_000, false)), 'the lease is lost');
      expectThat((await store.read(key, [])).entry === null, 'nothing is stored');
      const [older, newer] = [randomId(), randomId()];
      const bytes = entry();
      await store.acquire(key, fresh(older));
      await store.fill(key, older, bytes, 60_000, false);
      await store.acquire(key, { token: newer, mode: 'over-entry', nonce: nonceOf(bytes), leaseMs: 5_000 });
      await store.deleteKeys([key]);
      expectThat(!(await store.fill(key, newer, entry(), 60_000, true)), 'that of a refresh too');
    },
  },
  {
    name: 'T11 gives every counter a life, from its first count',
    async run({ store, prefix }) {
      expectThat((await store.increment(`${prefix}c:a`, 2, 60_000)) === 2, 'counts from 0');
      expectThat((await store.increment(`${prefix}c:a`, 3, 600_000)) === 5, 'adds');
      const ttlMs = await store.ttlMs(`${prefix}c:a`);
      expectThat(ttlMs !== undefined && ttlMs > 0 && ttlMs <= 60_000, 'the first life counts');
      await store.deleteKeys([`${prefix}c:a`]);
    },
  },
  {
    name: 'scans what starts with a prefix, page by page',
    async run({ store, prefix }) {
      const keys = Array.from({ length: 25 }, (_, i) => `${prefix}t:scan*[[${i}]`);
      await store.makeStamps(keys, 60_000);
      await store.makeStamps([`${prefix}t:other`], 60_000);
      const found = new Set<string>();
      let cursor = '0';
      do {
        const page = await store.scan(`${prefix}t:scan*[`, cursor, 10);
        for (const key of page.keys) found.add(key);
        cursor = page.cursor;
      } while (cursor !== '0');
      expectThat(found.size === 25 && keys.every((key) => found.has(key)), 'every key once or more, and no other');
      const part = await store.scan(`${prefix}t:scan*[`, '0', 10_000, '[7');
      expectThat(part.keys.join() === `${prefix}t:scan*[[7]`, 'only what holds the part that is asked for');
      expectThat((await store.deleteKeys([...found])) === 25, 'deletes count');
    },
  },
];
