export const ruleKinds = ['always', 'never', 'must', 'must-not', 'should', 'should-not', 'use'] as const;
export type RuleKind = (typeof ruleKinds)[number];

/** What a text says is to be done, or not. */
export interface Rule {
  readonly kind: RuleKind;
  /** The sentence that says it. */
  readonly text: string;
  /** Of `use`: what, what for, and in place of what. */
  readonly use?: { readonly what: string; readonly purpose?: string; readonly insteadOf?: string };
}

export function isProhibition({ kind }: Pick<Rule, 'kind'>): boolean {
  return kind === 'never' || kind === 'must-not' || kind === 'should-not';
}
