// @ts-check

/**
 * A write that is drawn, and not sent yet.
 *
 * @typedef {object} Write
 * @property {string} route as the OpenAPI document names it, or a command
 * @property {import('./http-client.mjs').Call} call
 * @property {readonly string[]} [command] of the command line, that is run instead: on the database, without Redis
 * @property {Record<string, unknown>} [args] of the tool that calls the route
 * @property {import('./possible-states.mjs').Effect['apply']} apply
 * @property {(answer: import('./http-client.mjs').Answer) => void} [learn] ids of what was made
 * @property {readonly string[]} about topics of the reads that show it
 * @property {boolean} [ignoresKey] whether an idempotency key means nothing to it: sent again, it is another request
 * @property {boolean} [isRepeatable] whether the same request says the same a second time, without an idempotency key
 *
 * @typedef {object} Draw
 * @property {import('./known-workspace.mjs').Memory} memory
 * @property {import('./workspace-state.mjs').WorkspaceState} state one that the workspace may be in
 * @property {import('./picks.mjs').Picks} picks
 *
 * @typedef {object} Operation
 * @property {string} route or a command
 * @property {string} [tool] of MCP, which calls it as well
 * @property {(draw: Draw) => Omit<Write, 'route'> | undefined} draw undefined where there is nothing to do it to
 */

/**
 * @param {import('./http-client.mjs').Answer | undefined} answer
 * @param {readonly number[]} statuses
 * @returns {string | undefined} what is wrong; nothing where there is no answer yet
 */
export function notIn(answer, statuses) {
  if (answer === undefined || statuses.includes(answer.status)) return undefined;
  if (answer.isTool && statuses.some((status) => status < 300)) return undefined;
  return `answered ${answer.status}, not ${statuses.join(' or ')}: ${JSON.stringify(answer.body)?.slice(0, 300)}`;
}

/**
 * @param {import('./http-client.mjs').Answer | undefined} answer
 * @param {string} what
 * @param {(body: any) => unknown} shown
 * @param {unknown} expected
 * @returns {string | undefined}
 */
export function notShown(answer, what, shown, expected) {
  if (answer === undefined) return undefined;
  const [actual, wanted] = [JSON.stringify(shown(answer.body)), JSON.stringify(expected)];
  return actual === wanted ? undefined : `${what} is ${actual}, not ${wanted}`;
}
