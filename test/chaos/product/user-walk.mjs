// @ts-check
import { USERS } from './workspace-state.mjs';
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

/** @type {readonly import('./write.mjs').Operation[]} */
export const userOperations = [
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
  return USERS.flatMap((user) => [
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
  ]);
}
