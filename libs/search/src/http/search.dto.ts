import { z } from 'zod';
import { OF_TODAY, priorities } from '#context';
import { entityId, pageQuery, queryDecimal, queryInteger, timeField } from '#http';
import type { SessionId } from '#kernel';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import type { SituatedHit } from '../hit-sources.js';
import { type QueryIntent, type SearchAnswer, searchKinds, searchModes, type SearchRequest } from '../search.js';

const MAX_QUERY_LENGTH = 1_000;

/** Of the text of a hit, in UTF-16 units: more than most memories have. */
const MAX_TEXT_LENGTH = 4_000;

/** A list in one field, separated by commas, or the field several times. */
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .pipe(
    z.array(z.string().trim().min(1, 'holds an empty tag').max(100, 'holds a tag of more than 100 characters')).max(20),
  );

const kindList = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    [...new Set([value].flat().flatMap((part) => part.split(',').map((kind) => kind.trim())))].toSorted(),
  )
  .pipe(z.array(z.enum(searchKinds)).min(1));

export const searchQuery = z.strictObject({
  q: z
    .string({ error: ({ input }) => (input === undefined ? 'say what to look for' : undefined) })
    .max(MAX_QUERY_LENGTH)
    .refine((text) => text.trim() !== '', 'say what to look for'),
  project: projectSlug.default(DEFAULT_PROJECT),
  mode: z.enum(searchModes).optional(),
  limit: pageQuery.limit,
  // Carries the terms of the query with their weights.
  cursor: z.string().min(1).max(8_192).optional(),
  priority: z.enum(priorities).optional(),
  tags: list.optional(),
  session: entityId('must be the id of a session').optional(),
  since: timeField().optional(),
  minScore: queryDecimal(0, 1_000_000).optional(),
  live: z.enum(['true', 'false']).default('true').meta({
    description:
      'False: leaves out what open sessions have logged and not handed over, and messages of conversations that are not archived.',
  }),
  kinds: kindList.optional().meta({ description: 'Only these, separated by commas: context, entry, message.' }),
  neighbours: queryInteger(0, 5)
    .prefault(1)
    .meta({ description: 'How many messages, or entries, before and after a hit come with it.' }),
  textLength: queryInteger(0, MAX_TEXT_LENGTH)
    .prefault(0)
    .meta({ description: 'How many characters of its text come with each hit, from the beginning; 0: none.' }),
  weak: z
    .enum(['true', 'false'])
    .default('true')
    .meta({ description: 'False: leaves out hits that are only near to the query, where nothing holds a word of it.' }),
  current: z.enum(['true', 'false']).default('false').meta({
    description: 'True: leaves out contexts that are not valid now. Else they stand below what takes their place.',
  }),
  asOf: timeField().optional().meta({
    description:
      'What was valid and known at that time: contexts with the versions, times and archive marks of then, and what was said or logged before. What was stored later and is said to be valid from before counts as known. Tags and priority are those of today.',
  }),
  rerank: z.enum(['true', 'false']).default('false'),
});

/** The search that a query asks for, without where its page starts. */
export function toListing(query: z.infer<typeof searchQuery>): Omit<SearchRequest, 'after' | 'limit'> {
  return {
    project: query.project,
    query: query.q,
    mode: query.mode,
    rerank: query.rerank === 'true',
    weak: query.weak === 'true',
    current: query.current === 'true',
    asOf: query.asOf === undefined ? undefined : new Date(query.asOf),
    filters: {
      priority: query.priority,
      tags: query.tags,
      sessionId: query.session as SessionId | undefined,
      since: query.since === undefined ? undefined : new Date(query.since),
      minScore: query.minScore,
      kinds: query.kinds,
      settled: query.live === 'false' ? true : undefined,
    },
  };
}

const share = (of: string) => z.number().meta({ description: `What ${of} added to the score.` });

const channelRank = z
  .object({
    rank: z.int().optional().meta({ description: '1 is the best; absent on later pages of a keyword search.' }),
    score: z.number().meta({ description: "On the channel's own scale: BM25, or a cosine; boosts included." }),
  })
  .optional();

const searchHit = z
  .object({
    kind: z.enum(searchKinds),
    id: z.uuid().meta({ description: 'Of the context version, the entry or the message itself.' }),
    label: z.string().nullable(),
    version: z.int().nullable(),
    score: z.number().meta({ description: 'Comparable within this search alone.' }),
    scores: z.object({
      keyword: share('BM25 over the words of the query'),
      semantic: share('the similarity of vectors'),
      recency: share('recency'),
      priority: share('priority'),
      role: share('that a person wrote it, or did not: below 0'),
      author: share('that whom the query names said it, or that it names them'),
      neighbours: share('what was said or logged right before and after'),
      time: share('that it was said when the query says'),
      succession: z
        .number()
        .optional()
        .meta({ description: 'What it gained to stand before what it supersedes; absent where that is nothing.' }),
      intent: z.number().optional().meta({
        description:
          'What it gained or lost as one of several that hold the same words of a query that asks for now: the newest has the best place.',
      }),
      rerank: z.number().optional().meta({ description: 'The score itself, where a reranker looked at the hit.' }),
    }),
    channels: z
      .object({ keyword: channelRank, semantic: channelRank })
      .meta({ description: 'The place that each channel gave the hit by itself; absent where it did not find it.' }),
    weak: z.boolean().meta({
      description:
        'True where nothing holds a word of the query: it is near by parts of words, other inflections, or vectors; `reason` says how.',
    }),
    snippet: z.string(),
    text: z.string().optional().meta({ description: 'From its beginning, as long as `textLength` says; else absent.' }),
    truncated: z.boolean().optional().meta({ description: 'Whether the text goes on.' }),
    supersededBy: z.uuid().nullable().meta({ description: 'The context that takes its place, from `validTo` on.' }),
    validTo: z.iso.datetime().nullable().meta({ description: 'Until when it is valid, exclusive.' }),
    source: z
      .object({
        sessionId: z.uuid().nullable(),
        conversationId: z.uuid().nullable(),
        seq: z.int().nullable().meta({ description: 'Of a message in its conversation.' }),
        version: z.int().nullable(),
        createdAt: z.iso.datetime(),
      })
      .nullable()
      .meta({ description: 'Where it comes from; null where it was deleted a moment ago.' }),
    neighbours: z
      .array(
        z.object({
          id: z.uuid(),
          offset: z.int().meta({ description: 'Its place from the hit: -1 is the one before.' }),
          seq: z.int().nullable(),
          role: z.string().nullable().meta({ description: 'Of a message.' }),
          entryKind: z.string().nullable().meta({ description: 'Of an entry.' }),
          text: z.string().meta({ description: 'Cut after 500 characters.' }),
          createdAt: z.iso.datetime(),
        }),
      )
      .meta({ description: 'What was said or logged around it, oldest first; of a context none.' }),
  })
  .meta({ id: 'SearchHit' });

const searchIntent = z
  .object({
    kind: z.enum(['now', 'time']).meta({
      description:
        '`now`: of hits that hold the same words of the query the newest stands first. `time`: what was valid then stands first, what was not counts for less, and nothing is left out.',
    }),
    phrase: z.string().meta({ description: 'The words of the query that say so.' }),
    from: z.iso.datetime().nullable().meta({ description: 'Of a time: its beginning; null where it has none.' }),
    to: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Its end, exclusive; null where it has none. Both null: before something without a date.' }),
  })
  .meta({
    id: 'SearchIntent',
    description:
      'What the query says of the time that it asks about, by rules for English (with another SEARCH_LANGUAGE dates of ISO 8601 alone). Null where it says nothing, and where `asOf` says it, or for a time `current` or `since`.',
  });

export const searchResponse = z
  .object({
    project: z.string(),
    mode: z.enum(searchModes).meta({ description: 'The mode that ran.' }),
    degraded: z.boolean().meta({ description: 'Whether a channel that was asked for did not take part.' }),
    reason: z.string().nullable().meta({ description: 'Why it is degraded, and what else there is to know about it.' }),
    emptyReason: z.string().nullable().meta({ description: 'Why nothing was found; null where something was.' }),
    asOf: z
      .object({ time: z.iso.datetime(), today: z.array(z.string()) })
      .nullable()
      .meta({ description: 'The time that was asked for, and what is of today all the same.' }),
    intent: searchIntent.nullable(),
    items: z.array(searchHit),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'SearchAnswer' });

export function toSearchResponse(
  answer: SearchAnswer,
  asOf: Date | undefined,
  items: readonly SituatedHit[],
  nextCursor: string | null,
): z.infer<typeof searchResponse> {
  const { project, mode, degraded, reason, emptyReason, intent } = answer;
  return {
    project,
    mode,
    degraded,
    reason,
    emptyReason,
    asOf: asOf === undefined ? null : { time: asOf.toISOString(), today: [...OF_TODAY] },
    intent: intent === undefined ? null : toIntent(intent),
    items: items.map(({ source, neighbours, said, ...hit }) => ({
      ...hit,
      ...said,
      validTo: hit.validTo?.toISOString() ?? null,
      source: source === null ? null : { ...source, version: hit.version, createdAt: source.createdAt.toISOString() },
      neighbours: neighbours.map(({ createdAt, ...rest }) => ({ ...rest, createdAt: createdAt.toISOString() })),
    })),
    nextCursor,
  };
}

function toIntent(intent: QueryIntent): z.infer<typeof searchIntent> {
  const { kind, phrase } = intent;
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return intent.kind === 'now'
    ? { kind, phrase, from: null, to: null }
    : { kind, phrase, from: time(intent.fromMs), to: time(intent.toMs) };
}
