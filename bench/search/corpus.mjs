// @ts-check
import { mulberry32 } from '#test/support/random.mjs';

const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bri cla dre flo gru'.split(' ');
const WORDS = 20_000;
const WORDS_PER_TEXT = 60;
const TAGS = ['north', 'east', 'south', 'west', 'rare'];

/** Texts whose words are as frequent as Zipf's law has them. */
export class Corpus {
  #random;
  #words;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = mulberry32(seed);
    const letters = mulberry32(1);
    this.#words = Array.from({ length: WORDS }, () =>
      Array.from(
        { length: 2 + Math.floor(letters() * 3) },
        () => SYLLABLES[Math.floor(letters() * SYLLABLES.length)],
      ).join(''),
    );
  }

  #word() {
    return this.#words[Math.floor(WORDS ** this.#random()) - 1] ?? this.#words[0];
  }

  /** @param {number} count */
  #sentence(count) {
    return Array.from({ length: count }, () => this.#word()).join(' ');
  }

  /** A context; one in a hundred is tagged `rare`. */
  context() {
    const tag = this.#random() < 0.01 ? 'rare' : TAGS[Math.floor(this.#random() * 4)];
    return {
      content: this.#sentence(WORDS_PER_TEXT),
      tags: [tag],
      priority: this.#random() < 0.1 ? 'important' : 'reference',
    };
  }

  question() {
    return this.#sentence(5);
  }
}
