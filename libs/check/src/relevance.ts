import type { WorkPauses } from '#kernel';
import type { SearchHit } from '#search';
import type { Reason } from './check.js';
import { isFiller, isNegation, wordsIn, wordsOf } from './rules/words.js';

/**
 * A hit speaks to a text where a channel says a good part of it of what it says of its best hit: a search of all the
 * words of a text finds something for any of them. Vectors lie close together, so their part is larger.
 */
const LEAST_OF_WORDS = 0.3;
const LEAST_OF_MEANING = 0.85;
const MAX_REPORTED_WORDS = 10;
const LEAST_WORD_LENGTH = 3;

/** A hit that matters, and the hit that it stands for where it does not speak to the text itself. */
export interface RelevantHit {
  readonly hit: SearchHit;
  readonly standsFor?: string;
}

/** The contexts among the hits that are relevant, best first, and what has taken the place of those that were superseded. */
export function relevantOf(hits: readonly SearchHit[]): RelevantHit[] {
  const contexts = hits.filter(({ kind }) => kind === 'context');
  const best = (channel: 'keyword' | 'semantic') =>
    Math.max(0, ...contexts.map(({ channels }) => channels[channel]?.score ?? 0));
  const least = { keyword: best('keyword') * LEAST_OF_WORDS, semantic: best('semantic') * LEAST_OF_MEANING };
  const speaks = ({ channels: { keyword, semantic } }: SearchHit) =>
    (keyword !== undefined && keyword.score >= least.keyword) ||
    (semantic !== undefined && semantic.score >= least.semantic);
  return contexts.flatMap((hit, place): RelevantHit[] => {
    if (speaks(hit)) return [{ hit }];
    // A search has put it before what it stands for.
    if (hit.scores.succession === undefined) return [];
    const superseded = contexts.slice(place + 1).find(({ supersededBy }) => supersededBy !== null);
    return superseded !== undefined && speaks(superseded) ? [{ hit, standsFor: superseded.id }] : [];
  });
}

/** Why a hit matches a text, with which it shares these words. */
export function reasonsOf({ hit, standsFor }: RelevantHit, words: readonly string[]): Reason[] {
  if (standsFor !== undefined) return [{ kind: 'successor', of: standsFor }];
  const { semantic } = hit.channels;
  const isByMeaning = semantic !== undefined && (words.length === 0 || hit.channels.keyword === undefined);
  return [
    ...(words.length > 0 ? [{ kind: 'words' as const, words }] : []),
    ...(isByMeaning ? [{ kind: 'meaning' as const, similarity: Math.round(semantic.score * 1000) / 1000 }] : []),
  ];
}

/** Significant words of a text by their stems, in its order, each as it stands there first. */
export function significantWords(text: string): ReadonlyMap<string, string> {
  const significant = new Map<string, string>();
  for (const word of wordsOf(text)) {
    const isSignificant = word.text.length >= LEAST_WORD_LENGTH && !isFiller(word) && !isNegation(word);
    if (isSignificant && !significant.has(word.stem)) significant.set(word.stem, word.text);
  }
  return significant;
}

/** Those of the significant words that the content has in some form, in their order. Others run in between. */
export async function sharedWords(
  significant: ReadonlyMap<string, string>,
  content: string,
  pauses: WorkPauses,
): Promise<string[]> {
  const shared = new Set<string>();
  for (const { stem } of wordsIn(content)) {
    if (pauses.isDue) await pauses.pauseIfDue();
    if (significant.has(stem)) shared.add(stem);
    if (shared.size === significant.size) break;
  }
  return [...significant]
    .filter(([stem]) => shared.has(stem))
    .map(([, text]) => text)
    .slice(0, MAX_REPORTED_WORDS);
}
