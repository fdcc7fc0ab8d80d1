// @ts-check
import { PossibleStates } from './possible-states.mjs';

/** How many versions of an answer are kept to ask with their tags. */
const KEPT_TAGS = 6;

/** The client's own side of a workspace: its credential, what it knows of it, and the ids and tags that it was given. */
export class Memory {
  slug;
  /** In every text of this workspace and in no other's. */
  marker;
  /** A credential with every scope but the operator's. */
  key;
  states = new PossibleStates();
  /** By kind and word: `context mkabcdn3`. @type {Map<string, string>} */
  ids = new Map();
  /** Secrets of further keys, by name. @type {Map<string, string>} */
  secrets = new Map();
  /** JSON Web Tokens of this workspace, by subject: each has one. @type {Map<string, string>} */
  tokens = new Map();
  /** Tags of answers and what these showed, by method and path. @type {Map<string, { tag: string, view: string }[]>} */
  tags = new Map();
  #lastToken = 0;

  /**
   * @param {string} slug
   * @param {string} marker
   * @param {string} key
   */
  constructor(slug, marker, key) {
    this.slug = slug;
    this.marker = marker;
    this.key = key;
  }

  /** A word that no other text has. */
  newToken() {
    return `${this.marker}n${++this.#lastToken}`;
  }

  /**
   * @param {string} kind
   * @param {string} name
   */
  idOf(kind, name) {
    return this.ids.get(`${kind} ${name}`);
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {unknown} id
   */
  learn(kind, name, id) {
    if (typeof id === 'string') this.ids.set(`${kind} ${name}`, id);
  }

  /**
   * @param {string} place
   * @param {string | undefined} tag
   * @param {string} view
   */
  keepTag(place, tag, view) {
    if (tag === undefined) return;
    const kept = (this.tags.get(place) ?? []).filter((each) => each.tag !== tag);
    this.tags.set(place, [...kept, { tag, view }].slice(-KEPT_TAGS));
  }
}

/**
 * The word of a text that no other text has.
 *
 * @param {string | null | undefined} text
 * @returns {string | null}
 */
export function tokenIn(text) {
  return /\bmk[a-z0-9]{6}n\d+\b/.exec(text ?? '')?.[0] ?? null;
}
