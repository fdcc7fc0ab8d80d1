import type { ContextId } from '#kernel';
import type { Priority } from '../extract/priority.js';

export interface OverviewCounts {
  /** Labels with a version that is not archived, or was valid at the time that is asked about. */
  readonly labels: number;
  /** Versions that are not archived. */
  readonly versions: number;
  readonly archivedVersions: number;
  /** Bytes of the newest versions, and of everything that is kept. */
  readonly latestBytes: number;
  readonly totalBytes: number;
  /** Of the newest versions. */
  readonly byPriority: Readonly<Record<Priority, number>>;
  /** Newest versions that nobody read or changed since the day asked for. */
  readonly stale: number;
}

/** A newest version and how it is used. */
export interface UsedContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  readonly accessCount: number;
  readonly lastAccessedAt: Date | null;
  readonly updatedAt: Date;
}

/** The newest version of a label as the tree shows it. */
export interface TreeContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  readonly preview: string;
  readonly contentBytes: number;
}

export interface ProjectOverview {
  readonly counts: OverviewCounts;
  readonly mostUsed: readonly UsedContext[];
  readonly leastUsed: readonly UsedContext[];
  readonly stale: readonly UsedContext[];
  readonly tree: LabelTree;
}

interface LabelTree {
  readonly nodes: readonly LabelNode[];
  /** Whether there are more labels than the tree shows. */
  readonly truncated: boolean;
  readonly shownLabels: number;
}

/** A part of labels between slashes. It may be a label of its own and have others below it. */
export interface LabelNode {
  readonly name: string;
  /** The label up to here. */
  readonly path: string;
  /** The newest version of this very label, where there is one. */
  readonly context: TreeContext | null;
  /** Labels here and below, as far as the tree shows them, and what their texts cost a model. */
  readonly labels: number;
  readonly tokens: number;
  readonly children: readonly LabelNode[];
}

/**
 * A rough count of the tokens a language model sees: one for four bytes of UTF-8. Near enough to plan with for English,
 * for code, and, since their characters take three bytes, for Chinese, Japanese and Korean.
 */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}

/** Deeper parts of a label stay together in one name. */
const MAX_DEPTH = 8;

interface GrowingNode {
  readonly name: string;
  readonly path: string;
  context: TreeContext | null;
  readonly children: Map<string, GrowingNode>;
}

/** Arranges labels by their parts between slashes, in the order they come in. */
export function labelTree(contexts: readonly TreeContext[], truncated: boolean): LabelTree {
  const root: GrowingNode = { name: '', path: '', context: null, children: new Map() };
  for (const context of contexts) {
    let node = root;
    for (const [depth, name] of partsOf(context.label).entries()) {
      const path = depth === 0 ? name : `${node.path}/${name}`;
      const child = node.children.get(name) ?? { name, path, context: null, children: new Map() };
      node.children.set(name, child);
      node = child;
    }
    node.context = context;
  }
  return { nodes: finish(root).children, truncated, shownLabels: contexts.length };
}

function partsOf(label: string): string[] {
  const parts = label.split('/');
  return parts.length <= MAX_DEPTH ? parts : [...parts.slice(0, MAX_DEPTH - 1), parts.slice(MAX_DEPTH - 1).join('/')];
}

function finish(node: GrowingNode): LabelNode {
  const children = [...node.children.values()].map(finish);
  const own =
    node.context === null
      ? { labels: 0, tokens: 0 }
      : { labels: 1, tokens: estimatedTokens(node.context.contentBytes) };
  return {
    name: node.name,
    path: node.path,
    context: node.context,
    labels: children.reduce((sum, child) => sum + child.labels, own.labels),
    tokens: children.reduce((sum, child) => sum + child.tokens, own.tokens),
    children,
  };
}
