// @ts-check
import { mulberry32 } from '#test/support/random.mjs';
import { questionOf, textOf } from './texts.mjs';
import { zipf } from './zipf.mjs';

export const PROJECTS = 5;
export const LABELS = 200;
const QUESTIONS = 60;
/** Steps of a session beside its start and its end. */
const [FEWEST_STEPS, MOST_STEPS] = [12, 30];

/**
 * What a user does next. `session` is the user's own; `label` and `question` are indices.
 *
 * @typedef {{ kind: 'start' | 'end' | 'session' | 'heartbeat' | 'entry' | 'entries' | 'list' | 'overview' | 'latest'
 *     | 'label' | 'context' | 'search' | 'store' }
 *   & { atMs: number, user: number, project: number, label: number, question: number, seed: number }} Request
 */

/** How often each is drawn within a session, of 100. @type {readonly (readonly [Request['kind'], number])[]} */
const MIX = [
  ['label', 28],
  ['search', 16],
  ['list', 12],
  ['entry', 12],
  ['context', 8],
  ['latest', 6],
  ['store', 5],
  ['session', 5],
  ['heartbeat', 4],
  ['overview', 2],
  ['entries', 2],
];

/**
 * The requests of users who each work in sessions of one project after the other, at a fixed rate whatever the answers take
 * (open loop). The same for the same seed.
 *
 * @param {{ users: number, perSecond: number, seconds: number, seed: number, labels?: number }} size labels of each project
 * @returns {Request[]} by time
 */
export function drawTrace({ users, perSecond, seconds, seed, labels = LABELS }) {
  const random = mulberry32(seed);
  const labelOf = zipf(labels);
  const questionAt = zipf(QUESTIONS);
  const weights = MIX.reduce((sum, [, weight]) => sum + weight, 0);
  /** Steps that are left of the user's session; undefined without one. @type {(number | undefined)[]} */
  const left = Array.from({ length: users }, () => undefined);
  const projects = Array.from({ length: users }, (_, user) => user % PROJECTS);
  /** @type {Request[]} */
  const trace = [];
  // Each user thinks for a while, so that they come by turns and in no fixed order.
  const order = Array.from({ length: users }, (_, user) => user);
  for (let index = 0; index < perSecond * seconds; index++) {
    if (index % users === 0) shuffle(order, random);
    const user = /** @type {number} */ (order[index % users]);
    const remaining = left[user];
    const kind = remaining === undefined ? 'start' : remaining === 0 ? 'end' : drawKind(random() * weights);
    if (kind === 'start') {
      left[user] = FEWEST_STEPS + Math.floor(random() * (MOST_STEPS - FEWEST_STEPS));
      // Most stay where they work.
      if (random() < 0.2) projects[user] = Math.floor(random() * PROJECTS);
    } else left[user] = kind === 'end' ? undefined : Number(remaining) - 1;
    trace.push({
      kind,
      atMs: (index * 1_000) / perSecond,
      user,
      project: Number(projects[user]),
      label: labelOf(random()),
      question: questionAt(random()),
      seed: Math.floor(random() * 2 ** 31),
    });
  }
  return trace;
}

/** @param {number} at */
function drawKind(at) {
  let sum = 0;
  for (const [kind, weight] of MIX) if ((sum += weight) > at) return kind;
  return 'label';
}

/** @param {number[]} list @param {() => number} random */
function shuffle(list, random) {
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [list[index], list[other]] = [/** @type {number} */ (list[other]), /** @type {number} */ (list[index])];
  }
}

/**
 * A request as it is sent.
 *
 * @param {Request} request
 * @param {{ session?: string, contexts: ReadonlyMap<string, string> }} known the user's session, and ids of contexts by project
 *   and label
 * @returns {{ method: string, path: string, body?: object, route: string }}
 */
export function callOf({ kind, project, label, question, seed }, { session, contexts }) {
  const [slug, name] = [`team-${project}`, `notes/${label}`];
  const own = `/v1/sessions/${session}`;
  switch (kind) {
    case 'start':
      return post('/v1/sessions', { project: slug, client: 'bench' }, 'session start');
    case 'end':
      return post(`${own}/end`, { summary: 'Done for now.' }, 'session end');
    case 'session':
      return get(own, 'session');
    case 'heartbeat':
      return post(`${own}/heartbeat`, {}, 'heartbeat');
    case 'entry':
      return post(
        `${own}/entries`,
        { kind: ['progress', 'decision', 'todo', 'insight'][seed % 4], text: textOf(seed, 1).split('\n\n')[1] },
        'entry',
      );
    case 'entries':
      return get(`${own}/entries`, 'entries');
    case 'overview':
      return get(`/v1/projects/${slug}/overview`, 'overview');
    case 'list':
      return get(`/v1/contexts?project=${slug}${['', '', '&priority=important', '&tags=tag-1'][seed % 4]}`, 'list');
    case 'latest':
      return get(`/v1/handovers/latest?project=${slug}`, 'latest handover');
    case 'label':
      return get(`/v1/projects/${slug}/contexts/${encodeURIComponent(name)}`, 'label');
    case 'context':
      return get(`/v1/contexts/${contexts.get(`${slug} ${name}`)}`, 'context');
    case 'search':
      return get(
        `/v1/search?project=${slug}&q=${encodeURIComponent(questionOf(project * 1_000 + question))}`,
        'search',
      );
    case 'store':
      return post(
        '/v1/contexts',
        { project: slug, label: name, content: textOf(seed), tags: [`tag-${seed % 5}`], sessionId: session },
        'store',
      );
  }
}

/** @param {string} path @param {string} route */
function get(path, route) {
  return { method: 'GET', path, route };
}

/** @param {string} path @param {object} body @param {string} route */
function post(path, body, route) {
  return { method: 'POST', path, body, route };
}
