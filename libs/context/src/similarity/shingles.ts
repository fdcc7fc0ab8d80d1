/** Characters of scripts written without spaces stand for themselves; elsewhere a run of letters and digits is a word. */
const WORD =
  /(?=[\p{L}\p{M}\p{N}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]|[\p{L}\p{M}\p{N}_]+/gu;

const SHINGLE_WORDS = 3;

/**
 * Distinct 32-bit hashes of every three words in a row, without regard to letter case and punctuation; a shorter text
 * is one shingle. Linear in the length of the text.
 */
export function shinglesOf(content: string): Uint32Array {
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
export function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
