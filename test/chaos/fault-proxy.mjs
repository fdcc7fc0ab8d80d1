// @ts-check
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { InOrder } from '#test/support/in-order.mjs';

/**
 * What can be wrong with a way to a server.
 *
 * - `reset`: connections break once.
 * - `cut`: connections break, new ones too.
 * - `late-requests`: requests wait for the end of the fault and arrive then, also those of clients that have gone away
 *   meanwhile: a command that timed out takes effect after all.
 * - `late-invalidations`: the same, from the first request on that removes keys; what is only read goes on.
 * - `late-replies`: requests take effect at once, their answers come at the end of the fault.
 * - `lost-replies`: requests take effect at once, the connections break with the answers.
 * - `silence`: nothing comes through in either direction until the end of the fault, then all of it.
 * - `half-open`: the server's side is gone and the client is not notified; new connections work.
 * - `slow`: every piece takes 15 ms in each direction, still within a command's time.
 * - `too-slow`: every piece takes 40 ms in each direction, more than a command's time.
 *
 * @typedef {'reset' | 'cut' | 'late-requests' | 'late-invalidations' | 'late-replies' | 'lost-replies' | 'silence'
 *   | 'half-open' | 'slow' | 'too-slow'} LinkFault
 */

/** Those that need nothing to be known of what is said. @type {readonly LinkFault[]} */
export const LINK_FAULTS = [
  'reset',
  'cut',
  'late-requests',
  'late-replies',
  'lost-replies',
  'silence',
  'half-open',
  'slow',
  'too-slow',
];

/** @type {ReadonlySet<LinkFault>} */
const HOLDS_REQUESTS = new Set(['late-requests', 'silence']);
/** @type {ReadonlySet<LinkFault>} */
const HOLDS_REPLIES = new Set(['late-replies', 'lost-replies', 'silence']);
/** @type {ReadonlySet<LinkFault>} */
const BREAKS = new Set(['reset', 'cut']);
/** @type {ReadonlySet<LinkFault>} */
const BREAKS_AT_THE_END = new Set(['lost-replies', 'half-open']);
const INVALIDATES = /\bunlink\b/i;
/** @type {Readonly<Partial<Record<LinkFault, number>>>} */
const DELAY_MS = { slow: 15, 'too-slow': 40 };

/** Stands between one client process and one server, on a port of its own. One fault at a time. */
export class FaultProxy {
  #targetPort;
  /** @type {Set<Pair>} */
  #pairs = new Set();
  /** @type {LinkFault | undefined} */
  #fault;
  #server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));

  /** @param {number} targetPort on 127.0.0.1 */
  constructor(targetPort) {
    this.#targetPort = targetPort;
  }

  /** @returns {number} */
  get port() {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** @param {LinkFault} fault ends the fault before it; what that held is lost where connections break */
  impose(fault) {
    if (BREAKS.has(fault)) for (const pair of this.#pairs) pair.break();
    this.heal();
    this.#fault = fault;
    for (const pair of this.#pairs) {
      if (fault === 'half-open') pair.loseServer();
      pair.obey(fault);
    }
  }

  /** The way works again; what was held back arrives now. */
  heal() {
    const fault = this.#fault;
    if (fault === undefined) return;
    this.#fault = undefined;
    for (const pair of this.#pairs) {
      if (BREAKS_AT_THE_END.has(fault)) pair.breakIfTouched();
      pair.obey(undefined);
    }
  }

  async close() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) pair.break();
    await closed;
  }

  /** @param {import('node:net').Socket} client */
  #accept(client) {
    if (this.#fault === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(client, this.#targetPort, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    pair.obey(this.#fault === 'half-open' ? undefined : this.#fault);
  }
}

/** One connection through the proxy: the client's side, the server's side, and what is under way between them. */
class Pair {
  #client;
  #server;
  #requests;
  #replies;
  #isTouched = false;
  #onEnd;

  /**
   * @param {import('node:net').Socket} client
   * @param {number} targetPort
   * @param {() => void} onEnd
   */
  constructor(client, targetPort, onEnd) {
    this.#client = client;
    this.#server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#requests = new Direction(this.#server);
    this.#replies = new Direction(client);
    this.#onEnd = onEnd;
    client.setNoDelay(true);
    this.#forward(client, this.#requests);
    this.#forward(this.#server, this.#replies);
  }

  /** @param {LinkFault | undefined} fault */
  obey(fault) {
    const delayMs = (fault && DELAY_MS[fault]) ?? 0;
    if (fault === 'lost-replies') this.#isTouched = true;
    const from = fault === 'late-invalidations' ? INVALIDATES : undefined;
    this.#requests.set(fault !== undefined && HOLDS_REQUESTS.has(fault), delayMs, from);
    this.#replies.set(fault !== undefined && HOLDS_REPLIES.has(fault), delayMs);
  }

  loseServer() {
    this.#isTouched = true;
    this.#replies.abandon();
    this.#requests.abandon();
    this.#server.destroy();
  }

  breakIfTouched() {
    if (this.#isTouched) this.break();
  }

  break() {
    // A socket whose end is under way can't be reset any more: Node would leave its handle open for ever.
    if (this.#client.writableEnded) this.#client.destroy();
    else if (!this.#client.destroyed) this.#client.resetAndDestroy();
    this.#server.destroy();
    this.#onEnd();
  }

  /**
   * @param {import('node:net').Socket} from
   * @param {Direction} direction
   */
  #forward(from, direction) {
    from.on('data', (chunk) => direction.send(chunk));
    // The end travels behind what was sent before it: requests of a client that went away still arrive.
    from.on('end', () => direction.finish());
    from.on('error', () => direction.finish());
    from.on('close', () => {
      direction.finish();
      if (this.#client.destroyed && this.#server.destroyed) this.#onEnd();
    });
  }
}

class Direction {
  #to;
  /** @type {(Buffer | 'end')[]} */
  #held = [];
  #isHeld = false;
  #isAbandoned = false;
  #isFinished = false;
  #delayMs = 0;
  /** What is held from the first piece on that has this. @type {RegExp | undefined} */
  #heldFrom;
  #pieces = new InOrder();

  /** @param {import('node:net').Socket} to */
  constructor(to) {
    this.#to = to;
  }

  /**
   * @param {boolean} isHeld
   * @param {number} delayMs
   * @param {RegExp} [heldFrom]
   */
  set(isHeld, delayMs, heldFrom) {
    this.#isHeld = isHeld;
    this.#delayMs = delayMs;
    this.#heldFrom = heldFrom;
    if (isHeld) return;
    for (const piece of this.#held.splice(0)) this.#deliver(piece);
  }

  /** @param {Buffer} chunk */
  send(chunk) {
    this.#pass(chunk);
  }

  finish() {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#pass('end');
  }

  /** Nothing more arrives there, not even the end. */
  abandon() {
    this.#isAbandoned = true;
    this.#held = [];
  }

  /** @param {Buffer | 'end'} piece */
  #pass(piece) {
    if (this.#isAbandoned) return;
    if (piece !== 'end' && this.#heldFrom?.test(piece.toString('latin1'))) this.#isHeld = true;
    if (this.#isHeld) this.#held.push(piece);
    else this.#deliver(piece);
  }

  /** @param {Buffer | 'end'} piece */
  #deliver(piece) {
    this.#pieces.add(() => this.#write(piece), this.#delayMs);
  }

  /** @param {Buffer | 'end'} piece */
  #write(piece) {
    if (this.#isAbandoned || this.#to.destroyed || this.#to.writableEnded) return;
    if (piece === 'end') this.#to.end();
    else this.#to.write(piece);
  }
}
