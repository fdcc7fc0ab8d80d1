import { newId } from '#kernel';
import { type LabelNode, labelTree, type TreeContext } from './overview.js';

const context = (label: string, contentBytes = 4): TreeContext => ({
  id: newId(),
  label,
  version: 1,
  priority: 'reference',
  preview: label,
  contentBytes,
});
const shape = ({ name, path, labels, tokens, children }: LabelNode): unknown => ({
  name,
  path,
  labels,
  tokens,
  children: children.map(shape),
});

describe('labelTree', () => {
  it('arranges labels by their parts, counts labels and tokens upwards', () => {
    const { nodes, shownLabels, truncated } = labelTree([context('a', 5), context('a/b', 4), context('c/d', 1)], false);
    expect(nodes.map(shape)).toEqual([
      {
        name: 'a',
        path: 'a',
        labels: 2,
        tokens: 3,
        children: [{ name: 'b', path: 'a/b', labels: 1, tokens: 1, children: [] }],
      },
      {
        name: 'c',
        path: 'c',
        labels: 1,
        tokens: 1,
        children: [{ name: 'd', path: 'c/d', labels: 1, tokens: 1, children: [] }],
      },
    ]);
    expect(nodes[1]?.context).toBeNull();
    expect([shownLabels, truncated]).toEqual([3, false]);
  });

  it('T27 keeps labels apart that look alike', () => {
    const labels = ['a/b', 'a//b', '/a/b', 'a/b/', 'a:b', '__proto__', 'constructor/x'];
    const found: string[] = [];
    const walk = (node: LabelNode): void => {
      if (node.context !== null) found.push(node.context.label);
      node.children.forEach(walk);
    };
    labelTree(
      labels.map((label) => context(label)),
      true,
    ).nodes.forEach(walk);
    expect(found.toSorted()).toEqual(labels.toSorted());
  });

  it('keeps what is deeper than eight parts together in one name', () => {
    const label = Array.from({ length: 12 }, (_, index) => index).join('/');
    let node = labelTree([context(label)], false).nodes[0];
    let depth = 1;
    for (; node?.children[0] !== undefined; depth++) node = node.children[0];
    expect(depth).toBe(8);
    expect(node).toMatchObject({ name: '7/8/9/10/11', path: label, context: { label } });
  });
});
