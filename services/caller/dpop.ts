/** Proofs that a call was made by whoever has the key that its token is bound to. @see RFC 9449 §4.3, §7 */
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { nowSeconds } from '../shared/clock.ts';
import { digest } from '../shared/digest.ts';
import { DPOP_ALGORITHMS, nonceKey } from '../shared/dpop.ts';
import { jose } from '../shared/jose.ts';
import { Refusal } from '../shared/refusal.ts';
import type { CurrentKeys } from '../store/signing-keys.ts';
import { keyOf, type Store } from '../store/store.ts';
import { createNonces, NONCE_SECONDS } from './dpop-nonce.ts';
import type { Called } from './called.ts';

/** @throws Refusal 401, after which the call must not be made; StoreUnavailable where nobody can tell. */
export type CheckProof = (jkt: string, token: string, called: Called) => Promise<void>;

export interface DpopOptions {
  issuer: string;
  store: Store;
  keys: CurrentKeys;
  isNonceRequired: boolean;
}

/** How far the clock of a client that sends no nonce may be from ours. */
const CLOCK_SECONDS = 60;
/** For as long as any proof that is good now can be. */
const REPLAY_SECONDS = Math.max(NONCE_SECONDS, 2 * CLOCK_SECONDS) + 1;
/** What no public key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

export function createCheckProof({ issuer, store, keys, isNonceRequired }: DpopOptions): CheckProof {
  const nonces = createNonces(async () => nonceKey((await keys()).cookieKeys, 'gateway'));

  async function refuseStale({ iat, nonce }: JWTPayload, { offerNonce }: Called): Promise<void> {
    const isOnTime = typeof iat === 'number' && Math.abs(nowSeconds() - iat) <= CLOCK_SECONDS;
    if (nonce === undefined && !isNonceRequired && isOnTime) return;
    const current = await nonces.current();
    if (nonce !== current) offerNonce(current);
    if (typeof nonce === 'string' && (await nonces.isRecent(nonce))) return;
    throw new Refusal('use_dpop_nonce', 'make the proof anew, with the nonce in the DPoP-Nonce header', DPOP);
  }

  return async (jkt, token, called) => {
    const claims = await verified(called.proof ?? '', jkt);
    const { jti, htm, htu, iat, ath } = claims;
    if (typeof jti !== 'string' || jti === '' || typeof iat !== 'number')
      throw wrongProof('the proof needs a jti and an iat');
    if (htm !== called.method) throw wrongProof(`the proof is not for a ${called.method}: that is its htm`);
    if (!isUrl(htu, `${issuer}${called.path}`))
      throw wrongProof(`the proof is for another URL: its htu is not this one`);
    if (ath !== digest(token)) throw wrongProof('the proof is for another token: its ath is not the hash of this one');
    await refuseStale(claims, called);
    /* Last, so that only who has the key can have anything written; and by one write, so that of several one is first. */
    const use = keyOf(JSON.stringify(['DPoP', jkt, jti]));
    if (!(await store.writeNew('replay', use, '', REPLAY_SECONDS)))
      throw wrongProof('the proof was used before: each call needs one of its own');
  };
}

/** @throws Refusal for all but a JWT of this type, by an algorithm that is asymmetric, signed with the key that is bound to. */
async function verified(proof: string, jkt: string): Promise<JWTPayload> {
  const { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } = await jose();
  const keyIn = async (header: JWTHeaderParameters) => {
    const { jwk = {} } = header;
    if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) throw wrongProof('the proof has a private key in it');
    if ((await calculateJwkThumbprint(jwk)) !== jkt)
      throw new Refusal('invalid_token', 'this token is bound to another key than the one that signed the proof', DPOP);
    return EmbeddedJWK(header);
  };
  try {
    const options = { algorithms: [...DPOP_ALGORITHMS], typ: 'dpop+jwt' };
    return (await jwtVerify(proof, keyIn, options)).payload;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw wrongProof(`the DPoP header should be one dpop+jwt, signed by ${DPOP_ALGORITHMS.join(', ')}, its key in jwk`);
  }
}

/** "ignoring any query and fragment parts" (§4.3), and compared as URLs are. */
function isUrl(htu: unknown, called: string): boolean {
  const said = typeof htu === 'string' ? URL.parse(htu) : null;
  if (!said) return false;
  said.search = '';
  said.hash = '';
  return said.href === new URL(called).href;
}

/** That the client is challenged to prove it, not to send a bearer token. */
export const DPOP = { scheme: 'DPoP' } as const;

function wrongProof(description: string): Refusal {
  return new Refusal('invalid_dpop_proof', description, DPOP);
}
