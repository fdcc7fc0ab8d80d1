// @ts-check
import { handOver, nameOfHandover } from './handing-over.mjs';
import { latestIn, ensureProject, openTodosIn, PROJECTS } from './workspace-state.mjs';
import { tokenIn } from './known-workspace.mjs';
import { notIn, notShown } from './write.mjs';

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */

/** At most so many are shown to who wakes up. */
const SHOWN_TODOS = 20;

/** @param {import('./write.mjs').Draw} draw */
function openSession({ memory, state, picks }) {
  const open = state.sessions.filter(
    ({ client, hasEnded }) => !hasEnded && memory.idOf('session', client) !== undefined,
  );
  const chosen = picks.one(open);
  return chosen && { ...chosen, id: String(memory.idOf('session', chosen.client)) };
}

/**
 * @param {WorkspaceState} state
 * @param {string} project
 */
function wakeUpOf(state, project) {
  const always = latestIn(state, project).filter(({ priority }) => priority === 'always_check');
  const todos = openTodosIn(state, project);
  return {
    handover: state.handovers.findLast((each) => each.project === project)?.token ?? null,
    contexts: always.map(({ label, version }) => `${label} ${version}`).toSorted(),
    todos: todos.length > SHOWN_TODOS ? SHOWN_TODOS : todos.map(({ token }) => token).toSorted(),
    counts: {
      contexts: latestIn(state, project).length,
      alwaysCheck: always.length,
      openTodos: todos.length,
      sessions: state.sessions.filter((each) => each.project === project).length,
      handovers: state.handovers.filter((each) => each.project === project).length,
    },
  };
}

/** @param {any} wakeUp as it is answered */
function shownWakeUp({ handover, contexts, todos, counts }) {
  const { contexts: all, alwaysCheck, openTodos, sessions, handovers } = counts;
  return {
    handover: handover === null ? null : tokenIn(handover.summary),
    contexts: contexts.map((/** @type {any} */ { label, version }) => `${label} ${version}`).toSorted(),
    todos:
      openTodos > SHOWN_TODOS ? todos.length : todos.map((/** @type {any} */ { text }) => tokenIn(text)).toSorted(),
    counts: { contexts: all, alwaysCheck, openTodos, sessions, handovers },
  };
}

/** @type {readonly import('./write.mjs').Operation[]} */
export const sessionOperations = [
  {
    route: 'POST /v1/sessions',
    tool: 'session_start',
    draw({ memory, picks }) {
      const [project, client] = [String(picks.one(PROJECTS)), memory.newToken()];
      return {
        call: { method: 'POST', path: '/v1/sessions', body: { project, client } },
        args: { project, client },
        about: [project, `session ${client}`],
        apply(state, answer) {
          ensureProject(state, project);
          state.sessions.push({ client, project, hasEnded: false, summary: null, note: null });
          return (
            notIn(answer, [201]) ??
            notShown(answer, 'the wake-up', ({ wakeUp }) => shownWakeUp(wakeUp), wakeUpOf(state, project))
          );
        },
        learn: ({ body }) => memory.learn('session', client, body.id),
      };
    },
  },
  {
    route: 'PATCH /v1/sessions/{id}',
    tool: 'session_update',
    draw(draw) {
      const { memory, picks } = draw;
      const session = openSession(draw);
      if (session === undefined) return undefined;
      const { client, project, id } = session;
      const change = picks.below(2) === 0 ? { summary: memory.newToken() } : { metadata: { note: memory.newToken() } };
      return {
        call: { method: 'PATCH', path: `/v1/sessions/${id}`, body: change },
        args: { id, ...change },
        about: [project, `session ${client}`],
        apply(state, answer) {
          const found = state.sessions.find((each) => each.client === client);
          if (found === undefined) return notIn(answer, [404]);
          if (found.hasEnded) return notIn(answer, [409]);
          if (change.summary !== undefined) found.summary = change.summary;
          else found.note = change.metadata.note;
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'the session', ({ summary, metadata }) => [summary, metadata.note ?? null], [
              found.summary,
              found.note,
            ])
          );
        },
      };
    },
  },
  {
    route: 'PATCH /v1/sessions/{id}',
    tool: 'session_update',
    draw(draw) {
      const { memory, picks } = draw;
      const session = openSession(draw);
      if (session === undefined) return undefined;
      const { client, id } = session;
      const project = String(picks.one(PROJECTS.filter((each) => each !== session.project)));
      const change = picks.below(2) === 0 ? { project } : { project, summary: memory.newToken() };
      return {
        call: { method: 'PATCH', path: `/v1/sessions/${id}`, body: change },
        args: { id, ...change },
        about: [...PROJECTS, `session ${client}`, `handover ${nameOfHandover(client, session.project)}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.sessions.find((each) => each.client === client);
          if (found === undefined) return notIn(answer, [404]);
          if (found.hasEnded) return notIn(answer, [409]);
          ensureProject(state, project);
          // What it did so far stays in the project that it leaves.
          if (found.project !== project) handOver(state, found, 'unless empty');
          found.project = project;
          found.summary = change.summary ?? found.summary;
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'the session', (body) => [body.project, body.summary], [project, found.summary])
          );
        },
      };
    },
  },
  {
    route: 'POST /v1/sessions/{id}/heartbeat',
    tool: 'session_heartbeat',
    draw(draw) {
      const session = openSession(draw);
      if (session === undefined) return undefined;
      const { client, project, id } = session;
      return {
        call: { method: 'POST', path: `/v1/sessions/${id}/heartbeat`, body: {} },
        args: { id },
        about: [project, `session ${client}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.sessions.find((each) => each.client === client);
          if (found === undefined) return notIn(answer, [404]);
          return notIn(answer, found.hasEnded ? [409] : [200]);
        },
      };
    },
  },
  {
    route: 'POST /v1/sessions/{id}/entries',
    tool: 'session_log',
    draw(draw) {
      const { memory, state, picks } = draw;
      const session = openSession(draw);
      if (session === undefined) return undefined;
      const { client, project, id } = session;
      const token = memory.newToken();
      const kind = /** @type {'todo' | 'progress' | 'decision'} */ (picks.one(['todo', 'progress', 'decision']));
      const open = openTodosIn(state, project).filter((entry) => memory.idOf('entry', entry.token) !== undefined);
      const resolved = kind === 'progress' ? picks.one(open) : undefined;
      const body = {
        kind,
        text: `Entry ${token} of ${memory.marker}.`,
        ...(resolved === undefined ? {} : { resolves: [String(memory.idOf('entry', resolved.token))] }),
      };
      return {
        call: { method: 'POST', path: `/v1/sessions/${id}/entries`, body },
        args: { id, ...body },
        about: [project, `session ${client}`],
        apply(next, answer) {
          const found = next.sessions.find((each) => each.client === client);
          if (found === undefined) return notIn(answer, [404]);
          if (found.hasEnded) return notIn(answer, [409]);
          const here = next.entries.filter((entry) => entry.project === found.project);
          const settled = here.find((entry) => entry.token === resolved?.token);
          // A session that has moved, or what it was to settle, which has gone with its project.
          if (resolved !== undefined && settled === undefined) return notIn(answer, [400]);
          next.entries.push({ token, client, project: found.project, kind, isResolved: false, isHandedOver: false });
          if (settled !== undefined) settled.isResolved = true;
          return notIn(answer, [201]);
        },
        learn: ({ body: entry }) => memory.learn('entry', token, entry.id),
      };
    },
  },
  {
    route: 'POST /v1/sessions/{id}/end',
    tool: 'session_end',
    draw(draw) {
      const { memory } = draw;
      const session = openSession(draw);
      if (session === undefined) return undefined;
      const { client, project, id } = session;
      const summary = memory.newToken();
      return {
        call: { method: 'POST', path: `/v1/sessions/${id}/end`, body: { summary } },
        args: { id, summary },
        about: [project, `session ${client}`, `handover ${nameOfHandover(client, project)}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.sessions.find((each) => each.client === client);
          if (found === undefined) return notIn(answer, [404]);
          if (!found.hasEnded) {
            found.hasEnded = true;
            found.summary = summary;
            handOver(state, found);
          }
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'the end', (body) => [body.session.state, tokenIn(body.handover.summary)], [
              'ended',
              found.summary,
            ])
          );
        },
        learn: ({ body: { session: ended, handover } }) =>
          memory.learn('handover', nameOfHandover(client, ended.project), handover.id),
      };
    },
  },
  {
    route: 'POST /v1/handovers',
    tool: 'handover_make',
    draw({ memory, picks }) {
      const [project, summary] = [String(picks.one(PROJECTS)), memory.newToken()];
      return {
        call: { method: 'POST', path: '/v1/handovers', body: { project, summary } },
        args: { project, summary },
        about: [project, `handover ${summary}`],
        apply(state, answer) {
          ensureProject(state, project);
          state.handovers.push({ name: summary, token: summary, project, content: '', isAcknowledged: false });
          return notIn(answer, [201]);
        },
        learn: ({ body }) => memory.learn('handover', summary, body.id),
      };
    },
  },
  {
    route: 'POST /v1/handovers/{id}/acknowledge',
    tool: 'handover_acknowledge',
    draw({ memory, state, picks }) {
      const chosen = picks.one(state.handovers.filter(({ name }) => memory.idOf('handover', name) !== undefined));
      if (chosen === undefined) return undefined;
      const { name, project } = chosen;
      const id = String(memory.idOf('handover', name));
      return {
        call: { method: 'POST', path: `/v1/handovers/${id}/acknowledge`, body: {} },
        args: { id },
        about: [project, `handover ${name}`],
        isRepeatable: true,
        apply(next, answer) {
          const found = next.handovers.find((each) => each.name === name);
          if (found === undefined) return notIn(answer, [404]);
          found.isAcknowledged = true;
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'whether it is acknowledged', ({ acknowledgedAt }) => acknowledgedAt !== null, true)
          );
        },
      };
    },
  },
];
