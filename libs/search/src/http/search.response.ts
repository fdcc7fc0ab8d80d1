import { z } from 'zod';
import type { SearchAnswer } from '../search.js';
import { searchKinds, searchModes } from '../search.js';

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
    id: z.uuid().meta({ description: 'Of the context version or the entry itself.' }),
    label: z.string().nullable(),
    version: z.int().nullable(),
    score: z.number().meta({ description: 'Comparable within this search alone.' }),
    scores: z.object({
      keyword: share('BM25 over the words of the query'),
      semantic: share('the similarity of vectors'),
      recency: share('recency'),
      priority: share('priority'),
      rerank: z.number().optional().meta({ description: 'The score itself, where a reranker looked at the hit.' }),
    }),
    channels: z
      .object({ keyword: channelRank, semantic: channelRank })
      .meta({ description: 'The place that each channel gave the hit by itself; absent where it did not find it.' }),
    weak: z.boolean().meta({
      description:
        'True where it holds no word of the query, only words or parts of words near to them: another inflection, a compound.',
    }),
    snippet: z.string(),
  })
  .meta({ id: 'SearchHit' });

export const searchResponse = z
  .object({
    project: z.string(),
    mode: z.enum(searchModes).meta({ description: 'The mode that ran.' }),
    degraded: z.boolean().meta({ description: 'Whether a channel that was asked for did not take part.' }),
    reason: z.string().nullable(),
    items: z.array(searchHit),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'SearchAnswer' });

export function toSearchResponse(answer: SearchAnswer, nextCursor: string | null): z.infer<typeof searchResponse> {
  const { project, mode, degraded, reason, items } = answer;
  return {
    project,
    mode,
    degraded,
    reason,
    items: [...items],
    nextCursor,
  };
}
