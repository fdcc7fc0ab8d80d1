// @ts-check

/**
 * Some are asked for often and most of them rarely, as Zipf's law says (exponent 1).
 *
 * @param {number} count
 * @returns {(random: number) => number} the index of one, from a random number from 0 up to 1
 */
export function zipf(count) {
  /** @type {number[]} */
  const sums = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sums.push((sum += 1 / rank));
  return (random) => {
    const sought = random * sum;
    const index = sums.findIndex((each) => each > sought);
    return index < 0 ? count - 1 : index;
  };
}
