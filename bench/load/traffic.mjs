// @ts-check
import { createHash } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { callOf, LABELS, PROJECTS } from './trace.mjs';
import { textOf } from './texts.mjs';

const TIMEOUT_MS = 30_000;
const PREPARED_AT_ONCE = 8;

/**
 * What came of one request. `tookMs` counts from when it was due: what waits because others are slow counts.
 *
 * @typedef {{ route: string, method: string, atMs: number, tookMs: number, status: number, isHit: boolean, isMerged: boolean,
 *   isSame: boolean | undefined }} Outcome
 */

/** Users of an installation, each with a key of its own. Sends a trace and keeps what came of it. */
export class Traffic {
  /** @type {Outcome[]} */
  outcomes = [];
  #agent = new Agent({ keepAlive: true, maxSockets: 400 });
  /** @type {string[]} */
  #keys = [];
  /** Ids by project and label. @type {Map<string, string>} */
  #contexts = new Map();
  /** What was last answered to the same request, whoever asked. @type {Map<string, string>} */
  #answers = new Map();
  /** @type {(string | undefined)[]} */
  #sessions = [];
  #next = 0;

  /** @param {readonly string[]} urls @param {string} operatorKey @param {number} users */
  constructor(urls, operatorKey, users) {
    this.urls = urls;
    this.operatorKey = operatorKey;
    this.users = users;
  }

  /** Makes the users' keys and the contexts that are there before they come. */
  async prepare(labels = LABELS) {
    for (let user = 0; user < this.users; user++) {
      const scopes = ['memory:read', 'memory:write'];
      const { body } = await this.#send(this.operatorKey, 'POST', '/v1/keys', { name: `user-${user}`, scopes });
      this.#keys.push(body.key);
    }
    const all = Array.from({ length: PROJECTS * labels }, (_, index) => index);
    const store = async (/** @type {number} */ index) => {
      const [project, label] = [`team-${index % PROJECTS}`, `notes/${Math.floor(index / PROJECTS)}`];
      const { body } = await this.#send(this.#keyOf(index % this.users), 'POST', '/v1/contexts', {
        project,
        label,
        content: textOf(index),
        tags: [`tag-${index % 5}`],
      });
      this.#contexts.set(`${project} ${label}`, body.id);
    };
    const workers = Array.from({ length: PREPARED_AT_ONCE }, async () => {
      for (let index = all.pop(); index !== undefined; index = all.pop()) await store(index);
    });
    await Promise.all(workers);
  }

  /**
   * Sends each request when it is due, whatever has become of the others; one user's one after the other.
   *
   * @param {readonly import('./trace.mjs').Request[]} trace
   */
  async sendAll(trace) {
    const beganMs = performance.now();
    /** @type {Promise<void>[]} */
    const lines = Array.from({ length: this.users }, () => Promise.resolve());
    for (const request of trace) {
      const waitMs = beganMs + request.atMs - performance.now();
      if (waitMs > 0) await pause(waitMs);
      lines[request.user] = /** @type {Promise<void>} */ (lines[request.user]).then(() => this.#do(request, beganMs));
    }
    await Promise.all(lines);
  }

  /**
   * Sends each request when the one before is answered, so that what happens does not hang on how fast it is.
   *
   * @param {readonly import('./trace.mjs').Request[]} trace
   * @param {(request: import('./trace.mjs').Request, send: () => Promise<void>) => Promise<void>} [around] each of them
   */
  async sendInTurn(trace, around = (_, sendNow) => sendNow()) {
    for (const request of trace) {
      const dueMs = performance.now() - request.atMs;
      await around(request, () => this.#do(request, dueMs));
    }
  }

  /** Removes what the outcomes so far were kept in, the knowledge of earlier answers excepted. */
  forget() {
    this.outcomes = [];
  }

  end() {
    this.#agent.destroy();
  }

  /** @param {import('./trace.mjs').Request} request @param {number} beganMs */
  async #do(request, beganMs) {
    const session = this.#sessions[request.user];
    // Its start has failed: there is nothing to go on with.
    if (session === undefined && request.kind !== 'start') return;
    const { method, path, body, route } = callOf(request, { session, contexts: this.#contexts });
    const answer = await this.#send(this.#keyOf(request.user), method, path, body);
    const digest = method === 'GET' && answer.status === 200 ? digestOf(answer.body) : undefined;
    const isSame = digest === undefined ? undefined : this.#answers.get(path) === digest;
    if (digest !== undefined) this.#answers.set(path, digest);
    if (request.kind === 'start') this.#sessions[request.user] = answer.status === 201 ? answer.body.id : undefined;
    if (request.kind === 'end') this.#sessions[request.user] = undefined;
    if (request.kind === 'store' && answer.status < 300)
      this.#contexts.set(`${answer.body.project} ${answer.body.label}`, answer.body.id);
    this.outcomes.push({
      route,
      method,
      atMs: request.atMs,
      tookMs: performance.now() - beganMs - request.atMs,
      status: answer.status,
      isHit: answer.cacheStatus.includes('; hit'),
      isMerged: answer.cacheStatus.includes('detail=merged'),
      isSame,
    });
  }

  /** @param {number} user */
  #keyOf(user) {
    return /** @type {string} */ (this.#keys[user]);
  }

  /**
   * @param {string} key
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<{ status: number, body: any, cacheStatus: string }>} status 0 where there was no answer
   */
  #send(key, method, path, body) {
    const url = /** @type {string} */ (this.urls[this.#next++ % this.urls.length]);
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve) => {
      const failed = () => resolve({ status: 0, body: undefined, cacheStatus: '' });
      const sent = send(
        url + path,
        {
          method,
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${key}`,
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (answer) => {
          /** @type {Buffer[]} */
          const chunks = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.once('error', failed);
          answer.once('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString()),
              cacheStatus: String(answer.headers['cache-status'] ?? ''),
            }),
          );
        },
      );
      sent.once('error', failed);
      sent.once('timeout', () => sent.destroy());
      sent.end(text);
    });
  }
}

/** What an answer says, apart from how it was made. @param {any} body */
function digestOf(body) {
  const { cache: _, ...rest } = body;
  return createHash('sha256').update(JSON.stringify(rest)).digest('base64');
}
