// @ts-check
import { callRoute, callTool, runCommand } from './calls.mjs';
import { monotonicMs } from '#test/chaos/monotonic.mjs';

/** The same request is under way in another process, or was when that died. */
const IN_PROGRESS = 'request-in-flight';

/** Sends writes of a workspace and passes their answers to the model. */
export class Writer {
  #judge;
  #memory;
  #environment;
  #lastKey = 0;

  /**
   * @param {import('./judge.mjs').Judge} judge
   * @param {import('./known-workspace.mjs').Memory} memory
   * @param {import('./product-environment.mjs').ProductEnvironment} environment
   */
  constructor(judge, memory, environment) {
    this.#judge = judge;
    this.#memory = memory;
    this.#environment = environment;
  }

  /**
   * @param {import('./write.mjs').Write} write
   * @returns {string} names it, so that it can be sent again without being done again
   */
  begin(write) {
    this.#memory.states.begin(write);
    return `${this.#memory.marker}-${++this.#lastKey}`;
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {import('./write.mjs').Write} write begun before
   * @param {{ key?: string, tool?: string }} [how] `key`: of idempotency
   * @returns {Promise<boolean>} whether it was answered for good
   */
  async send(server, write, { key, tool } = {}) {
    const { call, route } = write;
    const place = `${call.method} ${call.path}`;
    const startedMs = monotonicMs();
    const judge = this.#judge;
    judge.count(tool === undefined ? route : `tool ${tool}`);
    try {
      const answer = await this.#answer(server, write, { key, tool });
      // A command has to start.
      if (write.command === undefined) judge.timed(server, place, 'write', answer);
      if (answer.status >= 500) {
        judge.failed(server, place, answer);
        return this.#isUnknown();
      }
      if (answer.status === 409 && answer.body?.code === IN_PROGRESS) return this.#isUnknown();
      const isConditional = call.headers?.['if-match'] !== undefined;
      if (isConditional && answer.status === 412) judge.refusedOldTags++;
      const problem = this.#memory.states.acknowledge(write, answer);
      judge.writes++;
      if (answer.status < 300) write.learn?.(answer);
      if (problem !== undefined && !judge.isExcused(startedMs)) {
        judge.found(
          isConditional && answer.status < 300 ? 'old If-Match' : 'wrong answer',
          `${server.name} ${place}: ${problem}`,
        );
      }
      return true;
    } catch (error) {
      judge.unanswered(server, place, startedMs, error);
      return this.#isUnknown();
    }
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {import('./write.mjs').Write} write
   * @param {{ key?: string, tool?: string }} how
   */
  #answer(server, { call, command, args = {} }, { key, tool }) {
    if (command !== undefined) return runCommand(this.#environment, command);
    if (tool !== undefined) return callTool(server, this.#memory.key, tool, args);
    return callRoute(server, this.#memory.key, call, key === undefined ? {} : { 'idempotency-key': key });
  }

  #isUnknown() {
    this.#judge.unknownWrites++;
    return false;
  }
}
