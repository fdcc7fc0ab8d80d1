import type { ContextSummary } from '#context';
import type { Rule } from './rules/rules-of.js';
import type { Violation } from './rules/violations-of.js';

export interface CheckCommand {
  /** Slug; one that does not exist holds nothing. */
  readonly project: string;
  /** What an agent is about to do. */
  readonly text: string;
  /** Contexts to find besides those that are always checked. */
  readonly limit: number;
}

/** Why a context speaks to a text. */
export type Reason =
  | { readonly kind: 'always-check' }
  /** Words of it that the text has too. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** The cosine of their vectors. */
  | { readonly kind: 'meaning'; readonly similarity: number }
  /** It has taken the place of this context, by however many steps, which speaks to the text. */
  | { readonly kind: 'successor'; readonly of: string };

export interface RelevantContext {
  readonly context: ContextSummary;
  /** Of the search; null where it did not find it. */
  readonly score: number | null;
  /** One at least. */
  readonly why: readonly Reason[];
}

/** A rule, and the context that states it. */
export interface StatedRule extends Rule {
  readonly context: ContextSummary;
}

export interface CheckAnswer {
  readonly project: string;
  /** Those that are always checked and match first, then those that are found, then the rest of the former. */
  readonly contexts: readonly RelevantContext[];
  readonly rules: readonly StatedRule[];
  readonly violations: readonly Violation<StatedRule>[];
  /** Whether something that should have been looked at was not. */
  readonly degraded: boolean;
  readonly reason: string | null;
}
