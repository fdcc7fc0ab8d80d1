// @ts-check
import { INVALIDATION_BOUND_MS, LOAD_TIMEOUT_MS } from './subjects/subject.mjs';

/**
 * One key that was read. A read of many keys is many of these.
 *
 * @typedef {object} ReadRecord
 * @property {string} actor
 * @property {string} key
 * @property {string} asked the key that was asked for, where another's value came back
 * @property {number} startedMs
 * @property {number} version 0 where the key was absent
 *
 * One key of an acknowledged write.
 *
 * @typedef {object} WriteRecord
 * @property {string} actor
 * @property {string} key
 * @property {number} version
 * @property {number} acknowledgedMs
 * @property {boolean} isConfirmed
 *
 * Anything that was waited for.
 *
 * @typedef {object} WaitRecord
 * @property {string} actor
 * @property {'read' | 'readMany' | 'write' | 'clear'} what
 * @property {readonly string[]} keys
 * @property {number} endedMs
 * @property {number} waitMs without what the schedule itself held or suspended
 * @property {string} [error]
 *
 * @typedef {object} Violation
 * @property {'stale' | 'crossed' | 'invented' | 'lost' | 'waited' | 'failed' | 'unrecovered'} kind
 * @property {string} text
 *
 * @typedef {object} Verdict
 * @property {Violation[]} violations
 * @property {number} withinException reads that were behind, as a declared exception allows
 */

/** One command is waited for at most this long. */
const COMMAND_MS = 50;

/** What the processes of a loaded machine take besides, for an operation's dozen of turns and its queries. */
const MACHINE_MS = 1_500;

/** A miss asks, takes the lease, waits for another's, asks again, loads and fills; a hit asks. */
export const READ_BOUND_MS = LOAD_TIMEOUT_MS + 6 * COMMAND_MS + MACHINE_MS;

/** A write asks for its invalidation, and waits for a peer's at most the bound. */
const WRITE_BOUND_MS = INVALIDATION_BOUND_MS + 6 * COMMAND_MS + MACHINE_MS;

/**
 * The promise: a read that starts after a write was acknowledged returns that write or a later one, in every process.
 * Its one exception counts in full and no further: a write that nobody could confirm binds reads from
 * `INVALIDATION_BOUND_MS` after its answer on.
 *
 * @param {readonly ReadRecord[]} reads
 * @param {readonly WriteRecord[]} writes
 * @returns {Verdict}
 */
export function judgeReads(reads, writes) {
  /** @type {Violation[]} */
  const violations = [];
  let withinException = 0;
  for (const read of reads) {
    if (read.key !== read.asked) {
      violations.push({ kind: 'crossed', text: `${read.actor} asked for ${read.asked} and got ${read.key}` });
      continue;
    }
    const before = writes.filter((write) => write.key === read.key && write.version > read.version);
    const acknowledged = before.filter((write) => write.acknowledgedMs < read.startedMs);
    const binding = acknowledged.filter((write) => {
      const exceptionMs = write.isConfirmed ? 0 : INVALIDATION_BOUND_MS;
      return write.acknowledgedMs + exceptionMs < read.startedMs;
    });
    const newest = binding.reduce(
      (/** @type {WriteRecord | undefined} */ a, b) => (a && a.version > b.version ? a : b),
      undefined,
    );
    if (newest) {
      const lateMs = (read.startedMs - newest.acknowledgedMs).toFixed(1);
      violations.push({
        kind: 'stale',
        text: `${read.actor} read ${read.key} version ${read.version}, ${lateMs} ms after version ${newest.version} was acknowledged to ${newest.actor}${newest.isConfirmed ? '' : ' (unconfirmed)'}`,
      });
    } else if (acknowledged.length > 0) {
      withinException++;
    }
  }
  return { violations, withinException };
}

/**
 * When everything works again and nothing is left to be invalidated, every process returns what the source holds, also
 * of writes whose writer died before it was answered.
 *
 * @param {readonly ReadRecord[]} reads
 * @param {ReadonlyMap<string, { version: number }>} truth
 * @returns {Violation[]}
 */
export function judgeTheEnd(reads, truth) {
  return reads.flatMap(({ actor, asked: key, version }) => {
    const actual = truth.get(key)?.version ?? 0;
    if (version === actual) return [];
    /** @type {Violation['kind']} */
    const kind = version > actual ? 'invented' : 'lost';
    return [{ kind, text: `${actor} reads ${key} version ${version} at the end, the source holds ${actual}` }];
  });
}

/**
 * No error and no unbounded wait, whatever becomes of the shared tier: the source answers.
 *
 * @param {readonly WaitRecord[]} waits
 * @returns {Violation[]}
 */
export function judgeWaits(waits) {
  return waits.flatMap(({ actor, what, keys, waitMs, error }) => {
    const bound = what === 'write' ? WRITE_BOUND_MS : READ_BOUND_MS;
    /** @type {Violation[]} */
    const violations = [];
    if (error !== undefined) violations.push({ kind: 'failed', text: `${actor} ${what} ${keys.join(' ')}: ${error}` });
    if (waitMs > bound) {
      violations.push({
        kind: 'waited',
        text: `${actor} ${what} ${keys.join(' ')} took ${waitMs.toFixed(0)} ms, the bound is ${bound} ms`,
      });
    }
    return violations;
  });
}
