// @ts-check
import fc from 'fast-check';
import { LINK_FAULTS } from './fault-proxy.mjs';
import { BEHAVIOURS } from './subjects/subject.mjs';

/**
 * A step of a schedule, plain data. `steps` is for how many further steps a hold or a fault lasts.
 *
 * @typedef {{ do: 'read' | 'write', actor: number, key: number, pauseAt?: { at: import('./pause-points.mjs').PausePoint,
 *     steps: number }, dies?: boolean, unwaited?: boolean }
 *   | { do: 'readMany' | 'writeMany', actor: number, unwaited?: boolean }
 *   | { do: 'clear', actor: number }
 *   | { do: 'pause', ms: number }
 *   | { do: 'link', actor: number, fault: import('./fault-proxy.mjs').LinkFault, steps: number }
 *   | { do: 'suspend', actor: number, steps: number }
 *   | { do: 'kill', actor: number }
 *   | { do: 'server', fault: string, node: number, pick: number, steps: number }
 * } Step
 */

export const ACTORS = 3;
export const KEYS = BEHAVIOURS.length;

const actor = fc.nat(ACTORS - 1);
const key = fc.nat(KEYS - 1);
const steps = fc.integer({ min: 1, max: 5 });
const unwaited = fc.option(fc.constant(true), { nil: undefined, freq: 3 });

/** @param {fc.Arbitrary<any>} arbitrary */
const sometimes = (arbitrary) => fc.option(arbitrary, { nil: undefined, freq: 1 });

/**
 * @param {'read' | 'write'} what
 * @param {readonly import('./pause-points.mjs').PausePoint[]} points
 * @param {fc.Arbitrary<number>} ofActor
 * @param {fc.Arbitrary<number>} ofKey
 */
const operation = (what, points, ofActor, ofKey) =>
  fc.record({
    do: fc.constant(what),
    actor: ofActor,
    key: ofKey,
    pauseAt: sometimes(fc.record({ at: fc.constantFrom(...points), steps })),
    dies: what === 'write' ? fc.option(fc.constant(true), { nil: undefined, freq: 7 }) : fc.constant(undefined),
    unwaited,
  });

const read = operation('read', ['before-load', 'after-load'], actor, key);
const write = operation('write', ['before-commit', 'after-commit'], actor, key);
const many = fc.record({ do: fc.constantFrom('readMany', 'writeMany'), actor, unwaited });
const clear = fc.record({ do: fc.constant('clear'), actor });
const pause = fc.record({ do: fc.constant('pause'), ms: fc.integer({ min: 1, max: 150 }) });
const link = fc.record({ do: fc.constant('link'), actor, fault: fc.constantFrom(...LINK_FAULTS), steps });
const suspend = fc.record({ do: fc.constant('suspend'), actor, steps });
const kill = fc.record({ do: fc.constant('kill'), actor });

/**
 * The race that caches lose: a reader has the old row in hand while a writer commits, invalidates and is answered. Left
 * to chance it would need thousands of schedules to meet on one key.
 */
const race = fc
  .record({ reader: actor, writer: actor, key, steps: fc.integer({ min: 1, max: 3 }), after: actor })
  .map(({ reader, writer, key: raced, steps: heldFor, after }) => [
    { do: 'read', actor: reader, key: raced, pauseAt: { at: 'after-load', steps: heldFor } },
    { do: 'write', actor: writer, key: raced },
    { do: 'read', actor: after, key: raced },
  ]);

/** A warm entry, so that there is something to be stale. */
const warm = fc.record({ actor, key }).map(({ actor: reader, key: warmed }) => [
  { do: 'read', actor: reader, key: warmed },
  { do: 'write', actor: reader, key: warmed },
  { do: 'read', actor: reader, key: warmed },
]);

/**
 * @param {readonly string[]} serverFaults that the topology can suffer
 * @param {{ serverFaultWeight?: number, size?: number }} [options]
 * @returns {fc.Arbitrary<Step[]>}
 */
export function schedules(serverFaults, { serverFaultWeight = 3, size = 14 } = {}) {
  const server = fc.record({
    do: fc.constant('server'),
    fault: fc.constantFrom(...serverFaults),
    node: fc.nat(5),
    pick: fc.nat(255),
    steps,
  });
  const single = (/** @type {fc.Arbitrary<any>} */ step) => step.map((/** @type {any} */ one) => [one]);
  const fragment = fc.oneof(
    { arbitrary: single(read), weight: 8 },
    { arbitrary: single(write), weight: 5 },
    { arbitrary: race, weight: 3 },
    { arbitrary: warm, weight: 2 },
    { arbitrary: single(many), weight: 2 },
    { arbitrary: single(pause), weight: 3 },
    { arbitrary: single(link), weight: 4 },
    { arbitrary: single(server), weight: serverFaultWeight },
    { arbitrary: single(suspend), weight: 1 },
    { arbitrary: single(kill), weight: 1 },
    { arbitrary: single(clear), weight: 1 },
  );
  return fc.array(fragment, { minLength: 1, maxLength: size, size: 'max' }).map((fragments) => fragments.flat());
}

/**
 * @param {Step} step
 * @returns {string} one line, for people
 */
export function stepText(step) {
  const { do: what, ...details } = step;
  const texts = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `${what} ${texts.join(', ')}`;
}
