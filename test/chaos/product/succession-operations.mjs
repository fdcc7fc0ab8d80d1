// @ts-check
import { store, textOf } from './context-operations.mjs';
import { PROJECTS } from './workspace-state.mjs';
import { notIn, notShown } from './write.mjs';

const SLOT = { subject: 'payments service', attribute: 'database' };
/** Every moment of validity is before a schedule is played: its order is that of the numbers, whatever clocks say. */
const SLOTS_BEGIN = Date.UTC(2020, 0, 1) / 1_000;
const SLOT_SECONDS = 100_000_000;

/** What is stored to take the place of something else. @type {readonly import('./write.mjs').Operation[]} */
export const successionOperations = [
  {
    route: 'POST /v1/contexts',
    tool: 'context_store',
    draw({ memory, state, picks }) {
      // What is known by its id is stored for good: no request that stores it is sent again.
      const known = state.contexts.filter(
        ({ token, isArchived }) => !isArchived && memory.idOf('context', token) !== undefined,
      );
      const older = picks.one(known);
      if (older === undefined) return undefined;
      const { project } = older;
      return storing(memory, { project, supersedes: older.token, slotFrom: null });
    },
  },
  {
    route: 'POST /v1/contexts',
    tool: 'remember',
    draw({ memory, picks }) {
      const project = String(picks.one(PROJECTS));
      return storing(memory, { project, supersedes: null, slotFrom: SLOTS_BEGIN + picks.below(SLOT_SECONDS) });
    },
  },
];

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {{ project: string, supersedes: string | null, slotFrom: number | null }} what
 * @returns {Omit<import('./write.mjs').Write, 'route'>}
 */
function storing(memory, { project, supersedes, slotFrom }) {
  const token = memory.newToken();
  // No text has this title before.
  const label = `Note ${token}`;
  const body = {
    project,
    content: textOf(memory, token),
    priority: 'reference',
    ...(supersedes === null ? {} : { label, supersedes: [memory.idOf('context', supersedes)] }),
    ...(slotFrom === null ? {} : { slot: SLOT, validFrom: new Date(slotFrom * 1_000).toISOString() }),
  };
  return {
    call: { method: 'POST', path: '/v1/contexts', body },
    args: body,
    about: [project, `context ${token}`, ...(supersedes === null ? [] : [`context ${supersedes}`])],
    isRepeatable: true,
    apply(state, answer) {
      const exists = state.contexts.some((each) => each.project === project && each.token === supersedes);
      if (supersedes !== null && !exists) return notIn(answer, [400]);
      const stored = store(state, { token, project, label, priority: 'reference', supersedes, slotFrom });
      return (
        notIn(answer, [200, 201]) ??
        notShown(answer, 'the stored version', ({ version, unchanged }) => [version, unchanged], [
          stored.version,
          stored.isUnchanged,
        ])
      );
    },
    learn: ({ body: { id } }) => memory.learn('context', token, id),
  };
}
