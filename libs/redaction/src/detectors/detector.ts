/** A secret in a text: from `start` to before `end`, in UTF-16 units. */
export interface Finding {
  /** What it is, in kebab-case: part of what callers see, and a label of metrics. */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Finds secrets of some kinds. Time linear in the length of the text. */
export type Detector = (text: string) => Iterable<Finding>;

/** Secrets of one kind that a pattern knows. */
export interface SecretPattern {
  readonly kind: string;
  /** One of them stands in every text that the pattern matches: a text without them is not searched. */
  readonly hints: readonly [string, ...string[]];
  /** Global. Its group, where it has one, is the secret, and ends the match; else the match is. */
  readonly pattern: RegExp;
  /** Whether what was matched is one. */
  readonly accepts?: (secret: string) => boolean;
}

export function* matchesOf(text: string, { kind, hints, pattern, accepts }: SecretPattern): Iterable<Finding> {
  if (!hints.some((hint) => text.includes(hint))) return;
  for (const match of text.matchAll(pattern)) {
    const secret = match[1] ?? match[0];
    const end = match.index + match[0].length;
    if (accepts === undefined || accepts(secret)) yield { kind, start: end - secret.length, end };
  }
}
