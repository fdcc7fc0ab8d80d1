// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { callRoute, callTool } from './calls.mjs';
import { drawWrite, keyed } from './choices.mjs';
import { Picks } from './picks.mjs';

/** Routes of this step, each with the tool that calls it. */
export const JOB_ROUTES = {
  'GET /v1/jobs': 'job_list',
  'GET /v1/jobs/{id}': 'job_get',
  'POST /v1/jobs/{id}/retry': 'job_retry',
  'POST /v1/jobs/{id}/cancel': 'job_cancel',
};
/** Jobs whose work this step looks for. */
export const [EMBEDDING_JOB, BACKFILL_JOB] = ['context-embedding', 'embedding-backfill'];

/** @typedef {Extract<import('./product-schedule.mjs').Step, { do: 'job' }>} JobStepOptions */

/** Storing a context. */
const STORE = 0;
const WORKER = 2;
/** A job that is due is taken up at the latest when its worker looks again. */
const DONE_MS = 60_000;
const LOOK_MS = 20;
/** A worker that was stopped before its invalidation may not have waited for it: reads may lag so much. */
const EXCEPTION_MS = 1_000;
/** As a worker leaves a job whose every attempt failed. */
const MAKE_DEAD = `UPDATE pgboss.job SET state = 'failed', retry_count = retry_limit, started_on = now(), completed_on = now(),
  output = '{"code": "provider", "message": "No answer."}' WHERE name = $1 AND id = $2`;

/**
 * The embedding of a context is put off: its job is cancelled or dead before a worker comes to it. Retried by hand, or made
 * good by the next backfill, which is itself retried, it must be seen by every read that begins after the job has ended.
 */
export class JobStep {
  #environment;
  #judge;
  #faults;
  #workspace;
  #isByTool;

  /**
   * @param {import('./product-environment.mjs').ProductEnvironment} environment where nothing is disturbed
   * @param {import('./judge.mjs').Judge} judge
   * @param {import('./disturbances.mjs').Disturbances} faults
   * @param {import('./open-workspace.mjs').Workspace} workspace
   * @param {{ isByTool: boolean }} how
   */
  constructor(environment, judge, faults, workspace, { isByTool }) {
    this.#environment = environment;
    this.#judge = judge;
    this.#faults = faults;
    this.#workspace = workspace;
    this.#isByTool = isByTool;
  }

  /** @param {JobStepOptions} step */
  async run({ at, pick, by, isDead, isHeld }) {
    const [here, there, worker] = [at, 1 - at, WORKER].map((index) => this.#environment.process(index));
    if (here === undefined || there === undefined || worker === undefined) return;
    if (!here.isServing || !there.isServing || !worker.isRunning || worker.isSuspended) return;
    // A write that is still under way may replace the context before it is embedded.
    if (this.#workspace.memory.states.unanswered > 0) return;
    worker.suspend();
    try {
      await this.#putOffAndFinish({ here, there, worker }, { pick, by, isDead, isHeld });
    } finally {
      this.#faults.goOn(worker);
    }
  }

  /**
   * @param {Record<'here' | 'there' | 'worker', import('./product-process.mjs').ProductProcess>} processes the worker is stopped
   * @param {Pick<JobStepOptions, 'pick' | 'by' | 'isDead' | 'isHeld'>} how
   */
  async #putOffAndFinish({ here, there, worker }, { pick, by, isDead, isHeld }) {
    const stored = await this.#store(here, new Picks(pick));
    const job = stored && (await this.#jobOf(there, stored.id));
    if (stored === undefined || job?.state !== 'waiting') return;
    if (isDead) await this.#environment.query(MAKE_DEAD, [EMBEDDING_JOB, job.id]);
    else await this.#ask(here, 'POST /v1/jobs/{id}/cancel', job.id);
    const state = isDead ? 'failed' : 'cancelled';
    await this.#require(`job ${job.id}`, state, async () => (await this.#job(there, job.id)).state);
    worker.wake();
    // What the cache keeps from before.
    for (const server of [here, there]) await this.#look(server, stored);
    const finish = () => (by === 'retry' ? this.#retry(there, here, job.id) : this.#backfill(there, here, stored.id));
    if (isHeld) await this.#heldAtCommit(worker, finish, [here, there], stored);
    else await finish();
    for (const server of [there, here]) await this.#requireSeen(server, stored, isHeld ? EXCEPTION_MS : 0);
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {Picks} picks
   * @returns {Promise<{ id: string, token: string, project: string } | undefined>} undefined where there is no answer
   */
  async #store(server, picks) {
    const { memory, writer } = this.#workspace;
    const drawn = drawWrite(memory, STORE, picks);
    if (drawn === undefined) return undefined;
    const isAnswered = await writer.send(server, drawn.write, keyed(drawn.write, writer.begin(drawn.write)));
    const [project = '', topic = ''] = drawn.write.about;
    const token = topic.replace('context ', '');
    const id = memory.idOf('context', token);
    return isAnswered && id !== undefined ? { id, token, project } : undefined;
  }

  /**
   * The worker stops between its commit and its invalidation: what is read meanwhile must not be found afterwards.
   *
   * @param {import('./product-process.mjs').ProductProcess} worker
   * @param {() => Promise<void>} finish
   * @param {readonly import('./product-process.mjs').ProductProcess[]} servers
   * @param {{ id: string, token: string, project: string }} stored
   */
  async #heldAtCommit(worker, finish, servers, stored) {
    const rows = await this.#environment.holdRows(this.#workspace.id);
    const [ended] = await this.#faults.stopAtCommit(worker, finish, () => rows.look());
    for (const server of servers) await this.#look(server, stored);
    await rows.release();
    this.#faults.goOn(worker);
    await ended;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} asked
   * @param {import('./product-process.mjs').ProductProcess} watching
   * @param {string} id of a job
   */
  async #retry(asked, watching, id) {
    await this.#ask(asked, 'POST /v1/jobs/{id}/retry', id);
    await this.#done(`job ${id}`, async () => {
      const { state } = await this.#job(watching, id);
      // Its one attempt may have met a connection that a restart of the database had broken.
      if (state === 'failed') await this.#ask(asked, 'POST /v1/jobs/{id}/retry', id);
      return state === 'completed';
    });
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} asked
   * @param {import('./product-process.mjs').ProductProcess} watching
   * @param {string} contextId
   */
  async #backfill(asked, watching, contextId) {
    const operator = this.#environment.operatorKey;
    const listed = await this.#jobs(asked, BACKFILL_JOB, operator);
    const run = listed.find(({ state }) => state === 'completed');
    // It is under way: then it is awaited below all the same.
    if (run !== undefined) {
      await this.#environment.query(MAKE_DEAD, [BACKFILL_JOB, run.id]);
      await this.#ask(asked, 'POST /v1/jobs/{id}/retry', run.id, operator);
    }
    await this.#done(`the backfill of ${contextId}`, async () => {
      const jobs = await this.#jobs(watching, EMBEDDING_JOB);
      return jobs.some(({ state, payload }) => state === 'completed' && payload.contextIds.includes(contextId));
    });
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} contextId
   */
  async #jobOf(server, contextId) {
    const jobs = await this.#jobs(server, EMBEDDING_JOB);
    return jobs.find(({ payload }) => payload.contextIds.includes(contextId));
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} name
   * @param {string} [operator] a credential: then of what spans workspaces
   * @returns {Promise<{ id: string, state: string, payload: any }[]>}
   */
  async #jobs(server, name, operator) {
    /** @type {Record<string, string>} */
    const reach = operator === undefined ? {} : { all: 'true' };
    const query = new URLSearchParams({ ...reach, name, limit: '100' });
    const body = await this.#call(server, 'GET /v1/jobs', {
      call: { method: 'GET', path: `/v1/jobs?${query}`, credential: operator },
      args: { ...reach, name, limit: 100 },
    });
    return body.items;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} id
   * @returns {Promise<{ state: string }>}
   */
  #job(server, id) {
    const call = { method: 'GET', path: `/v1/jobs/${id}` };
    return this.#call(server, 'GET /v1/jobs/{id}', { call, args: { id } });
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {'POST /v1/jobs/{id}/retry' | 'POST /v1/jobs/{id}/cancel'} route
   * @param {string} id
   * @param {string} [operator] a credential, for what spans workspaces
   */
  async #ask(server, route, id, operator) {
    const path = `${route.slice('POST '.length).replace('{id}', id)}${operator === undefined ? '' : '?all=true'}`;
    await this.#call(server, route, { call: { method: 'POST', path, credential: operator }, args: { id } });
    this.#judge.writes++;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {keyof typeof JOB_ROUTES} route
   * @param {{ call: import('./http-client.mjs').Call, args: Record<string, unknown> }} how
   * @returns {Promise<any>}
   */
  async #call(server, route, { call, args }) {
    const tool = this.#isByTool && call.credential === undefined ? JOB_ROUTES[route] : undefined;
    this.#judge.count(tool === undefined ? route : `tool ${tool}`);
    const { key } = this.#workspace.memory;
    const answer = tool === undefined ? await callRoute(server, key, call) : await callTool(server, key, tool, args);
    this.#judge.timed(server, route, call.method === 'GET' ? 'read' : 'write', answer);
    if (answer.status !== 200) {
      throw new Error(`${server.name} ${call.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {{ id: string, token: string, project: string }} stored
   * @returns {Promise<string>} what it shows of the embedding, and whether a search by meaning finds it
   */
  async #look(server, { id, token, project }) {
    const { key } = this.#workspace.memory;
    const get = (/** @type {string} */ path) => callRoute(server, key, { method: 'GET', path });
    const query = new URLSearchParams({ project, q: token, mode: 'semantic' });
    const [context, search] = await Promise.all([get(`/v1/contexts/${id}`), get(`/v1/search?${query}`)]);
    this.#judge.count('GET /v1/contexts/{id}');
    this.#judge.count('GET /v1/search');
    this.#judge.reads += 2;
    for (const { headers } of [context, search]) {
      if (headers['cache-status']?.startsWith('keepsake; hit')) this.#judge.hits++;
    }
    const hit = search.body.items?.find((/** @type {any} */ item) => item.id === id);
    return `${context.body.embedding}, ${hit?.channels.semantic === undefined ? 'not found' : 'found'}`;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {{ id: string, token: string, project: string }} stored
   * @param {number} withinMs
   */
  async #requireSeen(server, stored, withinMs) {
    const untilMs = performance.now() + withinMs;
    let seen = await this.#look(server, stored);
    while (seen !== 'ready, found' && performance.now() < untilMs) seen = await this.#look(server, stored);
    if (seen === 'ready, found') return;
    this.#judge.found('stale', `${server.name} ${stored.id} of ${stored.project} is ${seen} after it was embedded`);
  }

  /**
   * @param {string} what
   * @param {string} expected
   * @param {() => Promise<string>} read
   */
  async #require(what, expected, read) {
    const seen = await read();
    this.#judge.reads++;
    if (seen !== expected) this.#judge.found('stale', `${what} is ${seen}, and not ${expected}`);
  }

  /**
   * @param {string} what
   * @param {() => Promise<boolean>} isDone
   */
  async #done(what, isDone) {
    const untilMs = performance.now() + DONE_MS;
    while (!(await isDone())) {
      if (performance.now() > untilMs) return this.#judge.found('waited', `${what} has not ended after ${DONE_MS} ms`);
      await pause(LOOK_MS);
    }
  }
}
