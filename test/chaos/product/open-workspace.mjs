// @ts-check
import { createHmac } from 'node:crypto';
import { callRoute } from './calls.mjs';
import { Memory } from './known-workspace.mjs';
import { JWT_SECRET } from './product-environment.mjs';
import { Reader } from './reader.mjs';
import { Writer } from './writer.mjs';

const SCOPES = ['memory:read', 'memory:write', 'embeddings', 'admin'];
const MARKER_LENGTH = 6;
const TOKEN_LIFE_SECONDS = 3_600;

/**
 * A workspace that is a schedule's own, with a key to it, and who reads and writes there.
 *
 * @typedef {{ id: string, memory: Memory, reader: Reader, writer: Writer }} Workspace
 *
 * @param {import('./product-environment.mjs').ProductEnvironment} environment where nothing is disturbed
 * @param {string} slug unlike every other's
 * @param {import('./judge.mjs').Judge} judge
 * @param {Set<string>} markers of all workspaces of the schedule; this one's is added
 * @returns {Promise<Workspace>}
 */
export async function openWorkspace(environment, slug, judge, markers) {
  const [server] = environment.servers;
  if (server === undefined) throw new Error('an environment has servers');
  const made = await callRoute(server, environment.operatorKey, {
    method: 'POST',
    path: '/v1/workspaces',
    body: { slug },
  });
  const key = await callRoute(server, environment.operatorKey, {
    method: 'POST',
    path: '/v1/keys',
    body: { name: 'agent', scopes: SCOPES },
    headers: { 'x-keepsake-workspace': slug },
  });
  if (made.status !== 201 || key.status !== 201) {
    throw new Error(`no workspace: ${JSON.stringify(made.body)} ${JSON.stringify(key.body)}`);
  }
  const memory = new Memory(slug, markerOf(made.body.id), key.body.key);
  markers.add(memory.marker);
  for (const subject of ['ada', 'grace']) memory.tokens.set(subject, signToken(slug, subject));
  return {
    id: made.body.id,
    memory,
    reader: new Reader(judge, memory, markers),
    writer: new Writer(judge, memory, environment),
  };
}

/**
 * @param {string} workspace
 * @param {string} subject
 * @returns {string} a JSON Web Token that the environment's processes take
 */
function signToken(workspace, subject) {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: subject,
    ws: workspace,
    scope: 'memory:read',
    iat: nowSeconds - 60,
    exp: nowSeconds + TOKEN_LIFE_SECONDS,
  };
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createHmac('sha256', JWT_SECRET).update(parts.join('.')).digest('base64url');
  return [...parts, signature].join('.');
}

/** @param {string} id */
function markerOf(id) {
  return `mk${id.replaceAll('-', '').slice(-MARKER_LENGTH)}`;
}
