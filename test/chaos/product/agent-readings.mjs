// @ts-check
import { agentStateOf, pathOf, shownAgentState, viewOfAgentState } from './agent-operations.mjs';
import { MANY } from './answer-views.mjs';
import { AGENTS } from './workspace-state.mjs';

/**
 * @param {string} project
 * @returns {import('./readings.mjs').Reading[]}
 */
export function agentReadings(project) {
  return [
    {
      route: 'GET /v1/agents',
      call: { method: 'GET', path: `/v1/agents?project=${project}&${MANY}` },
      args: { project, limit: 100 },
      about: [project],
      view: ({ items }) => items.map((/** @type {any} */ { agent, version }) => `${agent} ${version}`).toSorted(),
      expected: ({ agentStates }) =>
        agentStates
          .filter((each) => each.project === project)
          .map(({ agent, version }) => `${agent} ${version}`)
          .toSorted(),
    },
    ...AGENTS.flatMap((agent) => ofAgent(project, agent)),
  ];
}

/**
 * @param {string} project
 * @param {string} agent
 * @returns {import('./readings.mjs').Reading[]}
 */
function ofAgent(project, agent) {
  const about = [project, `agent ${project} ${agent}`];
  return [
    {
      route: 'GET /v1/agents/{agent}/state',
      call: { method: 'GET', path: `${pathOf(agent)}/state?project=${project}` },
      args: { agent, project },
      about,
      view: shownAgentState,
      expected(state) {
        const found = agentStateOf(state, project, agent);
        return found && viewOfAgentState(found);
      },
    },
    {
      route: 'GET /v1/agents/{agent}/checkpoints',
      call: { method: 'GET', path: `${pathOf(agent)}/checkpoints?project=${project}&${MANY}` },
      args: { agent, project, limit: 100 },
      about,
      view: ({ items }) => items.map((/** @type {any} */ { name, version }) => `${name} ${version}`).toSorted(),
      expected: ({ checkpoints }) =>
        checkpoints
          .filter((each) => each.project === project && each.agent === agent)
          .map(({ token, version }) => `${token} ${version}`)
          .toSorted(),
    },
  ];
}

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {import('./workspace-state.mjs').StoredCheckpoint} checkpoint
 * @returns {import('./readings.mjs').Reading[]}
 */
export function checkpointReadings(memory, { token, agent, project }) {
  const id = memory.idOf('checkpoint', token);
  if (id === undefined) return [];
  return [
    {
      route: 'GET /v1/agents/{agent}/checkpoints/{id}',
      call: { method: 'GET', path: `${pathOf(agent)}/checkpoints/${id}?project=${project}` },
      args: { agent, id, project },
      about: [project, `checkpoint ${token}`],
      view: ({ name, version, value }) => [name, version, value.token, value.note],
      expected({ checkpoints }) {
        const kept = checkpoints.find((each) => each.token === token);
        return kept && [token, kept.version, kept.value.token, kept.value.note];
      },
    },
  ];
}
