// @ts-check
import { MANY } from './answer-views.mjs';
import { latestIn, PROJECTS, USERS } from './workspace-state.mjs';
import { notIn, notShown } from './write.mjs';

/** @param {string} user */
const pathOf = (user) => `/v1/users/${encodeURIComponent(user)}/profile`;

/** @param {string} user */
const topicOf = (user) => `user ${user}`;

/**
 * @param {import('./workspace-state.mjs').WorkspaceState} state
 * @param {string} user
 */
const profileOf = (state, user) => state.profiles.find((each) => each.user === user);

/**
 * Of the contexts of a project that are there.
 *
 * @param {import('./workspace-state.mjs').WorkspaceState} state
 * @param {string} project
 */
const feedbackIn = (state, project) =>
  state.feedback.filter(
    (each) => each.project === project && state.contexts.some(({ token }) => token === each.context),
  );

/** @type {readonly import('./write.mjs').Operation[]} */
export const userOperations = [
  {
    route: 'POST /v1/feedback',
    tool: 'feedback_add',
    draw({ memory, state, picks }) {
      const known = state.contexts.filter(({ token }) => memory.idOf('context', token) !== undefined);
      const chosen = picks.one(known);
      if (chosen === undefined) return undefined;
      const { token: context, project } = chosen;
      const user = String(picks.one(USERS));
      const token = memory.newToken();
      const contextId = String(memory.idOf('context', context));
      const body = { project, user, contextId, kind: 'thumbs', value: 'up', clientId: token };
      return {
        call: { method: 'POST', path: '/v1/feedback', body },
        args: body,
        about: [project, `context ${context}`],
        apply(next, answer) {
          if (!next.contexts.some((each) => each.token === context)) return notIn(answer, [400]);
          next.feedback = next.feedback.filter((each) => each.user !== user || each.context !== context);
          next.feedback.push({ token, user, project, context });
          return notIn(answer, [201]);
        },
      };
    },
  },
  {
    route: 'PATCH /v1/users/{user}/profile',
    tool: 'profile_update',
    draw({ memory, picks }) {
      const user = String(picks.one(USERS));
      const token = memory.newToken();
      // Half of them leave the preferences as they are.
      const preferences = picks.below(2) === 0 ? { tone: memory.newToken() } : undefined;
      const body = { profile: { token }, ...(preferences === undefined ? {} : { preferences }) };
      return {
        call: { method: 'PATCH', path: pathOf(user), body },
        args: { user, ...body },
        about: [topicOf(user)],
        apply(state, answer) {
          const before = profileOf(state, user);
          const version = (before?.version ?? 0) + 1;
          const tone = preferences?.tone ?? before?.tone ?? null;
          state.profiles = [...state.profiles.filter((each) => each !== before), { user, version, token, tone }];
          return notIn(answer, [200]) ?? notShown(answer, 'the version', (shown) => shown.version, version);
        },
      };
    },
  },
];

/** @returns {import('./readings.mjs').Reading[]} */
export function userReadings() {
  return [...PROJECTS.flatMap(feedbackReadings), ...USERS.flatMap(profileReadings)];
}

/**
 * @param {string} project
 * @returns {import('./readings.mjs').Reading[]}
 */
function feedbackReadings(project) {
  return [
    {
      route: 'GET /v1/feedback',
      call: { method: 'GET', path: `/v1/feedback?project=${project}&${MANY}` },
      args: { project, limit: 100 },
      about: [project],
      view: ({ items }) => items.map((/** @type {any} */ { clientId }) => clientId).toSorted(),
      expected: (state) =>
        feedbackIn(state, project)
          .map(({ token }) => token)
          .toSorted(),
    },
    ...USERS.map((user) => ({
      route: 'GET /v1/relevance',
      call: {
        method: 'GET',
        path: `/v1/relevance?project=${project}&user=${encodeURIComponent(user)}&${MANY}`,
      },
      args: { project, user, limit: 100 },
      about: [project],
      view: (/** @type {any} */ { items }) =>
        items
          .map((/** @type {any} */ { label, version, factors }) => `${label} ${version} ${factors.feedback.toFixed(2)}`)
          .toSorted(),
      expected: (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
        latestIn(state, project)
          .map(({ label, version, token }) => {
            const given = feedbackIn(state, project).filter(({ context }) => context === token);
            const own = given.filter((each) => each.user === user).length;
            return `${label} ${version} ${(1 + 0.2 * own + 0.05 * (given.length - own)).toFixed(2)}`;
          })
          .toSorted(),
    })),
  ];
}

/**
 * @param {string} user
 * @returns {import('./readings.mjs').Reading[]}
 */
function profileReadings(user) {
  return [
    {
      route: 'GET /v1/users/{user}/profile',
      call: { method: 'GET', path: pathOf(user) },
      args: { user },
      about: [topicOf(user)],
      view: ({ version, profile, preferences }) => [version, profile.token ?? null, preferences.tone ?? null],
      expected(state) {
        const { version, token, tone } = profileOf(state, user) ?? { version: 0, token: null, tone: null };
        return [version, token, tone];
      },
    },
    {
      route: 'GET /v1/users/{user}/profile/history',
      call: { method: 'GET', path: `${pathOf(user)}/history?limit=1` },
      args: { user, limit: 1 },
      about: [topicOf(user)],
      view: ({ items: [newest] }) => (newest === undefined ? null : [newest.version, newest.profile.token]),
      expected(state) {
        const found = profileOf(state, user);
        return found === undefined ? null : [found.version, found.token];
      },
    },
  ];
}
