import { WorkPauses } from '#kernel';
import { estimateTokens } from '../call-plan.js';
import { normalise } from '../vector.js';
import { type EmbeddingAnswer, type EmbeddingCall, EmbeddingProvider } from './embedding-provider.js';

/** Raise it with any change that gives another vector for a text: it is part of the model's name. */
const FEATURE_HASHING_VERSION = 1;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Where an identifier goes on with its next word: `camelCase`. */
const CAMEL = /(\p{Ll})(\p{Lu})/gu;
const SHORTEST_GRAM = 3;
const LONGEST_GRAM = 4;
/** What the character n-grams of a word weigh together, against the word itself: forms of a word lie near each other. */
const GRAM_WEIGHT = 1.5;
const LONGEST_WORD = 64;

/** English words that are in nearly every text and say little. */
const COMMON_WORDS = new Set(
  `a about after all also am an and any are as at be because been but by can could did do does for from had has have
  he her here him his how i if in into is it its just me more most my no not now of on one only or other our out over
  she should so some such than that the their them then there these they this to too up us very was we were what when
  where which while who why will with would you your`.split(/\s+/),
);
const COMMON_WEIGHT = 0.02;
/** Short words are in more texts than long ones: below so many letters each costs a tenth. */
const FULL_WEIGHT_LENGTH = 6;

/**
 * A lexical vector: feature hashing (Weinberger, Dasgupta, Langford, Smola, Attenberg, ICML 2009) of words and of
 * their character n-grams, each feature added with the sign that its hash gives it, term frequencies damped to
 * 1 + ln(tf), the whole scaled to length 1. Texts that share words, or parts of words, lie near each other; synonyms
 * don't. The same text gives the same vector on every machine.
 */
export function hashFeatures(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = countWords(text);
  if (words.size === 0) addFeature(vector, `raw ${text}`, 1);
  for (const [word, count] of words) {
    const weight = (1 + Math.log(count)) * weightOf(word);
    addFeature(vector, `w ${word}`, weight);
    addGrams(vector, word, weight * GRAM_WEIGHT);
  }
  return normalise(vector);
}

/** How much a word says, guessed without a corpus. */
function weightOf(word: string): number {
  if (COMMON_WORDS.has(word)) return COMMON_WEIGHT;
  return 1 - Math.max(0, FULL_WEIGHT_LENGTH - word.length) / 10;
}

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [match] of text.normalize('NFKC').replaceAll(CAMEL, '$1 $2').toLowerCase().matchAll(WORD)) {
    const word = match.slice(0, LONGEST_WORD);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function addGrams(vector: Float32Array, word: string, weight: number): void {
  const bounded = `<${word}>`;
  let grams = 0;
  for (let length = SHORTEST_GRAM; length <= LONGEST_GRAM; length++) grams += Math.max(0, bounded.length - length + 1);
  if (grams === 0) return;
  // Their squares add up to the square of that weight, however long the word is.
  const each = weight / Math.sqrt(grams);
  for (let length = SHORTEST_GRAM; length <= LONGEST_GRAM; length++) {
    for (let start = 0; start + length <= bounded.length; start++)
      addFeature(vector, bounded.slice(start, start + length), each);
  }
}

function addFeature(vector: Float32Array, feature: string, weight: number): void {
  const hash = mix(feature);
  const index = hash % vector.length;
  vector[index] = (vector[index] as number) + (hashSign(hash) ? weight : -weight);
}

/** The sign must not hang on the bits that choose the place. */
function hashSign(hash: number): boolean {
  let bits = Math.imul(hash ^ 0x9e3779b9, 0x85ebca6b);
  bits ^= bits >>> 13;
  return Math.imul(bits, 0xc2b2ae35) >>> 31 === 1;
}

/** FNV-1a over UTF-16 units, finished as MurmurHash3 does. */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const FEWEST = 64;
const MOST = 4096;

/**
 * The embedder that needs nothing else: no network, no model file, no cost. It is lexical, not semantic: it finds
 * texts that share words or parts of words, not texts that mean the same in other words.
 */
export class LocalEmbeddingProvider extends EmbeddingProvider {
  static readonly DEFAULT_DIMENSIONS = 512;

  readonly name = 'local';
  override readonly kind = 'lexical';
  readonly model = `lexical-${FEATURE_HASHING_VERSION}`;
  readonly isRemote = false;
  readonly limits = { textsPerCall: 1_000, tokensPerCall: 1_000_000 };
  readonly supportedDimensions = `${FEWEST} to ${MOST}`;

  constructor(readonly dimensions = LocalEmbeddingProvider.DEFAULT_DIMENSIONS) {
    super();
  }

  acceptsDimensions(dimensions: number): boolean {
    return Number.isInteger(dimensions) && dimensions >= FEWEST && dimensions <= MOST;
  }

  async embed({ texts, dimensions, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    await beforeRequest?.();
    const vectors: Float32Array[] = [];
    let tokens = 0;
    const pauses = new WorkPauses();
    for (const text of texts) {
      signal?.throwIfAborted();
      vectors.push(hashFeatures(text, dimensions));
      tokens += estimateTokens(text);
      if (pauses.isDue) await pauses.pauseIfDue();
    }
    return { vectors, tokens };
  }
}
