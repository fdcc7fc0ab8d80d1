// @ts-check
import { Agent, request } from 'node:http';
import { monotonicMs } from '#test/chaos/monotonic.mjs';

/**
 * An answer, with when it was asked for and when it was whole, on the monotonic clock.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Readonly<Record<string, string | undefined>>} headers
 * @property {any} body parsed where it is JSON, bytes where it is no text, undefined where there is none
 * @property {boolean} [isTool] whether a tool of MCP gave it, which has one status of success alone
 * @property {number} startedMs
 * @property {number} endedMs
 *
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path with its query
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {string} [credential] another than the usual one
 * @property {unknown} [body] an object is sent as JSON, bytes as they are
 */

/** No answer came: whether the request took effect is not known. */
export class NoAnswerError extends Error {
  isTimeout;

  /**
   * @param {string} why
   * @param {boolean} isTimeout
   */
  constructor(why, isTimeout) {
    super(why);
    this.isTimeout = isTimeout;
  }
}

/** Speaks with one server over connections that are kept, and that are thrown away when the server has been. */
export class HttpClient {
  #port;
  #timeoutMs;
  #agent = newAgent();

  /**
   * @param {number} port on 127.0.0.1
   * @param {number} timeoutMs how long an answer is waited for
   */
  constructor(port, timeoutMs) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  /** The server behind the port is another one from now on. */
  renew() {
    this.#agent.destroy();
    this.#agent = newAgent();
  }

  /**
   * @param {Call} call
   * @returns {Promise<Answer>}
   * @throws {NoAnswerError}
   */
  send({ method, path, headers = {}, body }) {
    const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
    const startedMs = monotonicMs();
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          headers: {
            ...(body === undefined || body instanceof Uint8Array ? {} : { 'content-type': 'application/json' }),
            ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
            ...headers,
          },
        },
        (incoming) => {
          /** @type {Buffer[]} */
          const chunks = [];
          incoming.on('data', (chunk) => chunks.push(chunk));
          incoming.on('error', (error) => reject(new NoAnswerError(String(error), false)));
          incoming.on('end', () => {
            resolve({
              status: Number(incoming.statusCode),
              headers: /** @type {Record<string, string | undefined>} */ (incoming.headers),
              body: parsed(Buffer.concat(chunks), incoming.headers['content-type'] ?? ''),
              startedMs,
              endedMs: monotonicMs(),
            });
          });
        },
      );
      outgoing.setTimeout(this.#timeoutMs, () => {
        outgoing.destroy(new NoAnswerError(`no answer within ${this.#timeoutMs} ms`, true));
      });
      outgoing.on('error', (error) =>
        reject(error instanceof NoAnswerError ? error : new NoAnswerError(String(error), false)),
      );
      outgoing.end(bytes);
    });
  }
}

function newAgent() {
  return new Agent({ keepAlive: true, maxSockets: 16 });
}

/**
 * @param {Buffer} bytes
 * @param {string} type
 */
function parsed(bytes, type) {
  if (bytes.length === 0) return undefined;
  if (/[/+]json\b/.test(type)) return JSON.parse(bytes.toString());
  return type.startsWith('text/') ? bytes.toString() : bytes;
}
