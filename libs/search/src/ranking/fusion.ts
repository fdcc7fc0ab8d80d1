import {
  type Boosts,
  type ChannelRank,
  type ChannelRanks,
  type ChannelScores,
  mapBoosts,
  NO_BOOSTS,
  type SearchKind,
  sumOf,
} from '../search.js';

/** A hit of one channel, on that channel's own scale. */
export interface ChannelHit {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  /** What the channel itself says: BM25, or a cosine. 0 or more. */
  readonly relevance: number;
  readonly boosts: Boosts;
}

export interface FusedHit extends Pick<ChannelHit, 'kind' | 'id' | 'label' | 'version'> {
  readonly score: number;
  readonly scores: ChannelScores;
  readonly channels: ChannelRanks;
  /** Absent where nothing supersedes it. */
  readonly supersededBy?: string | null;
  /** Absent where it has no end. */
  readonly validTo?: Date | null;
}

type Channel = 'keyword' | 'semantic';

/** What comes behind all others scores at most this share of the last of them. */
const BEHIND = 0.5;

/** Hits best first, each id once. */
type Channels = Readonly<Record<Channel, readonly ChannelHit[]>>;

export function scoreOf({ relevance, boosts }: ChannelHit): number {
  return sumOf(boosts, relevance);
}

/**
 * A convex sum of scores, each channel's divided by its best one (Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid
 * Retrieval", 2023): what is best everywhere scores 1. What a channel gives is split between its own relevance and the boosts
 * in the proportion that they had there. Best first; ties by id.
 *
 * @param weight of the semantic channel, from 0 to 1. With 0 it only adds what keywords don't find, behind what they find.
 */
export function fuse({ keyword, semantic }: Channels, weight: number): FusedHit[] {
  const fused = new Map<string, FusedHit>();
  const addAll = (channel: Channel, hits: readonly ChannelHit[], share: number) => {
    const best = Math.max(...hits.map(scoreOf));
    hits.forEach((hit, index) => {
      const score = scoreOf(hit);
      const given = best > 0 ? (share * score) / best : 0;
      fused.set(hit.id, add(fused.get(hit.id) ?? withoutScore(hit), channel, hit, given, { rank: index + 1, score }));
    });
  };
  addAll('keyword', keyword, 1 - weight);
  if (weight > 0) addAll('semantic', semantic, weight);
  else {
    const least = Math.min(1, ...[...fused.values()].map(({ score }) => score));
    const ranked = semantic.map((hit, index) => ({ hit, rank: { rank: index + 1, score: scoreOf(hit) } }));
    const best = Math.max(...semantic.map(scoreOf));
    for (const { hit, rank } of ranked) {
      const known = fused.get(hit.id);
      const given = known === undefined && best > 0 ? (least * BEHIND * rank.score) / best : 0;
      fused.set(hit.id, add(known ?? withoutScore(hit), 'semantic', hit, given, rank));
    }
  }
  return [...fused.values()].sort(byScore);
}

/**
 * The hits of one channel on its own scale.
 * @param areFirst whether they are its best; else their ranks are not known
 */
export function alone(channel: Channel, hits: readonly ChannelHit[], areFirst = true): FusedHit[] {
  return hits.map((hit, index) => {
    const score = scoreOf(hit);
    return add(withoutScore(hit), channel, hit, score, areFirst ? { rank: index + 1, score } : { score });
  });
}

/**
 * What is near, and behind it what only holds the words, which scores less than anything near does: a lexical embedder
 * passes over a long text that holds a short query.
 * @param below what anything near scores at least
 */
export function beforeOthers(near: readonly FusedHit[], holding: readonly ChannelHit[], below: number): FusedHit[] {
  const ids = new Set(near.map(({ id }) => id));
  const others = holding.filter(({ id }) => !ids.has(id));
  const [best] = others;
  const least = below * BEHIND;
  return [
    ...near,
    ...others.map((hit, index) => {
      const score = scoreOf(hit);
      const given = best === undefined ? 0 : (least * score) / scoreOf(best);
      return add(withoutScore(hit), 'keyword', hit, given, { rank: index + 1, score });
    }),
  ];
}

export function byScore(left: FusedHit, right: FusedHit): number {
  return right.score - left.score || (left.id < right.id ? -1 : 1);
}

function withoutScore({ kind, id, label, version }: ChannelHit): FusedHit {
  const scores = { keyword: 0, semantic: 0, ...NO_BOOSTS };
  return { kind, id, label, version, score: 0, scores, channels: {} };
}

function add(fused: FusedHit, channel: Channel, hit: ChannelHit, given: number, rank: ChannelRank): FusedHit {
  const score = scoreOf(hit);
  const share = score === 0 ? 0 : given / score;
  const { scores } = fused;
  return {
    ...fused,
    score: fused.score + given,
    scores: {
      ...scores,
      ...mapBoosts(hit.boosts, (boost, name) => scores[name] + boost * share),
      [channel]: given - sumOf(hit.boosts) * share,
    },
    channels: { ...fused.channels, [channel]: rank },
  };
}
