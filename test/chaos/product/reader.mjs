// @ts-check
import { callRoute, callTool } from './calls.mjs';
import { READING_TOOLS } from './reading-routes.mjs';
import { placeOf } from './readings.mjs';
import { monotonicMs } from '#test/chaos/monotonic.mjs';

/**
 * A read as it was answered.
 *
 * @typedef {object} Observation
 * @property {import('./readings.mjs').Reading} reading
 * @property {string} view
 * @property {boolean} isHit
 */

/** Sends reads of a workspace and compares what they show with what it may hold. */
export class Reader {
  #judge;
  #memory;
  /** In texts of the other workspaces. */
  #markers;

  /**
   * @param {import('./judge.mjs').Judge} judge
   * @param {import('./known-workspace.mjs').Memory} memory
   * @param {ReadonlySet<string>} markers of all workspaces of the schedule
   */
  constructor(judge, memory, markers) {
    this.#judge = judge;
    this.#memory = memory;
    this.#markers = markers;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {import('./readings.mjs').Reading} reading
   * @param {{ oldTag?: string, byTool?: boolean, isQuiet?: boolean }} [how]
   * @returns {Promise<Observation | undefined>} undefined where nothing could be seen
   */
  async read(server, reading, { oldTag, byTool = false, isQuiet = false } = {}) {
    const { call, route } = reading;
    const place = placeOf(reading);
    const startedMs = monotonicMs();
    /** @type {Map<string, import('./workspace-state.mjs').WorkspaceState>} */
    const allowed = new Map();
    const allow = () => {
      for (const state of this.#memory.states.all()) allowed.set(expectedView(reading, state), state);
    };
    allow();
    const forget = this.#memory.states.watch(allow);
    const usual = READING_TOOLS[/** @type {keyof typeof READING_TOOLS} */ (route)];
    const tool = byTool ? (reading.tool ?? usual) : undefined;
    try {
      this.#judge.count(tool === undefined ? route : `tool ${tool}`);
      const answer =
        tool === undefined
          ? await callRoute(server, this.#memory.key, call, oldTag === undefined ? {} : { 'if-none-match': oldTag })
          : await callTool(server, this.#memory.key, tool, reading.args ?? {});
      this.#judge.timed(server, place, 'read', answer);
      return this.#judged(server, reading, answer, { allowed, oldTag, isQuiet, startedMs });
    } catch (error) {
      this.#judge.unanswered(server, place, startedMs, error);
      return undefined;
    } finally {
      forget();
    }
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {import('./readings.mjs').Reading} reading
   * @param {import('./http-client.mjs').Answer} answer
   * @param {{ allowed: ReadonlyMap<string, import('./workspace-state.mjs').WorkspaceState>, oldTag?: string, isQuiet: boolean, startedMs: number }} how
   * @returns {Observation | undefined}
   */
  #judged(server, reading, answer, { allowed, oldTag, isQuiet, startedMs }) {
    const judge = this.#judge;
    const { view, status } = reading;
    const place = placeOf(reading);
    if (answer.status >= 500) {
      judge.failed(server, place, answer);
      return undefined;
    }
    const leak = JSON.stringify(answer.body) ?? '';
    const crossed = [...this.#markers].find((marker) => marker !== this.#memory.marker && leak.includes(marker));
    if (crossed !== undefined)
      judge.found('crossed', `${server.name} ${place} shows ${crossed}: ${leak.slice(0, 300)}`);
    const isHit = answer.headers['cache-status']?.startsWith('keepsake; hit') ?? false;
    const isWhole = answer.status === 200 && status === undefined;
    const shown =
      answer.status === 304
        ? String(this.#memory.tags.get(place)?.find(({ tag }) => tag === oldTag)?.view)
        : viewOf(isWhole ? view(answer.body) : undefined, answer.status);
    if (isWhole) this.#memory.keepTag(place, answer.headers['etag'], shown);
    judge.reads++;
    if (isHit) judge.hits++;
    if (isQuiet) {
      judge.quietReads++;
      if (isHit) judge.quietHits++;
    }
    if (oldTag !== undefined) judge.conditionalReads++;
    if (answer.status === 304) judge.notModified++;
    if (!isAllowed(reading, shown, allowed) && !judge.isExcused(startedMs)) {
      const kind = answer.status === 304 ? 'wrong 304' : 'stale';
      judge.found(
        kind,
        `${server.name} ${place} (${isHit ? 'hit' : 'no hit'}) shows ${shown}, and not ${[...allowed.keys()].join(' or ')}`,
      );
    }
    return { reading, view: shown, isHit };
  }
}

/**
 * @param {import('./readings.mjs').Reading} reading
 * @param {import('./workspace-state.mjs').WorkspaceState} state
 * @returns {string} the view that it must have
 */
export function expectedView({ expected, status }, state) {
  if (status !== undefined) return viewOf(undefined, status(state));
  const shown = expected(state);
  return viewOf(shown, shown === undefined ? 404 : 200);
}

/**
 * @param {import('./readings.mjs').Reading} reading
 * @param {string} shown
 * @param {ReadonlyMap<string, import('./workspace-state.mjs').WorkspaceState>} allowed views, each with a state that has it
 */
function isAllowed({ isOfSeveral }, shown, allowed) {
  if (allowed.has(shown)) return true;
  if (!isOfSeveral || allowed.size === 1) return false;
  const views = [...allowed.keys()].map(itemsIn);
  return itemsIn(shown).every((item, index) => views.some((each) => each[index] === item));
}

/**
 * @param {string} view of a list
 * @returns {string[]}
 */
function itemsIn(view) {
  return (JSON.parse(view)[1] ?? []).map((/** @type {unknown} */ item) => JSON.stringify(item));
}

/**
 * @param {unknown} view
 * @param {number} status
 */
function viewOf(view, status) {
  return JSON.stringify([status, view ?? null]);
}
