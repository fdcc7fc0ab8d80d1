// @ts-check
import { createHash } from 'node:crypto';
import { tokenIn } from './known-workspace.mjs';
import { MANY, shownHandover, sorted, viewOfHandover } from './answer-views.mjs';
import { PROJECTS } from './workspace-state.mjs';

/** What the product embeds with here, without its cache. */
const PROVIDER = new URL('../../../dist/libs/embedding/src/provider/local-embedding.provider.js', import.meta.url).href;
/** @type {{ hashFeatures: (text: string, dimensions: number) => Float32Array }} */
const { hashFeatures } = await import(PROVIDER);
/** Of its vectors. */
const DIMENSIONS = 512;

/** @param {readonly number[]} vector */
const digestOf = (vector) => createHash('sha256').update(JSON.stringify(vector)).digest('base64url');

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @returns {import('./readings.mjs').Reading[]}
 */
export function workspaceReadings({ marker }) {
  const text = `What does ${marker} mean?`;
  return [
    {
      route: 'POST /v1/embeddings',
      call: { method: 'POST', path: '/v1/embeddings', body: { input: text } },
      args: { input: text },
      about: ['embeddings'],
      view: ({ data }) => data.map((/** @type {any} */ { embedding }) => digestOf(embedding)),
      expected: () => [digestOf([...hashFeatures(text, DIMENSIONS)])],
    },
    {
      route: 'GET /v1/settings',
      call: { method: 'GET', path: '/v1/settings' },
      args: {},
      about: ['workspace settings'],
      view: ({ redaction }) => redaction.mode,
      expected: ({ redactionMode }) => redactionMode,
    },
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
 * @param {import('./known-workspace.mjs').Memory} memory
 * @returns {import('./readings.mjs').Reading[]} what each credential may do
 */
export function accessReadings({ secrets, tokens }) {
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
      status(/** @type {import('./workspace-state.mjs').WorkspaceState} */ { keys }) {
        const key = keys.find((each) => each.name === name);
        if (key === undefined || key.isRevoked) return 401;
        return key.scopes.includes('memory:read') ? 200 : 403;
      },
    })),
    ...[...tokens].map(([subject, token]) => ({
      ...asking(token),
      about: ['tokens', `token ${subject}`],
      status: (/** @type {import('./workspace-state.mjs').WorkspaceState} */ { endedTokens }) =>
        endedTokens.includes(subject) ? 401 : 200,
    })),
  ];
}
