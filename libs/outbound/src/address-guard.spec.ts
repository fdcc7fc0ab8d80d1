import type { LookupAddress } from 'node:dns';
import { AddressGuard, type Resolve } from './address-guard.js';

const PUBLIC = ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'];
const REFUSED: readonly (readonly [what: string, address: string])[] = [
  ['loopback', '127.0.0.1'],
  ['loopback, another of it', '127.8.9.1'],
  ['loopback, IPv6', '::1'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['unique local', 'fc00::1'],
  ['link-local', '169.254.1.1'],
  ['link-local, IPv6', 'fe80::1'],
  ['link-local with its zone', 'fe80::1%eth0'],
  ['site-local', 'fec0::1'],
  ['metadata of most clouds', '169.254.169.254'],
  ['metadata of AWS, IPv6', 'fd00:ec2::254'],
  ['metadata of Alibaba', '100.100.100.200'],
  ['metadata of Oracle', '192.0.0.192'],
  ['metadata of Azure', '168.63.129.16'],
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['unspecified, IPv6', '::'],
  ['shared address space', '100.64.0.1'],
  ['broadcast', '255.255.255.255'],
  ['multicast', '224.0.0.1'],
  ['multicast, IPv6', 'ff02::1'],
  ['reserved', '240.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation', '203.0.113.9'],
  ['documentation, IPv6', '2001:db8::1'],
  ['benchmarking', '198.18.0.1'],
  ['IPv4 in IPv6, loopback', '::ffff:127.0.0.1'],
  ['IPv4 in IPv6, loopback in hexadecimal', '::ffff:7f00:1'],
  ['IPv4 in IPv6, metadata', '::ffff:169.254.169.254'],
  ['IPv4-compatible', '::127.0.0.1'],
  ['IPv4-translated', '::ffff:0:127.0.0.1'],
  ['NAT64 of loopback', '64:ff9b::7f00:1'],
  ['NAT64 of a private one', '64:ff9b::a00:1'],
  ['NAT64 of a local prefix', '64:ff9b:1::808:808'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001::1'],
  ['discard', '100::1'],
  ['not given out', '4000::1'],
  ['no address', 'localhost'],
  ['no address', ''],
];

/** What the connection is given, or the code of its failure. */
function lookUp(guard: AddressGuard, name: string, all: boolean): Promise<unknown> {
  return new Promise((settle) => {
    guard.lookup(name, { all }, (error, addresses) => {
      settle(error === null ? addresses : ((error as { failure?: string }).failure ?? error.code));
    });
  });
}

const answering =
  (...answers: readonly (readonly string[])[]): Resolve =>
  (_name, _options, callback) => {
    const [addresses = [], ...rest] = answers;
    answers = rest;
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };

describe('the guard of outgoing addresses', () => {
  it.each(REFUSED)('refuses %s: %s', (_what, address) => {
    expect(new AddressGuard([]).isAllowed(address)).toBe(false);
  });

  it.each(PUBLIC)('allows %s', (address) => {
    expect(new AddressGuard([]).isAllowed(address)).toBe(true);
  });

  it('allows what the configuration allows, and nothing beside it', () => {
    const guard = new AddressGuard(['127.0.0.1', '10.1.0.0/16', 'fd12::/16']);
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.2.3', 'fd12::5'])
      expect([address, guard.isAllowed(address)]).toEqual([address, true]);
    for (const address of ['127.0.0.2', '10.2.0.1', 'fd13::5', '::1'])
      expect([address, guard.isAllowed(address)]).toEqual([address, false]);
  });

  it('refuses an address in a URL however it is written, and says nothing of names', () => {
    const guard = new AddressGuard([]);
    for (const url of [
      'http://127.0.0.1/',
      'http://127.1/',
      'http://0x7f000001/',
      'http://2130706433/',
      'http://0177.0.0.1/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://１２７.0.0.1/',
    ])
      expect([url, guard.refusesLiteral(new URL(url))]).toEqual([url, true]);
    for (const url of ['http://8.8.8.8/', 'http://[2606:4700:4700::1111]/', 'http://localhost/', 'http://a.example/'])
      expect([url, guard.refusesLiteral(new URL(url))]).toEqual([url, false]);
  });

  it('gives a connection those addresses of a name that are allowed', async () => {
    const guard = new AddressGuard([], answering(['10.0.0.1', '8.8.8.8', '::1']));
    expect(await lookUp(guard, 'mixed.example', true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    const one = new AddressGuard([], answering(['127.0.0.1', '1.1.1.1']));
    expect(await lookUp(one, 'mixed.example', false)).toBe('1.1.1.1');
    const none = new AddressGuard([], answering(['127.0.0.1', 'fe80::1']));
    expect(await lookUp(none, 'private.example', true)).toBe('address-refused');
  });

  it('judges a name each time it is asked for, so one that answers otherwise later gains nothing', async () => {
    const guard = new AddressGuard([], answering(['8.8.8.8'], ['127.0.0.1']));
    expect(await lookUp(guard, 'rebound.example', false)).toBe('8.8.8.8');
    expect(await lookUp(guard, 'rebound.example', false)).toBe('address-refused');
  });
});
