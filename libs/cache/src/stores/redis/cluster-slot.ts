const SLOTS = 16_384;

/** CRC16-XMODEM, as Redis Cluster hashes keys (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec). */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key; where it has a non-empty {hash tag}, of that. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed, 'utf8')) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] as number);
  return crc % SLOTS;
}

/** A short hash tag whose slot lies in one of the ranges: the same for everyone who sees the same ranges. */
export function hashTagWithin(ranges: readonly (readonly [number, number])[]): string {
  for (let candidate = 0; candidate < 1_000_000; candidate++) {
    const slot = slotOf(`{${candidate}}`);
    if (ranges.some(([first, last]) => slot >= first && slot <= last)) return String(candidate);
  }
  throw new Error('A Cluster master serves no slots.');
}
