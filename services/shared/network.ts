/** Whose an address is, as far as guessing goes. */
import { BlockList, isIPv4 } from 'node:net';
import { plainAddress } from './trusted-proxies.ts';

/** A call from one of these may have come by a proxy, and be anybody's: what is counted for it would lock everybody out. */
const NOBODYS = new BlockList();
const SUBNETS = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const;
for (const [network, prefix, family] of SUBNETS) NOBODYS.addSubnet(network, prefix, family);

/**
 * The address, or of IPv6 the /64 that one customer has all of; `undefined` where nobody can tell whose it is.
 *
 * @see RFC 1918, RFC 4193, RFC 6177
 */
export function networkOf(address: string | undefined): string | undefined {
  const plain = plainAddress(address);
  if (plain === undefined || NOBODYS.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')) return undefined;
  if (isIPv4(plain)) return plain;
  return `${groupsOf(plain).slice(0, 4).join(':')}::/64`;
}

/** All eight, without leading zeros. */
function groupsOf(address: string): string[] {
  const spelled = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after] = spelled.split('::');
  const [head, tail] = [before, after ?? ''].map((part) => part.split(':').filter(Boolean));
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  return [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
}
