// @ts-check
/** Where the time of a server goes: V8's own CPU profile, its samples added up by part of the product. */
import { Session } from 'node:inspector/promises';

/**
 * A sample belongs to the innermost frame of its stack that is a part of the product: what that part calls is counted
 * with it. What runs after an `await` has lost its caller; there the file itself says.
 *
 * @type {readonly (readonly [part: string, file: RegExp])[]}
 */
const PRODUCT = [
  ['principal lookup', /\/libs\/auth\//],
  ['rate limiter', /\/libs\/throttle\/|@nestjs\/throttler/],
  ['response cache', /\/libs\/http\/src\/(response-cache|paging)\//],
  ['logging', /\/libs\/observability\/src\/logging\/|node_modules\/(pino|sonic-boom|@pinojs)\b/],
  ['spans and traces', /\/libs\/observability\/src\/(spans?|timing|tracing|otel)|@opentelemetry/],
  ['metrics', /\/libs\/(observability\/src\/metrics|cache\/src\/metrics)\/|node_modules\/prom-client/],
  ['ids', /node_modules\/uuid\b|\/libs\/kernel\/src\/ids/],
  ['cache engine', /\/libs\/cache\//],
  ['validation', /\/libs\/http\/src\/validation\/|node_modules\/zod\b/],
  ['database', /\/libs\/database\/|node_modules\/(pg|typeorm|pg-pool|pg-protocol)\b/],
  ['request time limit', /\/libs\/http\/src\/server\/request-timeout/],
  ['idempotency keys', /\/libs\/http\/src\/idempotency\//],
  [
    'features',
    /\/libs\/(context|search|session|project|handover|embedding|admin|conversation|agent-state|check|transfer|mcp|warming)\//,
  ],
  ['other hooks of the product', /\/(libs|apps)\//],
];

/** They call the product and are called by it: what they do below a part of it is their own. */
const FRAMEWORKS = new Set(['Fastify', 'Nest', 'rxjs']);

/**
 * What belongs to no part of the product. The innermost that matches.
 *
 * @type {readonly (readonly [part: string, file: RegExp])[]}
 */
const PLATFORM = [
  ['Redis client', /node_modules\/(ioredis|redis-parser|@ioredis|standard-as-callback)\b/],
  ['security headers', /node_modules\/@fastify\/helmet|node_modules\/helmet/],
  ['Fastify', /node_modules\/(fastify|find-my-way|@fastify|avvio|fast-json-stringify|secure-json-parse)\b/],
  ['rxjs', /node_modules\/rxjs\b/],
  ['Nest', /node_modules\/@nestjs\//],
  [
    'HTTP and sockets of Node',
    /^node:(_http|internal\/http|net|internal\/stream|internal\/streams|stream|internal\/js_stream|_stream)/,
  ],
  [
    'async context and timers of Node',
    /^node:(async_hooks|internal\/async|internal\/timers|timers|internal\/process|events)/,
  ],
  ['other code of Node', /^node:/],
];

/** @param {{ functionName: string, url: string }} frame @param {readonly (readonly [string, RegExp])[]} parts */
function partOf({ url }, parts) {
  return url === '' ? undefined : parts.find(([, file]) => file.test(url))?.[0];
}

/**
 * @param {import('node:inspector').Profiler.Profile} profile
 * @returns {Record<string, number>} microseconds by part; idle time is left out
 */
export function timeByPart({ nodes, samples = [], timeDeltas = [] }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  /** @type {Map<number, string>} */
  const known = new Map();
  /** @param {number} id */
  const partOfNode = (id) => {
    let part = known.get(id);
    if (part !== undefined) return part;
    part = find(id);
    known.set(id, part);
    return part;
  };
  /** @param {number} leaf @returns {string} */
  const find = (leaf) => {
    const own = byId.get(leaf)?.callFrame;
    if (own?.functionName === '(garbage collector)') return 'garbage collection';
    if (own?.functionName === '(program)') return 'V8 and system calls';
    if (own?.functionName === '(idle)') return 'idle';
    /** @type {string | undefined} */
    let platform;
    /** @type {number | undefined} */
    let id = leaf;
    for (; id !== undefined; id = parentOf.get(id)) {
      const frame = byId.get(id)?.callFrame;
      if (frame === undefined) break;
      const part = partOf(frame, PRODUCT);
      if (part !== undefined) return part;
      const outer = partOf(frame, PLATFORM);
      platform ??= outer;
      if (outer !== undefined && FRAMEWORKS.has(outer)) return /** @type {string} */ (platform);
    }
    return platform ?? 'built-in functions';
  };
  /** @type {Record<string, number>} */
  const micros = {};
  samples.forEach((id, index) => {
    const part = partOfNode(id);
    if (part !== 'idle') micros[part] = (micros[part] ?? 0) + (timeDeltas[index] ?? 0);
  });
  return micros;
}

/** @param {import('node:inspector').HeapProfiler.SamplingHeapProfileNode} node @returns {number} */
function bytesOf({ selfSize, children }) {
  return children.reduce((sum, child) => sum + bytesOf(child), selfSize);
}

/** One profile at a time of the process that this runs in. */
export class Profiler {
  #session = new Session();

  constructor() {
    this.#session.connect();
  }

  async startTime() {
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: 250 });
    await this.#session.post('Profiler.start');
  }

  async stopTime() {
    const { profile } = await this.#session.post('Profiler.stop');
    await this.#session.post('Profiler.disable');
    return profile;
  }

  /** All that is allocated, also what is collected meanwhile; estimated from samples. */
  async startAllocations() {
    await this.#session.post('HeapProfiler.enable');
    await this.#session.post('HeapProfiler.startSampling', {
      samplingInterval: 64 * 1024,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
  }

  /** @returns {Promise<number>} bytes */
  async stopAllocations() {
    const { profile } = await this.#session.post('HeapProfiler.stopSampling');
    await this.#session.post('HeapProfiler.disable');
    return bytesOf(profile.head);
  }
}
