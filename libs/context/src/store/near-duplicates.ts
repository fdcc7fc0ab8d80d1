import type { ContextId } from '#kernel';

/** Characters of scripts written without spaces stand for themselves; elsewhere a run of letters and digits is a word. */
const WORD =
  /(?=[\p{L}\p{M}\p{N}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]|[\p{L}\p{M}\p{N}_]+/gu;

const SHINGLE_WORDS = 3;

/**
 * Distinct 32-bit hashes of every three words in a row, without regard to letter case and punctuation; a shorter text
 * is one shingle. Linear in the length of the text.
 */
function shinglesOf(content: string): Uint32Array {
  const words: number[] = [];
  for (const [word] of content.toLowerCase().matchAll(WORD)) words.push(hashText(word));
  if (words.length === 0) return Uint32Array.of(hashText(content));
  const shingles = new Set<number>();
  const last = Math.max(0, words.length - SHINGLE_WORDS);
  for (let start = 0; start <= last; start++) {
    let hash = 0;
    for (const word of words.slice(start, start + SHINGLE_WORDS)) hash = mix(Math.imul(hash, 31) + word);
    shingles.add(hash);
  }
  return Uint32Array.from(shingles);
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3 (Appleby): a bijection of 32 bits that spreads every input bit. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export interface SimilarContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  /** Of the two texts, 0 to 1; 1 means the same text. */
  readonly similarity: number;
}

/** What to look for near-duplicates of: a stored context, which is not its own duplicate, nor are those of its label. */
export interface SimilarityProbe {
  readonly id: ContextId;
  readonly labelId: string;
  readonly contentHash: string;
  readonly fingerprint: Fingerprint;
}

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

/** How many candidates a search for near-duplicates looks at, so that a much repeated template costs no more. */
export const SIMILAR_CANDIDATES = 64;

/** Below it two texts count as different. */
const NEAR = 0.7;
const MAX_REPORTED = 5;

export interface SimilarityCandidate {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly signature: Uint8Array;
  readonly sameText: boolean;
}

/** The candidates that near-duplicate a text, most similar first, at most five; to two digits. */
export function nearest(signature: Uint8Array, candidates: readonly SimilarityCandidate[]) {
  return candidates
    .map(({ id, label, version, ...other }) => ({
      id,
      label,
      version,
      similarity: other.sameText ? 1 : Math.round(Math.min(similarity(signature, other.signature), 0.99) * 100) / 100,
    }))
    .filter((candidate) => candidate.similarity >= NEAR)
    .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_REPORTED);
}
