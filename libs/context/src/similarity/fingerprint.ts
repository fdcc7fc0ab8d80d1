import { mix, shinglesOf } from './shingles.js';

/**
 * How much two texts have in common, estimated without reading them again: MinHash (Broder 1997) kept to 8 bits a
 * hash (Li and König, "b-Bit Minwise Hashing", 2010), found through bands (Leskovec, Rajaraman and Ullman, "Mining of
 * Massive Datasets", chapter 3). With 10 bands of 5 hashes a pair that shares 80 % of its shingles meets in a band
 * with a probability of 98 %, one that shares 30 % with 2 %.
 */
export interface Fingerprint {
  /** One byte a hash. */
  readonly signature: Buffer;
  /** Texts that resemble each other are likely to have one in common. Signed 64-bit, as PostgreSQL's bigint. */
  readonly bands: readonly bigint[];
}

const HASHES = 128;
const BANDS = 10;
const HASHES_PER_BAND = 5;

/** Beyond it the smallest shingle hashes stand for all: they are a random sample, the same one of texts that are alike. */
const MAX_SHINGLES = 4096;

const seeds = Uint32Array.from({ length: HASHES }, (_, index) => mix(Math.imul(index + 1, 0x9e3779b9)));

export function fingerprintOf(content: string): Fingerprint {
  const minima = minimaOf(sample(shinglesOf(content)));
  return { signature: Buffer.from(minima.map((value) => value & 0xff)), bands: bandsOf(minima) };
}

/** Estimated Jaccard similarity of two texts, 0 to 1; its standard error is below 0.05. */
export function similarity(first: Uint8Array, second: Uint8Array): number {
  let equal = 0;
  for (let index = 0; index < HASHES; index++) if (first[index] === second[index]) equal++;
  const byChance = 1 / 256;
  return Math.max(0, (equal / HASHES - byChance) / (1 - byChance));
}

function sample(shingles: Uint32Array): Uint32Array {
  return shingles.length <= MAX_SHINGLES ? shingles : shingles.sort().subarray(0, MAX_SHINGLES);
}

function minimaOf(shingles: Uint32Array): Uint32Array {
  return seeds.map((seed) => {
    let minimum = 0xffffffff;
    for (const shingle of shingles) {
      const hash = mix(shingle ^ seed);
      if (hash < minimum) minimum = hash;
    }
    return minimum;
  });
}

function bandsOf(minima: Uint32Array): bigint[] {
  return Array.from({ length: BANDS }, (_, band) => {
    let high = mix(band + 1);
    let low = mix(~band);
    for (const minimum of minima.subarray(band * HASHES_PER_BAND, (band + 1) * HASHES_PER_BAND)) {
      high = mix(Math.imul(high, 31) + minimum);
      low = mix(Math.imul(low, 37) ^ minimum);
    }
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  });
}
