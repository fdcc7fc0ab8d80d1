/** Hextets of an IPv6 address that name a network: whoever has one address has all that begin alike (RFC 6177). */
const NETWORK_HEXTETS = 4;

/**
 * Who is counted as one client: an IPv4 address, also where it is written as IPv6, or the /64 network of an IPv6 address.
 * What is no address stands for itself.
 */
export function clientOf(address: string): string {
  const [text = ''] = address.toLowerCase().split('%', 1);
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  if (!text.includes(':')) return text;
  const [head = '', tail] = text.split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const network = [...first, ...gap, ...last].slice(0, NETWORK_HEXTETS);
  return `${network.map((hextet) => hextet.replace(/^0{1,3}(?=.)/, '')).join(':')}::/64`;
}
