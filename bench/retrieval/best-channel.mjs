// @ts-check

const COMPARED = /** @type {const} */ (['R@5', 'R@10']);
/** Figures are rounded to hundredths. */
const ROUNDING = 0.01;

/**
 * Where hybrid search finds less than one of its channels by itself.
 *
 * @param {string} set
 * @param {Readonly<Record<string, Record<string, number>>>} metrics by the mode that was asked for
 * @returns {string[]} one sentence each
 */
export function belowItsChannels(set, { hybrid, ...channels }) {
  if (hybrid === undefined) return [];
  return Object.entries(channels).flatMap(([mode, channel]) =>
    COMPARED.filter((metric) => (hybrid[metric] ?? 0) < (channel[metric] ?? 0) - ROUNDING).map(
      (metric) => `${set}: ${metric} of hybrid is ${hybrid[metric]}, below ${channel[metric]} of ${mode}`,
    ),
  );
}
