// @ts-check
import { bulkRead } from './bulk-read.mjs';
import { localHit } from './local-hit.mjs';
import { missAndFill } from './miss-and-fill.mjs';
import { sharedHit } from './shared-hit.mjs';
import { stampede } from './stampede.mjs';
import { tagInvalidation } from './tag-invalidation.mjs';
import { vectorReads } from './vector-reads.mjs';

/**
 * One row of what a cache does, measured alike for everyone who can do it.
 *
 * @typedef {object} Measure
 * @property {string} title
 * @property {readonly Column[]} columns
 * @property {readonly string[]} [beside] baselines that are measured for this one alone
 * @property {number} [processes] that measure together; 1 by default
 * @property {boolean} [isOnce] too long for every round
 * @property {(subject: import('../subjects/subject.mjs').Subject) => boolean} suits
 * @property {(bench: Bench) => Promise<Figures>} run
 *
 * @typedef {Readonly<Record<string, number>>} Figures by metric
 *
 * @typedef {object} Column
 * @property {string} metric
 * @property {string} title
 * @property {number} [digits] after the point
 * @property {string} [relativeTo] the entrant whose figure of the same round this one is divided by
 * @property {'sum' | 'max'} [over] several processes; they agree by default
 *
 * @typedef {object} Bench what a measure works with, inside a subject's process
 * @property {import('../subjects/subject.mjs').Subject} subject
 * @property {import('../source.mjs').Source} source
 * @property {number} ms for what is repeated until the time is over
 * @property {string} token in every id of this measure in this round, and in nobody else's
 * @property {number} startAtMs when all processes begin
 * @property {(what: string, work: () => Promise<unknown>) => Promise<void>} once in the life of the process
 * @property {(work: () => Promise<unknown>) => Promise<number>} commandsOf how many commands the server ran for it
 * @property {(id: string) => Promise<number>} bytesOf the longest string that the server holds for an id
 */

/** @type {Readonly<Record<string, Measure>>} */
export const MEASURES = {
  'local-hit': localHit,
  'shared-hit-1': sharedHit(1),
  'shared-hit-64': sharedHit(64),
  'miss-and-fill': missAndFill,
  'bulk-read': bulkRead,
  'tag-invalidation-10': tagInvalidation(10),
  'tag-invalidation-1000': tagInvalidation(1_000),
  'tag-invalidation-100000': tagInvalidation(100_000),
  'tag-invalidation-1000000': tagInvalidation(1_000_000),
  stampede,
  'vector-reads': vectorReads,
};
