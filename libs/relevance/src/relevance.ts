import type { RelevanceConfig } from '#config';
import type { Priority } from '#context';

/** How much feedback of a kind adds to the multiplier at full strength, on the day that it is given. */
const FEEDBACK_EFFECT = { thumbs: 0.2, rating: 0.2, cite: 0.1, click: 0.05, dwell: 0.05, note: 0 } as const;

export type FeedbackKind = keyof typeof FEEDBACK_EFFECT;

export const feedbackKinds = Object.keys(FEEDBACK_EFFECT) as [FeedbackKind, ...FeedbackKind[]];

/** Seconds of looking at something that are as good as any more. */
export const FULL_DWELL_SECONDS = 60;

/** Uses older than that are not counted. */
export const USE_WINDOW_DAYS = 90;

const LEAST_MULTIPLIER = 0.5;
const MOST_MULTIPLIER = 1.5;

const IMPORTANCE: Readonly<Record<Priority, number>> = { always_check: 1, important: 0.7, reference: 0.4 };
const DAY_MS = 86_400_000;

/** Feedback of one kind that was given about one context on one day. */
export interface FeedbackOfADay {
  readonly kind: FeedbackKind;
  /** Sum of what was given, each from -1 to 1. */
  readonly strength: number;
  /** Whole days since then. */
  readonly days: number;
  /** Given by the user whom the ranking is for. */
  readonly isOwn: boolean;
}

/** What the score of a context follows from. */
export interface Signals {
  readonly priority: Priority;
  /** When it was stored or used last, whichever is later. */
  readonly freshAt: Date;
  readonly uses: number;
  /** How well it fits the situation beside the one that fits best, 0 to 1; absent: no situation was named. */
  readonly match?: number;
  readonly feedback: readonly FeedbackOfADay[];
}

/** Each from 0 to 1, but `feedback`, which is what their mean is multiplied by. */
export interface Factors {
  readonly recency: number;
  readonly frequency: number;
  readonly importance: number;
  /** Null: no situation was named. */
  readonly match: number | null;
  readonly feedback: number;
}

/** 1 for what is new, halved with every half-life. */
export function recencyOf(freshAt: Date, now: Date, { halfLifeDays }: RelevanceConfig): number {
  return 2 ** (-Math.max(0, now.getTime() - freshAt.getTime()) / DAY_MS / halfLifeDays);
}

/** Logarithmic: the first uses say most. */
export function frequencyOf(uses: number, { manyUses }: RelevanceConfig): number {
  return Math.min(1, Math.log1p(uses) / Math.log1p(manyUses));
}

/** 1 without feedback. */
export function multiplierOf(feedback: readonly FeedbackOfADay[], constants: RelevanceConfig): number {
  const { keptADay, othersShare } = constants;
  const sum = feedback.reduce(
    (total, { kind, strength, days, isOwn }) =>
      total + FEEDBACK_EFFECT[kind] * strength * keptADay ** days * (isOwn ? 1 : othersShare),
    0,
  );
  return Math.min(MOST_MULTIPLIER, Math.max(LEAST_MULTIPLIER, 1 + sum));
}

export function factorsOf(signals: Signals, now: Date, constants: RelevanceConfig): Factors {
  return {
    recency: recencyOf(signals.freshAt, now, constants),
    frequency: frequencyOf(signals.uses, constants),
    importance: IMPORTANCE[signals.priority],
    match: signals.match ?? null,
    feedback: multiplierOf(signals.feedback, constants),
  };
}

/** The weighted mean of the factors, without the match where no situation was named, times the multiplier: from 0 to 1.5. */
export function scoreOf(factors: Factors, { weights }: RelevanceConfig): number {
  const { recency, frequency, importance, match, feedback } = factors;
  const parts = [
    [weights.recency, recency],
    [weights.frequency, frequency],
    [weights.importance, importance],
    ...(match === null ? [] : [[weights.match, match] as const]),
  ] as const;
  const total = parts.reduce((sum, [weight]) => sum + weight, 0);
  if (total === 0) return 0;
  return (parts.reduce((sum, [weight, factor]) => sum + weight * factor, 0) / total) * feedback;
}
