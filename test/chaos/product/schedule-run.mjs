// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { inTime } from '#test/chaos/actor.mjs';
import { drawWrite, isSameReading, keyed, mostlyReporting, readingsAbout } from './choices.mjs';
import { Disturbances } from './disturbances.mjs';
import { JobStep } from './job-step.mjs';
import { Judge } from './judge.mjs';
import { openWorkspace } from './open-workspace.mjs';
import { Picks } from './picks.mjs';
import { WORKSPACES } from './product-schedule.mjs';
import { judgeTheEnd } from './last-reads.mjs';
import { placeOf, readingsOf } from './readings.mjs';

/** How long a step is waited for before the next one begins beside it. */
const STEP_MS = 1_500;
/** What is still under way that long after the last fault is over will never end. */
const HANG_MS = 25_000;
/** So long are reads on their way to the database before a write overtakes them. */
const LOADING_MS = 15;
/** The last ones by each server, of each workspace. */
const [READS_BEFORE, READS_THERE, READS_AMID] = [4, 9, 3];
/** After so many draws that are of other projects, none is of this one. */
const MOST_DRAWS = 200;

/** @typedef {import('./product-schedule.mjs').Step} Step */
/** @typedef {import('./readings.mjs').Reading} Reading */

/** Runs one schedule on the product, ends its faults and judges what clients saw. */
export class ScheduleRun {
  #environment;
  #name;
  #judge;
  #faults;
  /** @type {import('./open-workspace.mjs').Workspace[]} */
  #workspaces = [];
  /** @type {Set<string>} */
  #markers = new Set();
  /** What the schedule is at, for whoever waits for it. */
  at = 'its beginning';
  /** What is under way, and what it is. @type {Map<Promise<unknown>, string>} */
  #running = new Map();

  /**
   * @param {import('./product-environment.mjs').ProductEnvironment} environment
   * @param {string} name of the schedule, unlike every other's on this environment
   */
  constructor(environment, name) {
    this.#environment = environment;
    this.#name = name;
    this.#judge = new Judge(environment);
    this.#faults = new Disturbances(environment);
  }

  /**
   * @param {readonly Step[]} steps
   * @returns {Promise<{ judge: Judge, faults: number }>}
   */
  async run(steps) {
    for (let index = 0; index < WORKSPACES; index++) await this.#openWorkspace(String(index));
    for (const [index, step] of steps.entries()) {
      this.at = `step ${index + 1}, ${step.do}`;
      await this.#faults.reach(index);
      await this.#perform(step, index);
    }
    this.at = 'the end of its faults';
    await this.#faults.endAll();
    this.at = `what is under way: ${[...this.#running.values()].join(', ')}`;
    await inTime(Promise.all(this.#running.keys()), HANG_MS);
    for (const what of this.#running.values()) this.#judge.found('waited', `${what} has not ended after ${HANG_MS} ms`);
    this.at = 'the recovery';
    try {
      await this.#environment.recover();
    } catch (error) {
      this.#judge.found('unrecovered', error instanceof Error ? error.message : String(error));
    }
    this.at = 'its last reads';
    await judgeTheEnd(this.#workspaces, this.#environment.servers, this.#judge, new Picks(steps.length));
    return { judge: this.#judge, faults: this.#faults.count };
  }

  /**
   * @param {Step} step
   * @param {number} index
   */
  async #perform(step, index) {
    switch (step.do) {
      case 'write':
        return this.#write(step);
      case 'read':
        return this.#readSome(step.at, step.workspace, new Picks(step.pick), READS_THERE);
      case 'interrupt':
        return this.#interrupt(step);
      case 'list-first':
        return this.#listFirst(step, index);
      case 'race':
        return this.#race(step);
      case 'job':
        return this.#job(step);
      case 'link':
        return this.#faults.disturbLink(step);
      case 'suspend':
        return this.#faults.suspend(step);
      case 'kill':
        return this.#faults.restart(step.at);
      case 'clock':
        return this.#environment.process(step.at).stepClock();
      case 'restart-database':
        this.#faults.count++;
        return this.#environment.restartDatabase();
      case 'server': {
        const picks = new Picks(step.pick);
        const read = (/** @type {number} */ beat) => this.#readSome(beat % 2, beat % WORKSPACES, picks, READS_AMID);
        return this.#faults.breakServer(step, read);
      }
    }
  }

  /**
   * Reads, a write, and reads of what it touches: on the other server first.
   *
   * @param {Omit<Extract<Step, { do: 'write' }>, 'do'>} step
   */
  async #write({ at, workspace, operation, pick, byTool, repeats }) {
    const picks = new Picks(pick);
    const drawn = drawWrite(this.#workspace(workspace).memory, operation, picks);
    const server = this.#serving(at);
    if (drawn === undefined || server === undefined) return;
    const { write, tool } = drawn;
    await this.#readAll(
      1 - at,
      workspace,
      picks,
      readingsAbout(this.#workspace(workspace).memory, picks, write.about, READS_BEFORE),
    );
    const { writer } = this.#workspace(workspace);
    const key = writer.begin(write);
    const how = byTool && tool !== undefined && write.args !== undefined ? { tool } : keyed(write, key);
    const isAnswered = await this.#inTime(writer.send(server, write, how), `${server.name} ${write.route}`);
    if (isAnswered !== true) return;
    const readings = readingsAbout(this.#workspace(workspace).memory, picks, write.about, READS_THERE);
    await this.#readAll(1 - at, workspace, picks, readings);
    await this.#readAll(at, workspace, picks, readings);
    if (!repeats) return;
    await this.#repeat(1 - at, workspace, write, undefined);
    await this.#readAll(at, workspace, picks, readings);
  }

  /**
   * A write whose process stops between its commit and its invalidation. Meanwhile the other process is asked for the
   * same again, or for more in the same place: what it answers rests on what it has seen.
   *
   * @param {Extract<Step, { do: 'interrupt' }>} step
   */
  async #interrupt({ at, workspace, operation, pick, next, dies }) {
    const picks = new Picks(pick);
    const drawn = drawWrite(this.#workspace(workspace).memory, operation, picks);
    const [victim, other] = [this.#serving(at), this.#serving(1 - at)];
    if (drawn === undefined || victim === undefined || other === undefined) return;
    const { write } = drawn;
    const before = readingsAbout(this.#workspace(workspace).memory, picks, write.about, READS_THERE);
    await this.#readAll(1 - at, workspace, picks, before);
    const { writer, id } = this.#workspace(workspace);
    const rows = await this.#environment.holdRows(id);
    const key = writer.begin(write);
    const [sent] = await this.#faults.stopAtCommit(
      victim,
      () => writer.send(victim, write, keyed(write, key)),
      () => rows.look(),
    );
    this.#track(sent, `${victim.name} ${write.route}`);
    if (next === 'repeat') await this.#repeat(1 - at, workspace, write, picks.below(2) === 0 ? key : undefined);
    else await this.#store(1 - at, workspace, String(write.about[0]), picks);
    // What was in the cache before, and what the write is about.
    const after = [...before, ...readingsAbout(this.#workspace(workspace).memory, picks, write.about, READS_BEFORE)];
    await this.#readAll(1 - at, workspace, picks, after);
    await rows.release();
    if (dies) await this.#faults.replace(victim, () => this.#readAll(1 - at, workspace, picks, after));
    else this.#faults.goOn(victim);
    await this.#readAll(at, workspace, picks, after);
  }

  /**
   * The first list of projects makes the default one: a process that dies of it must hide nothing.
   *
   * @param {Extract<Step, { do: 'list-first' }>} step
   * @param {number} index
   */
  async #listFirst({ at, pick }, index) {
    const [victim, other] = [this.#serving(at), this.#serving(1 - at)];
    if (victim === undefined || other === undefined || !this.#faults.isQuiet) return;
    const workspace = await this.#openWorkspace(`first${index}`);
    const { memory, reader, id } = this.#workspace(workspace);
    const picks = new Picks(pick);
    const all = readingsOf(memory, memory.states.likely);
    const ofDefault = (/** @type {string} */ route) => {
      const reading = all.find((each) => each.route === route && each.about.includes('default'));
      if (reading === undefined) throw new Error(`nothing is read by ${route}`);
      return reading;
    };
    const [list, survey, contexts] = [
      ofDefault('GET /v1/projects'),
      ofDefault('GET /v1/projects/{project}'),
      ofDefault('GET /v1/contexts'),
    ];
    // The other process must find no project: what would make it is read later, and what shows all that it holds is read.
    const makesIt = new Set([list.route, survey.route]);
    const chosen = readingsAbout(this.#workspace(workspace).memory, picks, ['default'], READS_THERE);
    const readings = [contexts, ...chosen.filter((each) => !makesIt.has(each.route) && !isSameReading(each, contexts))];
    await this.#readAll(1 - at, workspace, picks, readings);
    const [sent] = await this.#faults.stopAtCommit(
      victim,
      () => reader.read(victim, list),
      () => this.#environment.hasDefaultProject(id),
    );
    this.#track(sent, `${victim.name} ${list.route}`);
    await this.#faults.replace(victim, async () => {
      await this.#store(1 - at, workspace, 'default', picks);
      await this.#readAll(1 - at, workspace, picks, [...readings, list, survey]);
    });
    await this.#readAll(at, workspace, picks, readings);
  }

  /**
   * Reads with old rows on their way to them, while another process writes and is answered: what they fill the cache
   * with must not be found afterwards.
   *
   * @param {Extract<Step, { do: 'race' }>} step
   */
  async #race({ at, workspace, operation, pick }) {
    const picks = new Picks(pick);
    const drawn = drawWrite(this.#workspace(workspace).memory, operation, picks);
    const [reading, writing] = [this.#serving(at), this.#serving(1 - at)];
    if (drawn === undefined || reading === undefined || writing === undefined) return;
    const { write } = drawn;
    const end = this.#faults.holdRows(reading);
    const readings = readingsAbout(this.#workspace(workspace).memory, picks, write.about, READS_THERE);
    const reads = this.#readAll(at, workspace, picks, readings);
    this.#track(reads, `reads of a race on ${reading.name}`);
    await pause(LOADING_MS);
    const { writer } = this.#workspace(workspace);
    const how = keyed(write, writer.begin(write));
    await this.#inTime(writer.send(writing, write, how), `${writing.name} ${write.route}`);
    await this.#faults.end(end);
    await this.#inTime(reads, 'reads of a race');
    await this.#readAll(at, workspace, picks, readings);
    await this.#readAll(1 - at, workspace, picks, readings);
  }

  /** @param {Extract<Step, { do: 'job' }>} step */
  async #job(step) {
    if (!this.#faults.isQuiet) return;
    const workspace = this.#workspace(step.workspace);
    const task = new JobStep(this.#environment, this.#judge, this.#faults, workspace, step).run(step);
    this.#track(task, 'a job');
    await task.catch(() => undefined);
  }

  /**
   * @param {number} at
   * @param {number} workspace
   * @param {import('./write.mjs').Write} write that was sent before
   * @param {string | undefined} key the same as then: it is the same request. Without one it is another that asks the same
   */
  async #repeat(at, workspace, write, key) {
    const server = this.#serving(at);
    if (server === undefined) return;
    const { writer } = this.#workspace(workspace);
    const hasKey = key !== undefined && write.call.method === 'POST' && !write.ignoresKey;
    if (!hasKey && !write.isRepeatable) return;
    const again = hasKey ? write : { ...write };
    if (!hasKey) writer.begin(again);
    await this.#inTime(writer.send(server, again, hasKey ? { key } : {}), `${server.name} ${write.route} again`);
  }

  /**
   * @param {number} at
   * @param {number} workspace
   * @param {string} project
   * @param {Picks} picks
   */
  async #store(at, workspace, project, picks) {
    const server = this.#serving(at);
    if (server === undefined) return;
    const { writer } = this.#workspace(workspace);
    for (let draws = 0; draws < MOST_DRAWS; draws++) {
      const drawn = drawWrite(this.#workspace(workspace).memory, 0, picks);
      if (drawn === undefined) return;
      if (!drawn.write.about.includes(project)) continue;
      writer.begin(drawn.write);
      await this.#inTime(writer.send(server, drawn.write), `${server.name} ${drawn.write.route}`);
      return;
    }
  }

  /**
   * @param {number} at
   * @param {number} workspace
   * @param {Picks} picks
   * @param {number} count
   */
  async #readSome(at, workspace, picks, count) {
    const { memory } = this.#workspace(workspace);
    await this.#readAll(
      at,
      workspace,
      picks,
      picks.some(mostlyReporting(picks, readingsOf(memory, memory.states.likely)), count),
    );
  }

  /**
   * @param {number} at
   * @param {number} workspace
   * @param {Picks} picks
   * @param {readonly Reading[]} readings
   */
  async #readAll(at, workspace, picks, readings) {
    const server = this.#serving(at);
    if (server === undefined) return;
    const { memory, reader } = this.#workspace(workspace);
    const { isQuiet } = this.#faults;
    const all = readings.map((reading) => {
      const old = memory.tags.get(placeOf(reading)) ?? [];
      const oldTag = reading.call.credential === undefined && picks.below(3) === 0 ? picks.one(old)?.tag : undefined;
      const byTool = oldTag === undefined && reading.args !== undefined && picks.below(12) === 0;
      return reader.read(server, reading, { oldTag, byTool, isQuiet });
    });
    await this.#inTime(Promise.all(all), `reads on ${server.name}`);
  }

  /**
   * @param {string} name
   * @returns {Promise<number>} its index
   */
  async #openWorkspace(name) {
    const opened = await openWorkspace(this.#environment, `${this.#name}-${name}`, this.#judge, this.#markers);
    return this.#workspaces.push(opened) - 1;
  }

  /**
   * @template T
   * @param {Promise<T>} task goes on beside the next steps where it takes longer
   * @param {string} what
   * @returns {Promise<T | undefined>}
   */
  async #inTime(task, what) {
    this.#track(task, what);
    const outcome = await inTime(task, STEP_MS);
    return outcome === 'late' ? undefined : outcome;
  }

  /**
   * @param {Promise<unknown> | undefined} task
   * @param {string} what
   */
  #track(task, what) {
    if (task === undefined) return;
    const ended = task
      .catch((error) => this.#judge.found('failed', `${what}: ${error instanceof Error ? error.stack : error}`))
      .finally(() => this.#running.delete(ended));
    this.#running.set(ended, what);
  }

  /**
   * @param {number} at
   * @returns {import('./product-process.mjs').ProductProcess | undefined} undefined where it can't be asked now
   */
  #serving(at) {
    const server = this.#environment.process(at);
    return server.isServing ? server : undefined;
  }

  /** @param {number} index */
  #workspace(index) {
    return /** @type {import('./open-workspace.mjs').Workspace} */ (this.#workspaces[index]);
  }
}
