// @ts-check

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */
/** @typedef {import('./workspace-state.mjs').StoredSession} StoredSession */

/**
 * @param {string} client of a session
 * @param {string} project
 * @returns {string} of the one handover that the session leaves there
 */
export const nameOfHandover = (client, project) => `${client} in ${project}`;

/**
 * A session leaves what it did in its project: as one handover, which is made again when it leaves again.
 *
 * @param {WorkspaceState} state
 * @param {StoredSession} session
 * @param {'always' | 'unless empty'} [when]
 */
export function handOver(state, session, when = 'always') {
  const { client, project, summary } = session;
  const work = state.entries.filter((entry) => entry.client === client && entry.project === project);
  if (when === 'unless empty' && summary === null && work.length === 0) return;
  for (const entry of work) entry.isHandedOver = true;
  // What is settled is left out, but for what was done about it.
  const listed = work.filter(({ kind, isResolved }) => kind !== 'todo' || !isResolved).map(({ token }) => token);
  const content = JSON.stringify([summary, listed]);
  const name = nameOfHandover(client, project);
  const left = state.handovers.find((each) => each.name === name);
  // Whoever took it over has not seen what is new in it.
  const isAcknowledged = left !== undefined && left.isAcknowledged && left.content === content;
  state.handovers = state.handovers.filter((each) => each.name !== name);
  state.handovers.push({ name, token: summary, project, content, isAcknowledged });
}
