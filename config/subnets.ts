/** Addresses and networks, as a setting lists them. */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * Separated by commas or spaces: `10.0.0.0/8, 2001:db8::5`.
 *
 * @returns each with its prefix length. @throws Error for what is none, and for the network of everybody: whoever calls
 * could then say to be anybody.
 */
export function subnets(text: string): readonly string[] {
  return text.split(/[\s,]+/).flatMap((entry) => (entry === '' ? [] : [subnet(entry)]));
}

function subnet(entry: string): string {
  const [, address = '', prefix] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const longest = isIPv4(address) ? 32 : isIPv6(address) && !/^::ffff:/i.test(address) ? 128 : 0;
  const length = prefix === undefined ? longest : Number(prefix);
  if (length < 1 || length > longest)
    throw new Error(
      `should be addresses or networks like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, with commas, not ${JSON.stringify(entry.slice(0, 60))}`,
    );
  return `${address}/${length}`;
}
