// @ts-check
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { monotonicMs } from '#test/chaos/monotonic.mjs';
import { NoAnswerError } from './http-client.mjs';

const PRODUCT = fileURLToPath(new URL('../../../bin/keepsake.mjs', import.meta.url));

const MCP_ACCEPT = 'application/json, text/event-stream';

/**
 * Calls a route as a client of REST.
 *
 * @param {import('./product-process.mjs').ProductProcess} server
 * @param {string} key
 * @param {import('./http-client.mjs').Call} call
 * @param {Readonly<Record<string, string>>} [headers] beside its own
 */
export function callRoute(server, key, call, headers = {}) {
  return server.http.send({
    ...call,
    headers: { authorization: `Bearer ${call.credential ?? key}`, ...call.headers, ...headers },
  });
}

/**
 * Runs a command of the product to its end. Success is an answer with status 200.
 *
 * @param {import('./product-environment.mjs').ProductEnvironment} environment
 * @param {readonly string[]} args
 * @returns {Promise<import('./http-client.mjs').Answer>}
 * @throws {NoAnswerError} where it ends otherwise
 */
export async function runCommand({ commandEnv }, args) {
  const startedMs = monotonicMs();
  try {
    await promisify(execFile)(process.execPath, [PRODUCT, ...args], { env: commandEnv, cwd: tmpdir() });
  } catch (error) {
    throw new NoAnswerError(String(error), false);
  }
  return { status: 200, headers: {}, body: undefined, startedMs, endedMs: monotonicMs() };
}

/**
 * Calls a tool of MCP. Its answer is put into the form of a route's: a tool says of success nothing more than that, so
 * `isTool` lets any status of success be it.
 *
 * @param {import('./product-process.mjs').ProductProcess} server
 * @param {string} key
 * @param {string} name
 * @param {Record<string, unknown>} args
 * @returns {Promise<import('./http-client.mjs').Answer>}
 */
export async function callTool(server, key, name, args) {
  const answer = await server.http.send({
    method: 'POST',
    path: '/mcp?profile=full',
    headers: { authorization: `Bearer ${key}`, accept: MCP_ACCEPT },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } },
  });
  if (answer.status !== 200) return answer;
  const { result, error } = answer.body;
  if (error !== undefined) throw new Error(`${name} was refused: ${JSON.stringify(error)}`);
  if (!result.isError) return { ...answer, headers: {}, body: result.structuredContent, isTool: true };
  const problem = JSON.parse(result.content[0].text);
  return { ...answer, headers: {}, status: problem.status, body: problem };
}
