/** What both services agree on of DPoP. @see RFC 9449 */
import { hkdfSync } from 'node:crypto';

/** "The value of the alg … MUST NOT be none or an identifier for a symmetric algorithm" (§4.2): those that browsers have, too. */
export const DPOP_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'] as const;

const NONCE_KEY_BYTES = 32;

/**
 * What nonces are made with: the same in every process, because all of them have the keys of the store. Of each side its
 * own: "the nonce … is not interchangeable" (§9).
 *
 * @param cookieKeys the first one counts. When another takes its place, nonces that are under way are answered with a new one.
 */
export function nonceKey([current]: readonly string[], side: 'token service' | 'gateway'): Buffer {
  if (current === undefined) throw new Error('there is no key to make nonces with');
  return Buffer.from(hkdfSync('sha256', current, 'hallpass', `DPoP nonces of the ${side}`, NONCE_KEY_BYTES));
}
