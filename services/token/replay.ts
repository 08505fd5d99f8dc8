/** What counts once: a DPoP proof, and the assertion that a client authenticates with. */
import { nowSeconds } from '../shared/clock.ts';
import { isObject } from '../shared/xapi/property.ts';
import { keyOf, type Store } from '../store/store.ts';

/** What is told of the request that uses something. */
export interface Use {
  /** The proof that came with it; empty where there is none. */
  proofHere: () => string;
  /** What is thrown where that is used again: the library has `invalid_grant` for it, which ends what a client was given. */
  usedProof: () => Error;
}

/** A proof may have been made by a clock that is this much ahead: until then it is good, so until then it is remembered. */
const AHEAD_SECONDS = 300;

/**
 * In the place of the library's own look at what was used: it reads first and writes then, so that of several at once all
 * would be the first. Here one write decides.
 *
 * @param model the library's ReplayDetection.
 * @see RFC 9449 §11.1; RFC 7523 §3: "The authorization server MAY ensure that JWTs are not replayed"
 */
export function countOnce(model: object, store: Store, { proofHere, usedProof }: Use): void {
  /** Whether this is its first use. `exp`: when it would no longer be accepted anyhow, in unix seconds. */
  async function unique(clientId: string, jti: string, exp: number): Promise<boolean> {
    const key = keyOf(JSON.stringify(['used', clientId, jti]));
    if (await store.writeNew('replay', key, '', Math.max(exp - nowSeconds(), 0) + AHEAD_SECONDS)) return true;
    if (jtiOf(proofHere()) === jti) throw usedProof();
    return false;
  }
  Object.assign(model, { unique });
}

/** Read from what may be no proof at all: a client authenticates before its proof is looked at. */
function jtiOf(proof: string): unknown {
  try {
    const payload: unknown = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isObject(payload) ? payload.jti : undefined;
  } catch {
    return undefined;
  }
}
