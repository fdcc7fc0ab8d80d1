import { lookup as lookupName, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { OutboundError } from './outbound.errors.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Finds every address of a name; `dns.lookup` outside of tests. */
export type Resolve = (
  hostname: string,
  options: { all: true; family?: number | undefined; hints?: number | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Of public addresses, those at which a cloud answers its own machines. */
const METADATA: readonly string[] = ['168.63.129.16'];
/** What the registries give out of IPv6 (RFC 4291, section 2.4): nothing else is public. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];
/** IPv4 addresses as IPv6-only networks reach them (RFC 6052); the address is in the last 32 bits. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];

/**
 * Says which addresses may be asked for something that a user has named: public ones, and those of the networks that the
 * configuration allows. Private, loopback, link-local, metadata, multicast and reserved addresses are refused, and IPv6
 * addresses that stand for such an IPv4 address.
 *
 * A name is judged by the addresses that the connection is made to: `lookup` is the one question, asked when it is
 * made, so a name that answers otherwise a moment later gains nothing.
 */
export class AddressGuard {
  private readonly allowed: readonly (readonly [Address, number])[];

  /** @param allowedNetworks in CIDR notation, or single addresses */
  constructor(
    allowedNetworks: readonly string[],
    private readonly resolve: Resolve = lookupName,
  ) {
    this.allowed = allowedNetworks.map((network) =>
      network.includes('/') ? ipaddr.parseCIDR(network) : wholeOf(ipaddr.parse(network)),
    );
  }

  /** @param address as IPv4 or IPv6 has it, without brackets; what is none is refused. */
  isAllowed(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    // An IPv4 address in an IPv6 one is that IPv4 address.
    const given = ipaddr.process(address);
    if (this.allowed.some(([network, bits]) => given.kind() === network.kind() && given.match(network, bits)))
      return true;
    return isPublic(given);
  }

  /** Refuses a URL whose host is an address that is not allowed. Of a name it says nothing. */
  refusesLiteral({ hostname }: URL): boolean {
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    return ipaddr.isValid(host) && !this.isAllowed(host);
  }

  /** For the connections of an agent: gives the addresses that are allowed, and fails where there are none. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const family = familyOf(options.family);
    this.resolve(hostname, { all: true, family, hints: options.hints }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found.filter(({ address }) => this.isAllowed(address));
      const [first] = addresses;
      if (first === undefined) return callback(addressRefused(), []);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

export function addressRefused(): OutboundError & NodeJS.ErrnoException {
  return new OutboundError(
    'address-refused',
    'The address is private, local or reserved, and OUTBOUND_ALLOWED_NETWORKS does not allow it.',
  );
}

function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast' && !METADATA.includes(address.toString());
  if (address.match(NAT64)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST);
}

function wholeOf(address: Address): readonly [Address, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): number | undefined {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : family;
}
