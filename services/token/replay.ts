/** What counts once: a DPoP proof, and the assertion that a client authenticates with. */
import { nowSeconds } from '../shared/clock.ts';
import { keyOf, type Store } from '../store/store.ts';

/** Whether this is its first use. @param exp when it would no longer be accepted anyhow, in unix seconds. */
export type IsFirstUse = (clientId: string, jti: string, exp: number) => Promise<boolean>;

/** A proof may have been made by a clock that is this much ahead: until then it is good, so until then it is remembered. */
const AHEAD_SECONDS = 300;

/**
 * In the place of the library's own look at what was used: it reads first and writes then, so that of several at once all
 * would be the first. Here one write decides.
 *
 * @see RFC 9449 §11.1; RFC 7523 §3: "The authorization server MAY ensure that JWTs are not replayed"
 */
export function createIsFirstUse(store: Store): IsFirstUse {
  return (clientId, jti, exp) => {
    const key = keyOf(JSON.stringify(['used', clientId, jti]));
    return store.writeNew('replay', key, '', Math.max(exp - nowSeconds(), 0) + AHEAD_SECONDS);
  };
}

/** Whether it is the `jti` of this proof, which was verified: the library has `invalid_grant` for one that is used again. */
export function isOfProof(proof: string, jti: string): boolean {
  if (proof === '') return false;
  const payload = Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString('utf8');
  return (JSON.parse(payload) as { jti?: unknown }).jti === jti;
}
