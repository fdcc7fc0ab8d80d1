import { estimatedTokens, type LabelNode, type LabelTree, type TreeContext } from './overview.js';

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
