// @ts-check
import { AGENTS, ensureProject, PROJECTS } from './workspace-state.mjs';
import { notIn, notShown } from './write.mjs';

/**
 * @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState
 * @typedef {import('./workspace-state.mjs').StoredAgentState} StoredAgentState
 */

/** @param {string} agent */
export const pathOf = (agent) => `/v1/agents/${encodeURIComponent(agent)}`;

/**
 * @param {WorkspaceState} state
 * @param {string} project
 * @param {string} agent
 */
export function agentStateOf(state, project, agent) {
  return state.agentStates.find((each) => each.project === project && each.agent === agent);
}

/**
 * @param {WorkspaceState} state
 * @param {{ project: string, agent: string, token: string, note: string | null }} written
 * @returns {number} its version
 */
function write(state, { project, agent, token, note }) {
  const place = `${project} ${agent}`;
  const version = (state.lastVersions[place] ?? 0) + 1;
  state.lastVersions[place] = version;
  state.agentStates = state.agentStates.filter((each) => each.project !== project || each.agent !== agent);
  state.agentStates.push({ project, agent, version, token, note });
  return version;
}

/** @param {any} answer as it is given */
export const shownAgentState = ({ project, agent, version, value }) => [project, agent, version, value];

/** @param {StoredAgentState} state */
export const viewOfAgentState = ({ project, agent, version, token, note }) => [
  project,
  agent,
  version,
  { note, token },
];

/** @param {import('./write.mjs').Draw} draw */
function anyAgent({ picks }) {
  return { project: String(picks.one(PROJECTS)), agent: String(picks.one(AGENTS)) };
}

/** @param {import('./write.mjs').Draw} draw */
function anyCheckpoint({ memory, state, picks }) {
  const known = state.checkpoints.filter(({ token }) => memory.idOf('checkpoint', token) !== undefined);
  const chosen = picks.one(known);
  return chosen && { ...chosen, id: String(memory.idOf('checkpoint', chosen.token)) };
}

/** @type {readonly import('./write.mjs').Operation[]} */
export const agentOperations = [
  {
    route: 'PUT /v1/agents/{agent}/state',
    tool: 'agent_state_put',
    draw(draw) {
      const { project, agent } = anyAgent(draw);
      const token = draw.memory.newToken();
      const body = { project, value: { note: null, token } };
      return {
        call: { method: 'PUT', path: `${pathOf(agent)}/state`, body },
        args: { agent, ...body },
        about: [project, `agent ${project} ${agent}`],
        apply(state, answer) {
          ensureProject(state, project);
          const isNew = agentStateOf(state, project, agent) === undefined;
          const version = write(state, { project, agent, token, note: null });
          return (
            notIn(answer, [isNew ? 201 : 200]) ?? notShown(answer, 'the version', (shown) => shown.version, version)
          );
        },
      };
    },
  },
  {
    route: 'PATCH /v1/agents/{agent}/state',
    tool: 'agent_state_update',
    draw(draw) {
      const { project, agent } = anyAgent(draw);
      const body = { project, value: { note: draw.memory.newToken() } };
      return {
        call: { method: 'PATCH', path: `${pathOf(agent)}/state`, body },
        args: { agent, ...body },
        about: [project, `agent ${project} ${agent}`],
        apply(state, answer) {
          const found = agentStateOf(state, project, agent);
          if (found === undefined) return notIn(answer, [404]);
          const version = write(state, { project, agent, token: found.token, note: body.value.note });
          return notIn(answer, [200]) ?? notShown(answer, 'the version', (shown) => shown.version, version);
        },
      };
    },
  },
  {
    route: 'DELETE /v1/agents/{agent}/state',
    tool: 'agent_state_delete',
    draw(draw) {
      const { project, agent } = anyAgent(draw);
      return {
        call: { method: 'DELETE', path: `${pathOf(agent)}/state?project=${project}` },
        args: { agent, project },
        about: [project, `agent ${project} ${agent}`],
        apply(state, answer) {
          const found = agentStateOf(state, project, agent);
          state.agentStates = state.agentStates.filter((each) => each !== found);
          return notIn(answer, [found === undefined ? 404 : 204]);
        },
      };
    },
  },
  {
    route: 'POST /v1/agents/{agent}/checkpoints',
    tool: 'agent_checkpoint_create',
    draw(draw) {
      const { project, agent } = anyAgent(draw);
      const name = draw.memory.newToken();
      return {
        call: { method: 'POST', path: `${pathOf(agent)}/checkpoints`, body: { project, name } },
        args: { agent, project, name },
        about: [project, `agent ${project} ${agent}`, `checkpoint ${name}`],
        apply(state, answer) {
          const found = agentStateOf(state, project, agent);
          if (found === undefined) return notIn(answer, [404]);
          const { version, token, note } = found;
          state.checkpoints.push({ token: name, agent, project, version, value: { token, note } });
          return notIn(answer, [201]) ?? notShown(answer, 'the version', (shown) => shown.version, version);
        },
        learn: ({ body }) => draw.memory.learn('checkpoint', name, body?.id),
      };
    },
  },
  {
    route: 'DELETE /v1/agents/{agent}/checkpoints/{id}',
    tool: 'agent_checkpoint_delete',
    draw(draw) {
      const chosen = anyCheckpoint(draw);
      // Others go on with what is kept: not often.
      if (chosen === undefined || draw.picks.below(3) > 0) return undefined;
      const { project, agent, token, id } = chosen;
      return {
        call: { method: 'DELETE', path: `${pathOf(agent)}/checkpoints/${id}?project=${project}` },
        args: { agent, id, project },
        about: [project, `agent ${project} ${agent}`, `checkpoint ${token}`],
        apply(state, answer) {
          const exists = state.checkpoints.some((each) => each.token === token);
          state.checkpoints = state.checkpoints.filter((each) => each.token !== token);
          return notIn(answer, [exists ? 204 : 404]);
        },
      };
    },
  },
  {
    route: 'POST /v1/agents/{agent}/restore',
    tool: 'agent_state_restore',
    draw(draw) {
      const chosen = anyCheckpoint(draw);
      if (chosen === undefined) return undefined;
      const { project, agent, token, id } = chosen;
      const checkpoint = draw.picks.below(2) === 0 ? id : token;
      return {
        call: { method: 'POST', path: `${pathOf(agent)}/restore`, body: { project, checkpoint } },
        args: { agent, project, checkpoint },
        about: [project, `agent ${project} ${agent}`],
        apply(state, answer) {
          const kept = state.checkpoints.find((each) => each.token === token);
          if (kept === undefined) return notIn(answer, [404]);
          const version = write(state, { project, agent, ...kept.value });
          const { note, token: valueToken } = kept.value;
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'the restored state', shownAgentState, [
              project,
              agent,
              version,
              { note, token: valueToken },
            ])
          );
        },
      };
    },
  },
];
