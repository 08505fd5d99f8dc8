/** Signs what an LRS is told about a call, and signs the same anew only when that has nearly run out. */
import type { CryptoKey, JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import { nowSeconds } from '../shared/clock.ts';
import { jose } from '../shared/jose.ts';
import type { CurrentKeys, SigningAlgorithm, SigningKeys } from '../store/signing-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** @returns a JWT with these claims, and `iat`, `exp`, `jti`: the same one for the same claims, while it has some life left. */
export type Sign = (claims: Claims, algorithm: SigningAlgorithm) => Promise<string>;

/** Whoever gets hold of one can use it for no longer than this. */
export const ASSERTION_SECONDS = 60;
/** What is left of one when it is handed out for the last time: enough to be on the way, and for a clock that is ahead. */
const LEFT_SECONDS = 15;
/** For an LRS whose clock is behind: some (PyJWT) refuse what was signed in their future. */
const BACKDATED_SECONDS = 5;
const REMEMBERED = 10_000;

interface Signed {
  token: Promise<string>;
  iat: number;
  exp: number;
}

/**
 * @param keys the keys as they are now. What was signed by another key than the current one is not handed out again.
 * @param lifeSeconds of a token, from its `iat` to its `exp`.
 */
export function createSign(keys: CurrentKeys, lifeSeconds = ASSERTION_SECONDS): Sign {
  const remembered = new LRUCache<string, Signed>({ max: REMEMBERED });
  const privateKeyOf = createPrivateKeys();

  return async (claims, algorithm) => {
    const jwk = currentKey(await keys(), algorithm);
    const content = JSON.stringify([jwk.kid, claims]);
    const known = remembered.get(content);
    if (known && isFresh(known, nowSeconds())) return known.token;
    const iat = nowSeconds() - BACKDATED_SECONDS;
    const exp = iat + lifeSeconds;
    const signed: Signed = { iat, exp, token: sign({ ...claims, iat, exp, jti: randomUUID() }, jwk) };
    /* Before it is signed, so that calls that come at once share it. */
    remembered.set(content, signed);
    signed.token.catch(() => remembered.delete(content));
    return signed.token;
  };

  async function sign(claims: Claims, { alg = '', kid = '', ...jwk }: JWK): Promise<string> {
    const { SignJWT } = await jose();
    const key = await privateKeyOf({ ...jwk, alg, kid });
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key);
  }
}

/** A clock that was set back, or a machine that slept, must not make a token live longer than it says. */
function isFresh({ iat, exp }: Signed, now: number): boolean {
  return now >= iat && exp - now > LEFT_SECONDS;
}

function currentKey({ jwks }: SigningKeys, algorithm: SigningAlgorithm): JWK {
  const jwk = jwks.find(({ alg }) => alg === algorithm);
  if (!jwk) throw new Error(`there is no signing key for ${algorithm}`);
  return jwk;
}

/** Imports each key once. Those that no longer sign are few. */
function createPrivateKeys(): (jwk: JWK) => Promise<CryptoKey | Uint8Array> {
  const imported = new Map<string | undefined, Promise<CryptoKey | Uint8Array>>();
  return (jwk) => {
    const known = imported.get(jwk.kid) ?? jose().then(({ importJWK }) => importJWK(jwk));
    imported.set(jwk.kid, known);
    return known;
  };
}
