// @ts-check
import { readFile } from 'node:fs/promises';

/**
 * A set of questions with known answers. Each collection is one project: nothing may be found across collections.
 *
 * @typedef {object} Doc
 * @property {string} id
 * @property {string} text
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
 * @param {string} path of a JSON file {name, collections: [{id, docs: [{id, text}], queries: [{id, text, gold, cat, bad}]}]}
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
 * A question without an answer, a broken one, and one that was made to have no answer say nothing about finding.
 *
 * @param {{ gold?: string[], bad?: unknown, cat?: string }} query
 */
function isMeasurable({ gold, bad, cat }) {
  return gold !== undefined && gold.length > 0 && !bad && cat !== 'adversarial';
}
