// @ts-check

/**
 * A sequence that is the same for the same seed (mulberry32): what is drawn by it can be repeated.
 *
 * @param {number} seed
 * @returns {() => number} from 0 up to 1
 */
export function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
