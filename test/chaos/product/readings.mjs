// @ts-check
import { gunzipSync } from 'node:zlib';
import { viewOfContext } from './context-operations.mjs';
import { tokenIn } from './memory.mjs';
import { LABELS, latestIn, latestOf, openTodosIn, PROJECTS, versionsOf } from './workspace-state.mjs';

/**
 * A read, and what a workspace in a given state must show. Both sides are plain data of the same form.
 *
 * @typedef {object} Reading
 * @property {string} route as the OpenAPI document names it
 * @property {import('./http-client.mjs').Call} call
 * @property {Record<string, unknown>} [args] of the tool that calls the route
 * @property {readonly string[]} about topics of the writes that change it
 * @property {(body: any) => unknown} view of an answer with status 200
 * @property {(state: WorkspaceState) => number} [status] of the answer, where that is all that is looked at
 * @property {true} [isOfSeveral] of a list each of whose items is a read of its own: while a write has no answer, each may be
 *   as it was before that or after
 * @property {(state: WorkspaceState) => unknown} expected undefined where there is nothing: 404
 *
 * @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState
 * @typedef {import('./memory.mjs').Memory} Memory
 */

/** Tools of MCP that read, by the route that they call. */
export const READING_TOOLS = {
  'GET /v1/projects': 'project_list',
  'GET /v1/projects/{project}': 'project_get',
  'GET /v1/projects/{project}/overview': 'project_overview',
  'GET /v1/projects/{project}/contexts/{label}': 'context_get_by_label',
  'GET /v1/contexts': 'context_list',
  'GET /v1/contexts/{id}': 'context_get',
  'GET /v1/contexts/{id}/versions': 'context_versions',
  'GET /v1/contexts/{id}/preview': 'context_preview',
  'GET /v1/contexts/{id}/diff': 'context_diff',
  'POST /v1/contexts/recall': 'context_recall',
  'POST /v1/contexts/check': 'context_check',
  'GET /v1/search': 'search',
  'GET /v1/sessions': 'session_list',
  'GET /v1/sessions/{id}': 'session_get',
  'GET /v1/sessions/{id}/entries': 'session_entries',
  'GET /v1/handovers': 'handover_list',
  'GET /v1/handovers/latest': 'handover_latest',
  'GET /v1/handovers/{id}': 'handover_get',
  'GET /v1/handovers/preview': 'handover_preview',
  'GET /v1/retention': 'retention_list',
  'GET /v1/retention/{project}': 'retention_get',
};

/** Every route that is read. */
export const ROUTES_THAT_READ = [...Object.keys(READING_TOOLS), 'GET /v1/keys', 'GET /v1/projects/{project}/export'];

/** Those that never say that they were a hit, whatever they find in the cache. */
const SILENT_ROUTES = new Set([
  'GET /v1/sessions',
  'GET /v1/keys',
  'GET /v1/retention',
  'GET /v1/retention/{project}',
  'GET /v1/handovers/preview',
  'GET /v1/projects/{project}/export',
  'POST /v1/contexts/recall',
  'POST /v1/contexts/check',
]);

/** @param {Reading} reading */
export function isSilent({ route }) {
  return SILENT_ROUTES.has(route);
}

const MANY = 'limit=100';

/** @param {any} context as it is answered */
function shownContext({ content, preview, project, label, version, tags, priority, archivedAt }) {
  const token = tokenIn(content) ?? tokenIn(preview);
  return { token, project, label, version, tags, priority, isArchived: archivedAt !== null };
}

/** @param {any} session as it is answered */
function shownSession({ client, project, state, summary, metadata }) {
  return { client, project, hasEnded: state === 'ended', summary, note: metadata.note ?? null };
}

/** @param {any} handover as it is answered */
function shownHandover({ summary, project, acknowledgedAt }) {
  return { token: tokenIn(summary), project, isAcknowledged: acknowledgedAt !== null };
}

/** @param {import('./workspace-state.mjs').StoredHandover} handover */
const viewOfHandover = ({ token, project, isAcknowledged }) => ({ token, project, isAcknowledged });

/** @param {Buffer} file an exported project */
function tokensIn(file) {
  const lines = gunzipSync(file).toString().trim().split('\n');
  const parts = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'context');
  return sorted(parts.map(({ content }) => tokenIn(content)));
}

/** @param {any[]} items */
const sorted = (items) => items.map((item) => JSON.stringify(item)).toSorted();

/**
 * Every read of a workspace that is known of.
 *
 * @param {Memory} memory
 * @param {WorkspaceState} state one that the workspace may be in
 * @returns {Reading[]}
 */
export function readingsOf(memory, state) {
  return [
    ...workspaceReadings(),
    ...PROJECTS.flatMap((project) => projectReadings(memory, project)),
    ...PROJECTS.flatMap((project) => LABELS.map((label) => labelReading(project, label))),
    ...state.contexts.flatMap((context) => contextReadings(memory, context)),
    ...state.sessions.flatMap((session) => sessionReadings(memory, session)),
    ...state.handovers.flatMap((handover) => handoverReadings(memory, handover)),
    ...accessReadings(memory),
  ];
}

/** @returns {Reading[]} */
function workspaceReadings() {
  return [
    {
      route: 'GET /v1/projects',
      call: { method: 'GET', path: `/v1/projects?${MANY}` },
      args: { limit: 100 },
      about: PROJECTS,
      view: ({ items }) => items.map((/** @type {any} */ { slug }) => slug),
      expected: ({ projects }) => [...new Set(['default', ...projects])].toSorted(),
    },
    {
      route: 'GET /v1/handovers',
      call: { method: 'GET', path: `/v1/handovers?${MANY}` },
      args: { limit: 100 },
      about: PROJECTS,
      view: ({ items }) => sorted(items.map(shownHandover)),
      expected: ({ handovers }) => sorted(handovers.map(viewOfHandover)),
    },
    {
      route: 'GET /v1/retention',
      call: { method: 'GET', path: `/v1/retention?${MANY}` },
      args: { limit: 100 },
      about: [...PROJECTS, 'retention'],
      view: ({ items }) =>
        items.map((/** @type {any} */ each) => `${each.project} ${each.archiveAfterDays}`).toSorted(),
      expected: ({ archiveAfterDays }) =>
        Object.entries(archiveAfterDays)
          .map(([project, days]) => `${project} ${days}`)
          .toSorted(),
    },
    {
      route: 'GET /v1/keys',
      call: { method: 'GET', path: `/v1/keys?${MANY}` },
      about: ['keys'],
      view: ({ items }) =>
        items
          .filter((/** @type {any} */ { name, revokedAt }) => tokenIn(name) !== null && revokedAt === null)
          .map((/** @type {any} */ { name, scopes }) => `${name} ${scopes}`)
          .toSorted(),
      expected: ({ keys }) =>
        keys.flatMap(({ title, scopes, isRevoked }) => (isRevoked ? [] : [`${title} ${scopes}`])).toSorted(),
    },
  ];
}

/**
 * @param {Memory} memory
 * @returns {Reading[]} what each credential may do
 */
function accessReadings({ secrets, tokens }) {
  const asking = (/** @type {string} */ credential) => ({
    route: 'GET /v1/projects/{project}',
    call: { method: 'GET', path: `/v1/projects/${PROJECTS[0]}`, credential },
    view: () => null,
    expected: () => null,
  });
  return [
    ...[...secrets].map(([name, secret]) => ({
      ...asking(secret),
      about: ['keys', `key ${name}`],
      status(/** @type {WorkspaceState} */ { keys }) {
        const key = keys.find((each) => each.name === name);
        if (key === undefined || key.isRevoked) return 401;
        return key.scopes.includes('memory:read') ? 200 : 403;
      },
    })),
    ...[...tokens].map(([subject, token]) => ({
      ...asking(token),
      about: ['tokens', `token ${subject}`],
      status: (/** @type {WorkspaceState} */ { endedTokens }) => (endedTokens.includes(subject) ? 401 : 200),
    })),
  ];
}

/**
 * @param {Memory} memory
 * @param {string} project
 * @returns {Reading[]}
 */
function projectReadings({ marker }, project) {
  const get = (/** @type {string} */ path) => ({ method: 'GET', path });
  const about = [project];
  const here = (/** @type {{ project: string }} */ each) => each.project === project;
  return [
    {
      route: 'GET /v1/projects/{project}',
      call: get(`/v1/projects/${project}`),
      args: { project },
      about,
      view: ({ counts }) => [counts.contexts, counts.sessions, counts.openTodos, counts.handovers],
      expected: (state) => [
        latestIn(state, project).length,
        state.sessions.filter(here).length,
        openTodosIn(state, project).length,
        state.handovers.filter(here).length,
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
    {
      route: 'GET /v1/search',
      call: get(`/v1/search?project=${project}&q=${marker}&mode=keyword&${MANY}`),
      args: { project, q: marker, mode: 'keyword', limit: 100 },
      about,
      view: ({ items }) =>
        items.map((/** @type {any} */ { kind, snippet }) => `${kind} ${tokenIn(snippet)}`).toSorted(),
      expected: (state) =>
        [
          ...latestIn(state, project).map(({ token }) => `context ${token}`),
          ...state.entries.filter(here).map(({ token }) => `entry ${token}`),
        ].toSorted(),
    },
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
          .map((/** @type {any} */ { label, version }) => `${label} ${version}`)
          .toSorted(),
      expected: (state) =>
        latestIn(state, project)
          .filter(({ priority }) => priority === 'always_check')
          .map(({ label, version }) => `${label} ${version}`)
          .toSorted(),
    },
  ];
}

/**
 * @param {string} project
 * @param {string} label
 * @returns {Reading}
 */
function labelReading(project, label) {
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

/**
 * @param {Memory} memory
 * @param {import('./workspace-state.mjs').StoredContext} context
 * @returns {Reading[]}
 */
function contextReadings(memory, { token, project }) {
  const id = memory.idOf('context', token);
  if (id === undefined) return [];
  const found = (/** @type {WorkspaceState} */ state) => state.contexts.find((each) => each.token === token);
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
 * @param {Memory} memory
 * @param {import('./workspace-state.mjs').StoredSession} session
 * @returns {Reading[]}
 */
function sessionReadings(memory, { client, project }) {
  const id = memory.idOf('session', client);
  if (id === undefined) return [];
  const about = [project, `session ${client}`];
  const found = (/** @type {WorkspaceState} */ state) => state.sessions.find((each) => each.client === client);
  const entriesOf = (/** @type {WorkspaceState} */ state) => state.entries.filter((each) => each.client === client);
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
      about,
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
        const count = (/** @type {string} */ kind) => entriesOf(state).filter((each) => each.kind === kind).length;
        return found(state) && [count('progress'), count('decision')];
      },
    },
  ];
}

/**
 * @param {Memory} memory
 * @param {import('./workspace-state.mjs').StoredHandover} handover
 * @returns {Reading[]}
 */
function handoverReadings(memory, { token, project }) {
  const id = memory.idOf('handover', token);
  if (id === undefined) return [];
  return [
    {
      route: 'GET /v1/handovers/{id}',
      call: { method: 'GET', path: `/v1/handovers/${id}` },
      args: { id },
      about: [project, `handover ${token}`],
      view: shownHandover,
      expected(state) {
        const handover = state.handovers.find((each) => each.token === token);
        return handover && viewOfHandover(handover);
      },
    },
  ];
}
