import type { ContextSummary } from '../context.js';
import type { ReplacedContext } from '../context-observers.js';

type Version = Pick<ContextSummary, 'id' | 'projectId' | 'label' | 'version'>;

/**
 * The versions that new ones take the place of, each with the next of its label.
 * @param added versions of any labels, those of a label in their order
 * @param latestOf the newest version of a label before
 */
export function replacedVersions(
  added: readonly Version[],
  latestOf: (label: string) => Version | undefined,
): readonly ReplacedContext[] {
  const before = new Map<string, Version | undefined>();
  return added.flatMap((context) => {
    const { label } = context;
    const old = before.has(label) ? before.get(label) : latestOf(label);
    before.set(label, context);
    if (old === undefined) return [];
    const { id, projectId, version } = old;
    return [{ id, projectId, label, version, supersededBy: context.id }];
  });
}
