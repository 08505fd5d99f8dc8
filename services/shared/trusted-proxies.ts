/** Which peers are believed when they say where a call came from. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export type IsTrusted = (address: string | undefined) => boolean;

/** @param subnets like `10.0.0.0/8`, and `2001:db8::5/128` for one address. @returns whether an address is in one of them. */
export function createTrustedProxies(subnets: readonly string[]): IsTrusted {
  if (subnets.length === 0) return () => false;
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
}

/**
 * One spelling: without the zone of a link-local address, and an IPv4 address as itself, by which a socket that listens
 * for both calls it too.
 *
 * @returns `undefined` for what is no address. @see RFC 4291 §2.5.5.2
 */
export function plainAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '') ?? '';
  return isIPv4(plain) || isIPv6(plain) ? plain : undefined;
}
