// @ts-check
import { notIn, notShown } from './write.mjs';

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */

const READING = ['memory:read'];
/** A key that reads nothing. */
const EMBEDDING = ['embeddings'];

/** @param {import('./write.mjs').Draw} draw */
function knownKey({ memory, state, picks }) {
  const chosen = picks.one(
    state.keys.filter(({ name, isRevoked }) => !isRevoked && memory.idOf('key', name) !== undefined),
  );
  return chosen && { ...chosen, id: String(memory.idOf('key', chosen.name)) };
}

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {string} name of the key, unlike every other's
 * @param {any} body
 */
function learnKey(memory, name, body) {
  memory.learn('key', name, body.id);
  memory.secrets.set(name, body.key);
}

/** @type {readonly import('./write.mjs').Operation[]} */
export const accessOperations = [
  {
    route: 'POST /v1/keys',
    draw({ memory }) {
      const name = memory.newToken();
      return {
        call: { method: 'POST', path: '/v1/keys', body: { name, scopes: READING } },
        about: ['keys', `key ${name}`],
        apply(state, answer) {
          state.keys.push({ name, title: name, scopes: READING, isRevoked: false });
          return notIn(answer, [201]);
        },
        learn: ({ body }) => learnKey(memory, name, body),
      };
    },
  },
  {
    route: 'PATCH /v1/keys/{id}',
    draw(draw) {
      const key = knownKey(draw);
      if (key === undefined) return undefined;
      const { name, id } = key;
      const scopes = draw.picks.below(2) === 0 ? READING : EMBEDDING;
      return {
        call: { method: 'PATCH', path: `/v1/keys/${id}`, body: { scopes } },
        about: ['keys', `key ${name}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.keys.find((each) => each.name === name);
          if (found === undefined || found.isRevoked) return notIn(answer, [404]);
          found.scopes = scopes;
          return notIn(answer, [200]) ?? notShown(answer, 'the scopes', (body) => body.scopes, scopes);
        },
      };
    },
  },
  {
    route: 'POST /v1/keys/{id}/rotate',
    draw(draw) {
      const key = knownKey(draw);
      if (key === undefined) return undefined;
      const { name, title, id } = key;
      const next = draw.memory.newToken();
      return {
        call: { method: 'POST', path: `/v1/keys/${id}/rotate` },
        about: ['keys', `key ${name}`, `key ${next}`],
        apply(state, answer) {
          const found = state.keys.find((each) => each.name === name);
          if (found === undefined || found.isRevoked) return notIn(answer, [404]);
          found.isRevoked = true;
          state.keys.push({ name: next, title, scopes: found.scopes, isRevoked: false });
          return notIn(answer, [201]);
        },
        learn: ({ body }) => learnKey(draw.memory, next, body),
      };
    },
  },
  {
    route: 'DELETE /v1/keys/{id}',
    draw(draw) {
      const key = knownKey(draw);
      if (key === undefined) return undefined;
      const { name, id } = key;
      return {
        call: { method: 'DELETE', path: `/v1/keys/${id}` },
        about: ['keys', `key ${name}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.keys.find((each) => each.name === name);
          if (found === undefined) return notIn(answer, [404]);
          found.isRevoked = true;
          return notIn(answer, [200]);
        },
      };
    },
  },
  {
    route: 'keepsake keys revoke',
    draw(draw) {
      const key = knownKey(draw);
      // A process that starts costs as much as a hundred requests.
      if (key === undefined || draw.picks.below(4) > 0) return undefined;
      const { name, id } = key;
      return {
        call: { method: 'DELETE', path: `/v1/keys/${id}` },
        command: ['keys', 'revoke', id, '--workspace', draw.memory.slug],
        about: ['keys', `key ${name}`],
        isRepeatable: true,
        apply(state, answer) {
          const found = state.keys.find((each) => each.name === name);
          if (found === undefined) return notIn(answer, [404]);
          found.isRevoked = true;
          return notIn(answer, [200]);
        },
      };
    },
  },
  {
    route: 'POST /v1/auth/logout',
    draw({ memory, state, picks }) {
      const name = picks.one([...memory.tokens.keys()].filter((each) => !state.endedTokens.includes(each)));
      if (name === undefined) return undefined;
      return {
        call: { method: 'POST', path: '/v1/auth/logout', credential: memory.tokens.get(name) },
        about: ['tokens', `token ${name}`],
        ignoresKey: true,
        apply(next, answer) {
          const hadEnded = next.endedTokens.includes(name);
          if (!hadEnded) next.endedTokens.push(name);
          return notIn(answer, hadEnded ? [401] : [204]);
        },
      };
    },
  },
  {
    route: 'POST /v1/auth/revocations',
    draw({ memory, picks }) {
      const subject = picks.one([...memory.tokens.keys()]);
      // Tokens end for good.
      if (subject === undefined || picks.below(3) > 0) return undefined;
      return {
        call: { method: 'POST', path: '/v1/auth/revocations', body: { subject } },
        about: ['tokens', `token ${subject}`],
        isRepeatable: true,
        apply(state, answer) {
          if (!state.endedTokens.includes(subject)) state.endedTokens.push(subject);
          return notIn(answer, [201]);
        },
      };
    },
  },
];
