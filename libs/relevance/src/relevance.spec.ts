import type { RelevanceConfig } from '#config';
import {
  factorsOf,
  type FeedbackOfADay,
  frequencyOf,
  multiplierOf,
  recencyOf,
  scoreOf,
  type Signals,
} from './relevance.js';

const constants: RelevanceConfig = {
  halfLifeDays: 30,
  manyUses: 20,
  keptADay: 0.95,
  othersShare: 0.25,
  weights: { recency: 20, frequency: 15, importance: 15, match: 50 },
};
const now = new Date('2031-03-01T00:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const given = (part: Partial<FeedbackOfADay>): FeedbackOfADay => ({
  kind: 'thumbs',
  strength: 1,
  days: 0,
  isOwn: true,
  ...part,
});

// Every expected number was computed by hand from the formulas of docs/guides/users.md.
describe('relevance', () => {
  it.each([
    [0, 1],
    [10, 0.793701],
    [30, 0.5],
    [60, 0.25],
    [90, 0.125],
  ])('recency after %s days is %s', (days, expected) => {
    expect(recencyOf(daysAgo(days), now, constants)).toBeCloseTo(expected, 6);
  });

  it('nothing is more recent than now', () => {
    expect(recencyOf(daysAgo(-5), now, constants)).toBe(1);
  });

  it.each([
    [0, 0],
    // ln 2 / ln 21 and ln 11 / ln 21
    [1, 0.22767],
    [10, 0.787608],
    [20, 1],
    [1_000, 1],
  ])('frequency of %s uses is %s', (uses, expected) => {
    expect(frequencyOf(uses, constants)).toBeCloseTo(expected, 5);
  });

  it.each<[string, FeedbackOfADay[], number]>([
    ['no feedback', [], 1],
    ['thumbs up today', [given({})], 1.2],
    ['thumbs down today', [given({ strength: -1 })], 0.8],
    // 0.2 × 0.95^10
    ['thumbs up ten days ago', [given({ days: 10 })], 1.119747],
    // 0.2 × 0.25
    ['thumbs up of another', [given({ isOwn: false })], 1.05],
    ['four stars and a citation', [given({ kind: 'rating', strength: 0.5 }), given({ kind: 'cite' })], 1.2],
    [
      'half a minute of dwelling, three clicks',
      [given({ kind: 'dwell', strength: 0.5 }), given({ kind: 'click', strength: 3 })],
      1.175,
    ],
    ['a note', [given({ kind: 'note', strength: 0 })], 1],
    ['a hundred clicks', [given({ kind: 'click', strength: 100 })], 1.5],
    ['ten that say no', [given({ strength: -10, isOwn: false }), given({ strength: -1 })], 0.5],
  ])('the multiplier of %s', (_, feedback, expected) => {
    expect(multiplierOf(feedback, constants)).toBeCloseTo(expected, 6);
  });

  const signals: Signals = { priority: 'important', freshAt: daysAgo(30), uses: 20, feedback: [given({})] };

  it('the score is the weighted mean of the factors times the multiplier', () => {
    const factors = factorsOf({ ...signals, match: 0.8 }, now, constants);
    expect(factors).toEqual({ recency: 0.5, frequency: 1, importance: 0.7, match: 0.8, feedback: 1.2 });
    // (20 × 0.5 + 15 × 1 + 15 × 0.7 + 50 × 0.8) / 100 × 1.2
    expect(scoreOf(factors, constants)).toBeCloseTo(0.906, 10);
  });

  it('without a situation the match has no part in it', () => {
    const factors = factorsOf(signals, now, constants);
    expect(factors.match).toBeNull();
    // (20 × 0.5 + 15 × 1 + 15 × 0.7) / 50 × 1.2
    expect(scoreOf(factors, constants)).toBeCloseTo(0.852, 10);
  });

  it.each([
    ['always_check', 1],
    ['important', 0.7],
    ['reference', 0.4],
  ] as const)('importance of %s is %s', (priority, expected) => {
    expect(factorsOf({ ...signals, priority }, now, constants).importance).toBe(expected);
  });
});
