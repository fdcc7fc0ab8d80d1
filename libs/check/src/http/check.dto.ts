import { z } from 'zod';
import { endOf, priorities } from '#context';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import type { CheckAnswer, CheckCommand, StatedRule } from '../check.js';
import { MOST_ALWAYS_CHECKED, MOST_RULES } from '../check.service.js';
import { ruleKinds } from '../rules/rules-of.js';

const MAX_TEXT_LENGTH = 20_000;

export const checkBody = z.strictObject({
  project: projectSlug.default(DEFAULT_PROJECT),
  text: z
    .string({ error: 'say what is about to be done' })
    .max(MAX_TEXT_LENGTH)
    .refine((text) => text.trim() !== '', 'say what is about to be done')
    .meta({ description: 'What an agent is about to do: a plan, a command, a change.' }),
  limit: z.int().min(1).max(50).default(10).meta({
    description: 'Contexts besides those of priority always_check.',
  }),
});

export function toCheckCommand(body: z.infer<typeof checkBody>): CheckCommand {
  return body;
}

const statedBy = {
  contextId: z.uuid(),
  label: z.string(),
  version: z.int(),
};

const rule = z.object({
  kind: z.enum(ruleKinds),
  text: z.string().meta({ description: 'The sentence that states it.' }),
  use: z
    .object({ what: z.string(), purpose: z.string().nullable(), insteadOf: z.string().nullable() })
    .nullable()
    .meta({ description: 'Of `use X for Y`, `use X instead of Z`.' }),
  ...statedBy,
});

export const checkResponse = z
  .object({
    project: z.string(),
    contexts: z
      .array(
        z.object({
          id: z.uuid(),
          label: z.string(),
          version: z.int(),
          priority: z.enum(priorities),
          preview: z.string(),
          supersededBy: z.uuid().nullable().meta({ description: 'What takes its place, from `validTo` on.' }),
          validTo: z.iso.datetime().nullable(),
          score: z.number().nullable().meta({ description: 'Of the search; null where it did not find it.' }),
          why: z.array(
            z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('always-check') }),
              z.object({ kind: z.literal('words'), words: z.array(z.string()) }),
              z.object({ kind: z.literal('meaning'), similarity: z.number() }),
              z
                .object({ kind: z.literal('successor'), of: z.uuid() })
                .meta({ description: 'It has taken the place of a context that matches.' }),
            ]),
          ),
        }),
      )
      .meta({
        description: `The newest ${MOST_ALWAYS_CHECKED} of priority always_check, whether they match or not, and those that are relevant. Those that are not valid come last, and state no rules.`,
      }),
    rules: z.array(rule).meta({ description: `Of these contexts; ${MOST_RULES} at most.` }),
    violations: z
      .array(
        z.object({
          rule,
          sentence: z.string().meta({ description: 'Of the text.' }),
          words: z.array(z.string()).meta({ description: 'The words of the sentence that show it.' }),
        }),
      )
      .meta({
        description: 'What the words show beyond doubt; that there is none does not say that all rules are kept.',
      }),
    degraded: z.boolean().meta({ description: 'Whether something that should have been looked at was not.' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Check' });

export function toCheckResponse(answer: CheckAnswer): z.infer<typeof checkResponse> {
  return {
    ...answer,
    contexts: answer.contexts.map(({ context, score, why }) => ({
      id: context.id,
      label: context.label,
      version: context.version,
      priority: context.priority,
      preview: context.preview,
      supersededBy: context.supersededBy,
      validTo: endOf(context)?.toISOString() ?? null,
      score,
      why: why.map((reason) => (reason.kind === 'words' ? { ...reason, words: [...reason.words] } : reason)),
    })),
    rules: answer.rules.map(toRule),
    violations: answer.violations.map(({ rule: broken, sentence, words }) => ({
      rule: toRule(broken),
      sentence,
      words: [...words],
    })),
  };
}

function toRule({ kind, text, use, context: { id, label, version } }: StatedRule): z.infer<typeof rule> {
  return {
    kind,
    text,
    use: use === undefined ? null : { what: use.what, purpose: use.purpose ?? null, insteadOf: use.insteadOf ?? null },
    contextId: id,
    label,
    version,
  };
}
