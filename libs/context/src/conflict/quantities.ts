/** How much of the first unit of its kind a unit is. */
const UNITS: ReadonlyMap<string, readonly [kind: string, factor: number]> = new Map(
  (
    [
      ['time', 'ms', 0.001],
      ['time', 's sec secs second seconds', 1],
      ['time', 'min mins minute minutes', 60],
      ['time', 'h hr hrs hour hours', 3_600],
      ['time', 'day days', 86_400],
      ['time', 'week weeks', 604_800],
      ['time', 'month months', 2_629_800],
      ['time', 'year years', 31_557_600],
      ['bytes', 'b byte bytes', 1],
      ['bytes', 'kb kib', 1e3],
      ['bytes', 'mb mib', 1e6],
      ['bytes', 'gb gib', 1e9],
      ['bytes', 'tb tib', 1e12],
      ['mass', 'g', 1],
      ['mass', 'kg', 1_000],
      ['length', 'mm', 0.001],
      ['length', 'cm', 0.01],
      ['length', 'm', 1],
      ['length', 'km', 1_000],
    ] as const
  ).flatMap(([kind, names, factor]) => names.split(' ').map((name) => [name, [kind, factor]] as const)),
);

/** A number and its unit, with or without a space between them. */
const QUANTITY = /^(\d+(?:\.\d+)?) ?([a-z]+)$/;
/** A kilobyte is 1,000 bytes or 1,024, a month 30 days or 31: quantities in two units are compared roughly. */
const TOLERANCE = 0.06;

/**
 * Whether two values may say the same: the same words, the same quantity in another unit, or one more exact than the other (16 and
 * 16.4).
 */
export function isSameQuantity(one = '', other = ''): boolean {
  if (one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)) return true;
  const [[, amount = '', unit = ''], [, otherAmount = '', otherUnit = '']] = [
    QUANTITY.exec(one) ?? [],
    QUANTITY.exec(other) ?? [],
  ];
  const [kind, factor] = UNITS.get(unit) ?? [];
  const [otherKind, otherFactor] = UNITS.get(otherUnit) ?? [];
  if (kind === undefined || factor === undefined || otherFactor === undefined || kind !== otherKind) return false;
  const ratio = (Number(amount) * factor) / (Number(otherAmount) * otherFactor);
  return factor !== otherFactor && Math.abs(ratio - 1) < TOLERANCE;
}
