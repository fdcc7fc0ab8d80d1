// @ts-check
import { viewOfContext } from './context-operations.mjs';
import { tokenIn } from './known-workspace.mjs';
import { MANY, shownContext, shownHandover, shownSession, sorted, viewOfHandover } from './answer-views.mjs';
import { isSuperseded, PROJECTS, versionsOf } from './workspace-state.mjs';

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {import('./workspace-state.mjs').StoredContext} context
 * @returns {import('./readings.mjs').Reading[]}
 */
export function contextReadings(memory, { token, project }) {
  const id = memory.idOf('context', token);
  if (id === undefined) return [];
  const found = (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
    state.contexts.find((each) => each.token === token);
  const about = [project, `context ${token}`];
  const args = { id };
  return [
    {
      route: 'GET /v1/contexts/{id}',
      call: { method: 'GET', path: `/v1/contexts/${id}` },
      args,
      about,
      view: shownContext,
      expected(state) {
        const context = found(state);
        return context && viewOfContext(context);
      },
    },
    {
      route: 'GET /v1/contexts/{id}',
      call: { method: 'GET', path: `/v1/contexts/${id}` },
      about,
      aspect: 'validity',
      view: ({ archivedAt, supersededBy }) => (archivedAt === null ? supersededBy !== null : 'archived'),
      expected(state) {
        const context = found(state);
        if (context === undefined) return undefined;
        return context.isArchived ? 'archived' : isSuperseded(state, context);
      },
    },
    {
      route: 'GET /v1/contexts/{id}/versions',
      call: { method: 'GET', path: `/v1/contexts/${id}/versions?${MANY}` },
      args: { id, limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownContext)),
      expected(state) {
        const context = found(state);
        return context && sorted(versionsOf(state, project, context.label).map(viewOfContext));
      },
    },
    {
      route: 'GET /v1/contexts/{id}/preview',
      call: { method: 'GET', path: `/v1/contexts/${id}/preview` },
      args,
      about,
      view: ({ label, version, preview }) => [label, version, tokenIn(preview)],
      expected(state) {
        const context = found(state);
        return context && [context.label, context.version, token];
      },
    },
    {
      route: 'GET /v1/contexts/{id}/diff',
      call: { method: 'GET', path: `/v1/contexts/${id}/diff` },
      args,
      about,
      view: ({ label, from, to }) => [label, from.version, to.version],
      expected(state) {
        const context = found(state);
        return context && [context.label, Math.max(1, context.version - 1), context.version];
      },
    },
    {
      route: 'POST /v1/contexts/recall',
      call: { method: 'POST', path: '/v1/contexts/recall', body: { ids: [id] } },
      args: { ids: [id] },
      about,
      view: ({ items }) => items.map(shownContext),
      expected(state) {
        const context = found(state);
        return context === undefined ? [] : [viewOfContext(context)];
      },
    },
  ];
}

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {import('./workspace-state.mjs').StoredSession} session
 * @returns {import('./readings.mjs').Reading[]}
 */
export function sessionReadings(memory, { client, project }) {
  const id = memory.idOf('session', client);
  if (id === undefined) return [];
  const about = [project, `session ${client}`];
  const found = (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
    state.sessions.find((each) => each.client === client);
  const entriesOf = (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
    state.entries.filter((each) => each.client === client);
  /** Of a session that has moved, only what it did in the project where it is now. */
  const workOf = (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
    entriesOf(state).filter((each) => each.project === found(state)?.project);
  return [
    {
      route: 'GET /v1/sessions/{id}',
      call: { method: 'GET', path: `/v1/sessions/${id}` },
      args: { id },
      about,
      view: shownSession,
      expected: found,
    },
    {
      route: 'GET /v1/sessions/{id}/entries',
      call: { method: 'GET', path: `/v1/sessions/${id}/entries?${MANY}` },
      args: { id, limit: 100 },
      // A session that has moved has entries in both.
      about: [...PROJECTS, `session ${client}`],
      view: ({ items }) =>
        sorted(
          items.map((/** @type {any} */ { text, kind, resolvedAt }) => [tokenIn(text), kind, resolvedAt !== null]),
        ),
      expected: (state) =>
        found(state) && sorted(entriesOf(state).map(({ token, kind, isResolved }) => [token, kind, isResolved])),
    },
    {
      route: 'GET /v1/handovers/preview',
      call: { method: 'GET', path: `/v1/handovers/preview?sessionId=${id}` },
      args: { sessionId: id },
      about,
      view: ({ workDone, decisions }) => [workDone.length, decisions.length],
      expected(state) {
        const count = (/** @type {string} */ kind) => workOf(state).filter((each) => each.kind === kind).length;
        return found(state) && [count('progress'), count('decision')];
      },
    },
  ];
}

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {import('./workspace-state.mjs').StoredHandover} handover
 * @returns {import('./readings.mjs').Reading[]}
 */
export function handoverReadings(memory, { name, project }) {
  const id = memory.idOf('handover', name);
  if (id === undefined) return [];
  return [
    {
      route: 'GET /v1/handovers/{id}',
      call: { method: 'GET', path: `/v1/handovers/${id}` },
      args: { id },
      about: [project, `handover ${name}`],
      view: shownHandover,
      expected(state) {
        const handover = state.handovers.find((each) => each.name === name);
        return handover && viewOfHandover(handover);
      },
    },
  ];
}
