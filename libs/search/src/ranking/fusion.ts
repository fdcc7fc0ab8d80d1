import type { ChannelRank, ChannelRanks, ChannelScores, SearchKind } from '../search.js';

/** A hit of one channel, on that channel's own scale. */
export interface ChannelHit {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  /** What the channel itself says: BM25, or a cosine. 0 or more. */
  readonly relevance: number;
  readonly recency: number;
  readonly priority: number;
}

export interface FusedHit extends Pick<ChannelHit, 'kind' | 'id' | 'label' | 'version'> {
  readonly score: number;
  readonly scores: ChannelScores;
  readonly channels: ChannelRanks;
}

type Channel = 'keyword' | 'semantic';

/** Hits best first, each id once, and how much the channel counts; weights need not add up to anything. */
type Channels = Readonly<Record<Channel, { readonly hits: readonly ChannelHit[]; readonly weight: number }>>;

/** Of Cormack, Clarke and Büttcher; larger makes the first ranks count less against the later ones. */
const RANK_CONSTANT = 60;

export function scoreOf({ relevance, recency, priority }: ChannelHit): number {
  return relevance + recency + priority;
}

/**
 * Weighted reciprocal rank fusion (Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
 * individual Rank Learning Methods", SIGIR 2009): a channel gives a hit weight / (60 + rank), scaled so that what is
 * first everywhere scores 1. Scales of different channels are never compared. What a channel gives is split between
 * its own relevance and the boosts in the proportion that they had there. Best first; ties by id.
 */
export function fuse(channels: Channels): FusedHit[] {
  const total = channels.keyword.weight + channels.semantic.weight;
  const fused = new Map<string, FusedHit>();
  for (const channel of ['keyword', 'semantic'] as const) {
    const { hits, weight } = channels[channel];
    hits.forEach((hit, index) => {
      const given = (weight / total) * ((RANK_CONSTANT + 1) / (RANK_CONSTANT + index + 1));
      const rank: ChannelRank = { rank: index + 1, score: scoreOf(hit) };
      fused.set(hit.id, add(fused.get(hit.id) ?? withoutScore(hit), channel, hit, given, rank));
    });
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
 * @param weight of the latter, beside 1
 */
export function beforeOthers(near: readonly FusedHit[], holding: readonly ChannelHit[], weight: number): FusedHit[] {
  const ids = new Set(near.map(({ id }) => id));
  const others = holding.filter(({ id }) => !ids.has(id));
  return [...near, ...fuse({ keyword: { hits: others, weight }, semantic: { hits: [], weight: 1 } })];
}

export function byScore(left: FusedHit, right: FusedHit): number {
  return right.score - left.score || (left.id < right.id ? -1 : 1);
}

function withoutScore({ kind, id, label, version }: ChannelHit): FusedHit {
  const scores = { keyword: 0, semantic: 0, recency: 0, priority: 0 };
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
      [channel]: given - (hit.recency + hit.priority) * share,
      recency: scores.recency + hit.recency * share,
      priority: scores.priority + hit.priority * share,
    },
    channels: { ...fused.channels, [channel]: rank },
  };
}
