// @ts-check
import { readdir, readFile } from 'node:fs/promises';
import { callRoute } from './calls.mjs';
import { BACKFILL_JOB, EMBEDDING_JOB, JOB_ROUTES } from './job-step.mjs';
import { OPERATIONS } from './operations.mjs';
import { OTHER_READING_TOOLS, READING_TOOLS, ROUTES_THAT_READ } from './reading-routes.mjs';

const LIBRARIES = new URL('../../../dist/libs/', import.meta.url);
const COMMANDS = new URL('../../../dist/apps/cli/src/commands.js', import.meta.url).href;

/** Routes whose answers rest on nothing that a workspace stores, or that nobody caches, and why they are not walked. */
const WITHOUT_STATE = {
  'GET /health': 'is about the process that answers, now',
  'GET /health/live': 'is about the process that answers, now',
  'GET /health/ready': 'is about the process that answers, now',
  'GET /metrics': 'is about the process that answers, now',
  'GET /metrics/cache': 'counts of the cache, computed now',
  'POST /mcp': 'is how tools are called, each of which has a line of its own',
  'GET /v1/admin/cache/health': 'is about the process that answers, now',
  'GET /v1/admin/cache/stats': 'counts of the cache, computed now',
  'GET /v1/admin/cache/advice': 'follows from counts of the cache',
  'GET /v1/admin/cache/families': 'policies, in force within five seconds, as they say',
  'GET /v1/admin/cache/families/{name}': 'a policy, in force within five seconds, as it says',
  'PATCH /v1/admin/cache/families/{name}': 'a policy changes how long is cached, never what is answered',
  'GET /v1/admin/cache/keys': 'lists what is cached at that moment',
  'GET /v1/admin/cache/entries/{key}': 'shows what is cached at that moment',
  'POST /v1/admin/cache/test': 'times a command',
  'GET /v1/admin/cache/rate-limits': 'limits are off here; their own tests prove them',
  'POST /v1/admin/cache/rate-limits/reset': 'limits are off here; their own tests prove them',
  'DELETE /v1/projects/{project}/tombstones/{id}':
    'no text is rejected here, since calls are repeated; test/e2e/forgetting.e2e-spec.ts rejects texts on two servers',
  'GET /v1/workspaces': 'is read from the database each time',
  'GET /v1/keys/{id}': 'is read from the database each time',
  'GET /v1/admin/audit': 'is read from the database each time',
  'GET /v1/jobs/stats': 'is read from the database each time, and moves by itself',
  'GET /v1/models': 'follows from the configuration',
  'GET /v1/models/{model}': 'follows from the configuration',
  'GET /v1/webhooks': 'is read from the database each time',
  'POST /v1/webhooks': 'changes nothing that is cached; its own tests prove what is sent',
  'GET /v1/webhooks/{id}': 'is read from the database each time',
  'PATCH /v1/webhooks/{id}': 'changes nothing that is cached; its own tests prove what is sent',
  'DELETE /v1/webhooks/{id}': 'changes nothing that is cached; its own tests prove what is sent',
  'POST /v1/webhooks/{id}/rotate': 'changes nothing that is cached; its own tests prove what is sent',
  'POST /v1/webhooks/{id}/test': 'changes nothing that is cached; its own tests prove what is sent',
  'GET /v1/webhooks/{id}/deliveries': 'is read from the database each time',
  'GET /v1/webhooks/{id}/deliveries/{delivery}': 'is read from the database each time',
  'POST /v1/webhooks/{id}/deliveries/{delivery}/redeliver':
    'changes nothing that is cached; its own tests prove what is sent',
  'DELETE /v1/users/{user}':
    'goes on in a job for as long as there is something; test/e2e/users erases on two servers, and kills a worker in the middle',
  'GET /v1/users/{user}/erasure': 'is read from the database each time',
  'GET /v1/usage': 'is up to five seconds behind, as it says',
};

/** Commands that write nothing by themselves, and why. */
const COMMANDS_WITHOUT_STATE = {
  serve: 'is what answers',
  worker: 'is one of the processes',
  mcp: 'passes calls of tools on to a server',
  migrate: 'is run before the first start',
  cache: 'asks a server for a route of the walk',
  settings: 'asks a server for a route of the walk',
  limits: 'asks a server about limits, which are off here',
  export: 'asks a server for a route of the walk',
  import: 'asks a server for a route of the walk',
  'import-transcript': 'asks a server for a route of the walk',
  forget: 'asks a server for a route of the walk',
  tombstones: 'asks a server for routes of the walk, and for one that it leaves out',
  users: 'asks a server for what the walk leaves out, since it goes on in a job',
  bench: 'measures a server on a project of its own',
  doctor: 'looks at the configuration',
};

/** What each schedule begins with. */
const OPENING = ['POST /v1/workspaces'];

/** Tools of such routes. */
const TOOLS_WITHOUT_STATE = ['usage_get', 'job_stats', 'tombstone_lift'];

/** Jobs that run while schedules are played: what they change is looked for. */
const WALKED_JOBS = [EMBEDDING_JOB, BACKFILL_JOB, 'cache-warming'];

/** Those that find nothing to do here, and why. */
const IDLE_JOBS = {
  'session-sweep': 'no session is idle for two hours; what it leaves is what an end leaves',
  'context-conflicts': 'no text says anything of another one; what it changes is what a store with `supersedes` does',
  'context-retention': 'no context is as old as the policies; it does what the route does that runs one',
  'search-reindex': 'the analysis of texts is the same all the time',
  'search-changes-expiry': 'removes notes that no search goes back to',
  'agent-state-expiry': 'removes rows of states that every read has taken for gone since their time',
  'idempotency-expiry': 'removes what is a day old',
  'webhook-events': 'no webhook asks for what it records, which nobody caches',
  'webhook-cleanup': 'removes deliveries that are a week old, which nobody caches',
  'user-erasure': 'nobody asks for one; test/e2e/users does',
  'queue-maintenance': 'removes jobs that have ended, which nobody caches',
};

/**
 * @param {import('./product-environment.mjs').ProductEnvironment} environment
 * @returns {Promise<string[]>} every route, tool and command of the product that the walk does not know, and every line of
 *   its tables that names none
 */
export async function uncovered(environment) {
  const [server] = environment.servers;
  if (server === undefined) throw new Error('an environment has servers');
  const { body: document } = await callRoute(server, environment.operatorKey, { method: 'GET', path: '/openapi.json' });
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const listed = await callRoute(server, environment.operatorKey, {
    method: 'POST',
    path: '/mcp?profile=full',
    headers: { accept: 'application/json, text/event-stream' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  });
  const tools = listed.body.result.tools.map((/** @type {{ name: string }} */ { name }) => name);
  const { commands } = await import(COMMANDS);
  const walked = OPERATIONS.map(({ route }) => route);
  const knownCommands = [
    ...walked.flatMap((route) => /^keepsake ([\w-]+)/.exec(route)?.[1] ?? []),
    ...Object.keys(COMMANDS_WITHOUT_STATE),
  ];
  const knownRoutes = [
    ...walked.filter((route) => !route.startsWith('keepsake ')),
    ...ROUTES_THAT_READ,
    ...Object.keys(JOB_ROUTES),
    ...OPENING,
    ...Object.keys(WITHOUT_STATE),
  ];
  const knownTools = [
    ...OPERATIONS.flatMap(({ tool }) => tool ?? []),
    ...Object.values(READING_TOOLS),
    ...OTHER_READING_TOOLS,
    ...Object.values(JOB_ROUTES),
    ...TOOLS_WITHOUT_STATE,
  ];
  const [jobs, knownJobs] = [await declaredJobs(), [...WALKED_JOBS, ...Object.keys(IDLE_JOBS)]];
  return [
    ...missing(routes, knownRoutes).map((route) => `the walk does not know ${route}`),
    ...missing(tools, knownTools).map((tool) => `the walk does not know the tool ${tool}`),
    ...missing(Object.keys(commands), knownCommands).map((name) => `the walk does not know keepsake ${name}`),
    ...missing(jobs, knownJobs).map((name) => `the walk does not know the job ${name}`),
    ...missing(knownJobs, jobs).map((name) => `the walk knows the job ${name}, which the product has not`),
    ...missing(knownRoutes, routes).map((route) => `the walk knows ${route}, which the product has not`),
    ...missing(knownTools, tools).map((tool) => `the walk knows the tool ${tool}, which the product has not`),
  ];
}

/**
 * @param {Readonly<Record<string, number>>} called how often, by route and tool
 * @returns {string[]} the lines of the tables that no schedule came to
 */
export function neverCalled(called) {
  const tools = [
    ...OPERATIONS.flatMap(({ tool }) => tool ?? []),
    ...Object.values(READING_TOOLS),
    ...OTHER_READING_TOOLS,
    ...Object.values(JOB_ROUTES),
  ];
  const all = [
    ...OPERATIONS.map(({ route }) => route),
    ...ROUTES_THAT_READ,
    ...Object.keys(JOB_ROUTES),
    ...tools.map((tool) => `tool ${tool}`),
  ];
  return missing(all, Object.keys(called)).map((what) => `no schedule called ${what}`);
}

/** @returns {Promise<string[]>} the names of all jobs of the product, as it is built */
async function declaredJobs() {
  const files = (await readdir(LIBRARIES, { recursive: true })).filter((path) => path.endsWith('.js'));
  const texts = await Promise.all(files.map((path) => readFile(new URL(path, LIBRARIES), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/= declareJob[^]*?\bname: '([a-z-]+)'/g)].map(([, name]) => String(name)),
  );
}

/**
 * @param {readonly string[]} names
 * @param {readonly string[]} known
 */
function missing(names, known) {
  return names.filter((name) => !known.includes(name));
}
