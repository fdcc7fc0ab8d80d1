// @ts-check
import { notIn, notShown } from './write.mjs';
import { versionsOf } from './workspace-state.mjs';

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */

/**
 * @param {WorkspaceState} state
 * @param {string} project
 * @param {string} label
 * @param {(context: import('./workspace-state.mjs').StoredContext) => boolean} isGone of its versions
 */
function remove(state, project, label, isGone) {
  const gone = versionsOf(state, project, label).filter(isGone);
  state.contexts = state.contexts.filter((each) => !gone.includes(each));
  const place = `${project} ${label}`;
  const highest = Math.max(state.deletedVersions[place] ?? 0, ...gone.map(({ version }) => version));
  if (versionsOf(state, project, label).length === 0) delete state.deletedVersions[place];
  else state.deletedVersions[place] = highest;
}

/**
 * @param {'DELETE' | 'POST'} method the second is what forgets, without a tombstone: calls are repeated
 * @returns {import('./write.mjs').Operation}
 */
export function deletingOne(method) {
  const isForget = method === 'POST';
  return {
    route: isForget ? 'POST /v1/contexts/{id}/forget' : 'DELETE /v1/contexts/{id}',
    tool: isForget ? 'forget' : 'context_delete',
    draw({ memory, state, picks }) {
      const known = state.contexts.filter((each) => memory.idOf('context', each.token) !== undefined);
      const chosen = picks.one(known);
      // What is gone is not read any more: not often.
      if (chosen === undefined || picks.below(3) > 0) return undefined;
      const { token, project, label } = chosen;
      const id = String(memory.idOf('context', token));
      return {
        call: { method, path: `/v1/contexts/${id}${isForget ? '/forget' : ''}` },
        args: { id },
        about: [project, `context ${token}`],
        apply(next, answer) {
          const exists = next.contexts.some((each) => each.token === token);
          if (!exists) return notIn(answer, [404]);
          remove(next, project, label, (each) => each.token === token);
          return notIn(answer, [200]) ?? notShown(answer, 'what was removed', ({ removed }) => removed.contexts, 1);
        },
      };
    },
  };
}

/**
 * @param {'DELETE' | 'POST'} method the second is what forgets, without a tombstone: calls are repeated
 * @returns {import('./write.mjs').Operation}
 */
export function deletingLabel(method) {
  const isForget = method === 'POST';
  return {
    route: `${method} /v1/projects/{project}/contexts/{label}${isForget ? '/forget' : ''}`,
    tool: isForget ? 'context_forget_by_label' : 'context_delete_by_label',
    draw({ state, picks }) {
      const chosen = picks.one(state.contexts);
      if (chosen === undefined || picks.below(4) > 0) return undefined;
      const { project, label } = chosen;
      return {
        call: {
          method,
          path: `/v1/projects/${project}/contexts/${encodeURIComponent(label)}${isForget ? '/forget' : ''}`,
        },
        args: { project, label },
        about: [project, ...versionsOf(state, project, label).map(({ token }) => `context ${token}`)],
        apply(next, answer) {
          const { length } = versionsOf(next, project, label);
          if (length === 0) return notIn(answer, [404]);
          remove(next, project, label, () => true);
          return (
            notIn(answer, [200]) ?? notShown(answer, 'what was removed', ({ removed }) => removed.contexts, length)
          );
        },
      };
    },
  };
}
