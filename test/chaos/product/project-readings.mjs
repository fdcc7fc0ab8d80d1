// @ts-check
import { viewOfContext } from './context-operations.mjs';
import { shownConversation, viewOfConversation } from './conversation-operations.mjs';
import { tokenIn } from './known-workspace.mjs';
import { MANY, shownContext, shownHandover, shownSession, sorted, tokensIn, viewOfHandover } from './answer-views.mjs';
import { isSuperseded, LABELS, latestIn, latestOf, openTodosIn } from './workspace-state.mjs';

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {string} project
 * @returns {import('./readings.mjs').Reading[]}
 */
export function projectReadings({ marker }, project) {
  const get = (/** @type {string} */ path) => ({ method: 'GET', path });
  const about = [project];
  const here = (/** @type {{ project: string }} */ each) => each.project === project;
  return [
    {
      route: 'GET /v1/projects/{project}',
      call: get(`/v1/projects/${project}`),
      args: { project },
      about,
      view: ({ counts }) => [
        counts.contexts,
        counts.sessions,
        counts.openTodos,
        counts.handovers,
        counts.conversations,
        counts.agentStates,
        counts.checkpoints,
      ],
      expected: (state) => [
        latestIn(state, project).length,
        state.sessions.filter(here).length,
        openTodosIn(state, project).length,
        state.handovers.filter(here).length,
        state.conversations.filter(here).length,
        state.agentStates.filter(here).length,
        state.checkpoints.filter(here).length,
      ],
    },
    {
      route: 'GET /v1/projects/{project}/overview',
      call: get(`/v1/projects/${project}/overview`),
      args: { project },
      about,
      view: ({ counts }) => [counts.labels, counts.versions, counts.archivedVersions, counts.byPriority.always_check],
      expected: (state) => {
        const all = state.contexts.filter(here);
        const latest = latestIn(state, project);
        const archived = all.filter(({ isArchived }) => isArchived).length;
        const always = latest.filter(({ priority }) => priority === 'always_check').length;
        return [latest.length, all.length - archived, archived, always];
      },
    },
    {
      route: 'GET /v1/contexts',
      call: get(`/v1/contexts?project=${project}&${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownContext)),
      expected: (state) => sorted(latestIn(state, project).map(viewOfContext)),
    },
    {
      route: 'GET /v1/contexts',
      call: get(`/v1/contexts?project=${project}&archived=true&${MANY}`),
      args: { project, archived: 'true', limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownContext)),
      expected: (state) => sorted(state.contexts.filter((each) => here(each) && each.isArchived).map(viewOfContext)),
    },
    {
      route: 'GET /v1/sessions',
      call: get(`/v1/sessions?project=${project}&${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownSession)),
      expected: (state) => sorted(state.sessions.filter(here)),
    },
    {
      route: 'GET /v1/conversations',
      call: get(`/v1/conversations?project=${project}&${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownConversation)),
      expected: (state) => sorted(state.conversations.filter(here).map(viewOfConversation)),
    },
    {
      route: 'GET /v1/handovers',
      call: get(`/v1/handovers?project=${project}&${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => sorted(items.map(shownHandover)),
      expected: (state) => sorted(state.handovers.filter(here).map(viewOfHandover)),
    },
    {
      route: 'GET /v1/handovers/latest',
      call: get(`/v1/handovers/latest?project=${project}`),
      args: { project },
      about,
      view: ({ handover }) => handover && shownHandover(handover),
      expected: (state) => {
        const latest = state.handovers.findLast(here);
        return latest === undefined ? null : viewOfHandover(latest);
      },
    },
    {
      route: 'GET /v1/conflicts',
      call: get(`/v1/conflicts?project=${project}&${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => items,
      expected: () => [],
    },
    {
      route: 'GET /v1/projects/{project}/tombstones',
      call: get(`/v1/projects/${project}/tombstones?${MANY}`),
      args: { project, limit: 100 },
      about,
      view: ({ items }) => items,
      expected: () => [],
    },
    {
      route: 'GET /v1/projects/{project}/settings',
      call: get(`/v1/projects/${project}/settings`),
      args: { project },
      about: [project, 'settings'],
      view: ({ supersede }) => supersede,
      expected: ({ supersede }) => supersede[project] ?? null,
    },
    {
      route: 'GET /v1/retention/{project}',
      call: get(`/v1/retention/${project}`),
      args: { project },
      about: [project, 'retention'],
      view: ({ archiveAfterDays }) => archiveAfterDays,
      expected: ({ archiveAfterDays }) => archiveAfterDays[project] ?? null,
    },
    {
      route: 'GET /v1/projects/{project}/export',
      call: get(`/v1/projects/${project}/export`),
      about,
      view: tokensIn,
      expected: (state) => sorted(state.contexts.filter(here).map(({ token }) => token)),
    },
    searchReading(marker, project, 'all'),
    searchReading(marker, project, 'handed over'),
    {
      route: 'POST /v1/contexts/recall',
      isOfSeveral: true,
      call: { method: 'POST', path: '/v1/contexts/recall', body: { project, labels: LABELS } },
      args: { project, labels: LABELS },
      about,
      view: ({ items }) =>
        LABELS.map((label) => items.filter((/** @type {any} */ each) => each.label === label).map(shownContext)),
      expected: (state) =>
        LABELS.map((label) =>
          [latestOf(state, project, label)].filter((each) => each !== undefined).map(viewOfContext),
        ),
    },
    {
      route: 'POST /v1/contexts/check',
      call: { method: 'POST', path: '/v1/contexts/check', body: { project, text: 'What is to be heeded here?' } },
      args: { project, text: 'What is to be heeded here?' },
      about,
      view: ({ contexts }) =>
        contexts
          .filter((/** @type {any} */ { why }) => why.some((/** @type {any} */ { kind }) => kind === 'always-check'))
          .map(
            (/** @type {any} */ { label, version, supersededBy }) =>
              `${label} ${version}${supersededBy === null ? '' : SUPERSEDED}`,
          )
          .toSorted(),
      expected: (state) =>
        latestIn(state, project)
          .filter(({ priority }) => priority === 'always_check')
          .map((context) => `${context.label} ${context.version}${isSuperseded(state, context) ? SUPERSEDED : ''}`)
          .toSorted(),
    },
  ];
}

const SUPERSEDED = ' that is superseded';

/** @param {any} hit */
const shownHit = ({ kind, snippet, supersededBy }) =>
  `${kind} ${tokenIn(snippet)}${supersededBy === null ? '' : SUPERSEDED}`;

/**
 * @param {string} marker
 * @param {string} project
 * @param {'all' | 'handed over'} which entries and messages are looked at: not those of what still goes on where they are to be handed over
 * @returns {import('./readings.mjs').Reading}
 */
function searchReading(marker, project, which) {
  const isAll = which === 'all';
  const query = { project, q: marker, mode: 'keyword', limit: 100, ...(isAll ? {} : { live: 'false' }) };
  const parameters = new URLSearchParams({ ...query, limit: String(query.limit) });
  return {
    route: 'GET /v1/search',
    call: { method: 'GET', path: `/v1/search?${parameters}` },
    ...(isAll ? { tool: 'recall', args: { ...query, q: undefined, query: marker } } : { args: query }),
    about: [project],
    view: ({ items }) => items.map(shownHit).toSorted(),
    expected: (state) =>
      [
        ...latestIn(state, project).map(
          (context) => `context ${context.token}${isSuperseded(state, context) ? SUPERSEDED : ''}`,
        ),
        ...state.entries
          .filter((each) => each.project === project && (isAll || each.isHandedOver))
          .map(({ token }) => `entry ${token}`),
        ...state.conversations
          .filter((each) => each.project === project && (isAll || each.isArchived))
          .flatMap(({ messages }) => messages.map(({ word }) => `message ${word}`)),
      ].toSorted(),
  };
}

/**
 * @param {string} project
 * @param {string} label
 * @returns {import('./readings.mjs').Reading}
 */
export function labelReading(project, label) {
  return {
    route: 'GET /v1/projects/{project}/contexts/{label}',
    call: { method: 'GET', path: `/v1/projects/${project}/contexts/${encodeURIComponent(label)}` },
    args: { project, label },
    about: [project],
    view: shownContext,
    expected(state) {
      const latest = latestOf(state, project, label);
      return latest && viewOfContext(latest);
    },
  };
}
