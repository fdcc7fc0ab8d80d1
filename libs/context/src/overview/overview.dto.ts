import { z } from 'zod';
import { queryInteger } from '#http';
import { projectSlug } from '#project';
import { priorities } from '../extract/priority.js';
import { asOfQuery } from '../validity/validity.fields.js';
import { estimatedTokens, type LabelNode, type ProjectOverview, type UsedContext } from './overview.js';

const count = (fallback: number, most: number) => queryInteger(1, most).prefault(fallback);

export const overviewParams = z.strictObject({ project: projectSlug });
export const overviewQuery = z.strictObject({
  limit: count(10, 100).meta({ description: 'How many contexts each list of uses holds.' }),
  treeLimit: count(200, 1000).meta({ description: 'How many labels the tree shows.' }),
  staleDays: count(30, 3650).meta({ description: 'Neither read nor changed for so many days means stale.' }),
  asOf: asOfQuery.meta({
    description:
      'What was valid and known at that time: texts, versions, times and archive marks of then. Tags, priority and use are those of today.',
  }),
});

const usedContext = z.object({
  id: z.uuid(),
  label: z.string(),
  version: z.int(),
  priority: z.enum(priorities),
  accessCount: z.int(),
  lastAccessedAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime(),
});

const treeContext = z.object({
  id: z.uuid(),
  version: z.int(),
  priority: z.enum(priorities),
  preview: z.string(),
  tokens: z.int(),
});

const labelNode = z
  .object({
    name: z.string(),
    path: z.string(),
    context: treeContext.nullable(),
    labels: z.int(),
    tokens: z.int(),
    get children(): z.ZodArray<typeof labelNode> {
      return z.array(labelNode);
    },
  })
  .meta({ id: 'LabelNode' });

export const overviewResponse = z
  .object({
    project: z.string(),
    asOf: z
      .object({ time: z.iso.datetime(), today: z.array(z.string()) })
      .nullable()
      .meta({ description: 'The time that was asked for, and what is of today all the same; null: now.' }),
    counts: z.object({
      labels: z.int().meta({ description: 'With a version that is not archived, or with `asOf` was valid then.' }),
      versions: z.int().meta({ description: 'Not archived.' }),
      archivedVersions: z.int(),
      latestBytes: z.int().meta({ description: 'Of the newest versions.' }),
      totalBytes: z.int().meta({ description: 'Of everything that is kept.' }),
      estimatedTokens: z.int().meta({ description: 'Of the newest versions: their bytes divided by four.' }),
      byPriority: z.object({ always_check: z.int(), important: z.int(), reference: z.int() }),
      stale: z.int(),
    }),
    mostUsed: z.array(usedContext),
    leastUsed: z.array(usedContext),
    stale: z.array(usedContext),
    tree: z.object({
      nodes: z.array(labelNode),
      shownLabels: z.int(),
      truncated: z.boolean().meta({ description: 'Whether there are labels that the tree does not show.' }),
    }),
  })
  .meta({ id: 'ProjectOverview' });

type OverviewResponse = z.infer<typeof overviewResponse>;

/** What an overview as of another time says of today all the same. */
const OF_TODAY = ['tags', 'priority', 'use'];

export function toOverviewResponse(project: string, overview: ProjectOverview, asOf?: Date): OverviewResponse {
  const { counts, mostUsed, leastUsed, stale, tree } = overview;
  return {
    project,
    asOf: asOf === undefined ? null : { time: asOf.toISOString(), today: OF_TODAY },
    counts: { ...counts, byPriority: { ...counts.byPriority }, estimatedTokens: estimatedTokens(counts.latestBytes) },
    mostUsed: mostUsed.map(toUsed),
    leastUsed: leastUsed.map(toUsed),
    stale: stale.map(toUsed),
    tree: { nodes: tree.nodes.map(toNode), shownLabels: tree.shownLabels, truncated: tree.truncated },
  };
}

function toUsed(used: UsedContext): OverviewResponse['mostUsed'][number] {
  return {
    ...used,
    lastAccessedAt: used.lastAccessedAt?.toISOString() ?? null,
    updatedAt: used.updatedAt.toISOString(),
  };
}

function toNode({ name, path, context, labels, tokens, children }: LabelNode): z.infer<typeof labelNode> {
  return { name, path, context: context && toTreeContext(context), labels, tokens, children: children.map(toNode) };
}

function toTreeContext({ id, version, priority, preview, contentBytes }: NonNullable<LabelNode['context']>) {
  return { id, version, priority, preview, tokens: estimatedTokens(contentBytes) };
}
