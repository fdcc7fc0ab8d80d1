export const priorities = ['always_check', 'important', 'reference'] as const;

/** How loudly a context speaks up: in every check, ahead of others, or when it is looked for. */
export type Priority = (typeof priorities)[number];

// Whole words alone: `hallways` holds no ALWAYS, `always_check` is one identifier, `updated_at` is no UPDATE.
const BINDING = /(?<![\p{L}\p{M}\p{N}_])(?:always|never|must)(?![\p{L}\p{M}\p{N}_]|['’]\p{L})/iu;
const WEIGHTY = /(?<![\p{L}\p{M}\p{N}_])(?:important|critical|required)(?![\p{L}\p{M}\p{N}_]|['’]\p{L})/iu;

/** The priority that a text claims for itself, in any letter case. Deterministic; linear in the length of the text. */
export function detectPriority(content: string): Priority {
  if (BINDING.test(content)) return 'always_check';
  return WEIGHTY.test(content) ? 'important' : 'reference';
}
