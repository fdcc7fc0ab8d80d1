// @ts-check
import { readFile } from 'node:fs/promises';

/**
 * A set of questions with known answers. Each collection is one project: nothing may be found across collections.
 *
 * @typedef {object} Doc
 * @property {string} id
 * @property {string} text
 * @property {string | number} [session] which conversation of the collection a message is of
 * @property {string} [ts] when it was said, as people write it
 * @property {string} [speaker] who said it; a doc without one is a context
 *
 * @typedef {object} Query
 * @property {string} id
 * @property {string} text
 * @property {string[]} gold ids of the docs that answer it
 *
 * @typedef {object} Collection
 * @property {string} id
 * @property {Doc[]} docs
 * @property {Query[]} queries only those that can be measured
 *
 * @typedef {object} RetrievalSet
 * @property {string} name
 * @property {Collection[]} collections
 */

/**
 * @param {string} path of a JSON file {name, collections: [{id, docs: [Doc], queries: [{id, text, gold, cat, bad}]}]}
 * @returns {Promise<RetrievalSet>}
 */
export async function readRetrievalSet(path) {
  const { name, collections } = JSON.parse(await readFile(path, 'utf8'));
  if (typeof name !== 'string' || !Array.isArray(collections)) throw new Error(`${path} is not a retrieval set`);
  return {
    name,
    collections: collections.map(({ id, docs, queries }) => ({ id, docs, queries: queries.filter(isMeasurable) })),
  };
}

/**
 * The messages of a collection by conversation, each in the order given.
 *
 * @param {readonly Doc[]} docs
 * @returns {Map<string, Doc[]>}
 */
export function conversationsOf(docs) {
  /** @type {Map<string, Doc[]>} */
  const conversations = new Map();
  for (const doc of docs) {
    if (!doc.speaker) continue;
    const session = String(doc.session ?? '');
    const messages = conversations.get(session);
    if (messages === undefined) conversations.set(session, [doc]);
    else messages.push(doc);
  }
  return conversations;
}

const CLOCK_AND_DAY = /^(\d{1,2}):(\d{2}) ([ap])m on (\d{1,2}) (\p{L}+),? (\d{4})$/iu;
const DAY = /^(\p{L}+)-(\d{1,2})-(\d{4})$/u;

/**
 * The time of a message, in UTC: `1:56 pm on 8 May, 2023`, `March-15-2024`, or whatever `Date` reads.
 *
 * @param {string | undefined} ts
 * @returns {string | undefined} ISO 8601; absent where there is none, or none that can be read
 */
export function timeOf(ts = '') {
  const clock = CLOCK_AND_DAY.exec(ts.trim());
  const day = DAY.exec(ts.trim());
  const written =
    clock !== null
      ? `${clock[4]} ${clock[5]} ${clock[6]} ${clock[1]}:${clock[2]} ${clock[3]}m UTC`
      : day !== null
        ? `${day[2]} ${day[1]} ${day[3]} UTC`
        : /[zZ]$|UTC$|[+-]\d{2}:?\d{2}$/.test(ts)
          ? ts
          : `${ts} UTC`;
  const time = new Date(written);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/**
 * A question without an answer, a broken one, and one that was made to have no answer say nothing about finding.
 *
 * @param {{ gold?: string[], bad?: unknown, cat?: string }} query
 */
function isMeasurable({ gold, bad, cat }) {
  return gold !== undefined && gold.length > 0 && !bad && cat !== 'adversarial' && cat !== 'abstention';
}
