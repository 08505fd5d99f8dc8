/** Reads JWT access tokens: those that we signed, with a key that is still published, and nothing else that is a JWT. */
import type { CryptoKey, JWK, JWTHeaderParameters } from 'jose';
import { LRUCache } from 'lru-cache';
import { nowSeconds } from '../shared/clock.ts';
import { jose } from '../shared/jose.ts';
import { JWT_ACCESS_TOKEN_TYPE, readClaims, type JwtAccessToken } from '../shared/jwt-access-token.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import type { CurrentKeys } from './signing-keys.ts';

/** @returns `undefined` for whatever is no access token of ours, or no longer one. Whether it was revoked is not looked at. */
export type ReadJwt = (token: string) => Soon<JwtAccessToken | undefined>;

/** The only algorithm that access tokens are signed with. */
export const JWT_ALGORITHM = 'ES256';
/** Longer than any that we make. */
export const MAX_JWT_LENGTH = 12_000;
/** Between the clocks of our own processes. */
const SKEW_SECONDS = 60;
/** Verifying one costs more than all the rest of a call. What is remembered is what we signed, and in this process only. */
const REMEMBERED = 10_000;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

interface Verified {
  kid: string;
  token: JwtAccessToken;
}

class UnknownKey extends Error {}

/**
 * Every check is against what is known here, and none against what the token says of itself: an algorithm or a key
 * that it brings along (`alg`, `jwk`, `jku`, `x5c`) is an attacker's.
 *
 * @param keys the keys as they are now: what a retired one signed is refused from then on.
 * @see RFC 9068 §4, RFC 8725 §3
 */
export function createReadJwt(issuer: string, keys: CurrentKeys): ReadJwt {
  const remembered = new LRUCache<string, Verified>({ max: REMEMBERED });
  const publicKeyOf = createPublicKeys();

  async function verify(token: string, jwks: readonly JWK[]): Promise<Verified | undefined> {
    if (token.length > MAX_JWT_LENGTH || !JWT.test(token)) return undefined;
    const { errors, jwtVerify } = await jose();
    const keyFor = ({ kid, alg }: JWTHeaderParameters) => {
      const jwk = jwks.find((known) => known.kid === kid && known.alg === alg);
      if (typeof kid !== 'string' || !jwk) throw new UnknownKey();
      return publicKeyOf(jwk);
    };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keyFor, {
        algorithms: [JWT_ALGORITHM],
        issuer,
        requiredClaims: ['exp', 'iat', 'aud', 'sub', 'client_id', 'jti'],
        clockTolerance: SKEW_SECONDS,
      });
      if (protectedHeader.typ !== JWT_ACCESS_TOKEN_TYPE) return undefined;
      return { kid: protectedHeader.kid ?? '', token: readClaims(payload) };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof UnknownKey) return undefined;
      throw error;
    }
  }

  async function verifyAndRemember(token: string, jwks: readonly JWK[]): Promise<JwtAccessToken | undefined> {
    const verified = await verify(token, jwks);
    if (verified) remembered.set(token, verified);
    return verified && whileItCounts(verified);
  }

  return (token) =>
    whenKnown(keys(), ({ jwks }) => {
      const known = remembered.get(token);
      if (!known) return verifyAndRemember(token, jwks);
      return jwks.some(({ kid }) => kid === known.kid) ? whileItCounts(known) : undefined;
    });
}

function whileItCounts({ token }: Verified): JwtAccessToken | undefined {
  const { iat, exp } = token.record;
  const now = nowSeconds();
  return exp > now && iat <= now + SKEW_SECONDS ? token : undefined;
}

/** Imports each key once, without its private half. */
function createPublicKeys(): (jwk: JWK) => Promise<CryptoKey> {
  const imported = new WeakMap<JWK, Promise<CryptoKey>>();
  return (jwk) => {
    const known = imported.get(jwk) ?? importPublic(jwk);
    imported.set(jwk, known);
    return known;
  };
}

async function importPublic({ kty = '', crv = '', x = '', y = '' }: JWK): Promise<CryptoKey> {
  const { importJWK } = await jose();
  return importJWK({ kty, crv, x, y }, JWT_ALGORITHM) as Promise<CryptoKey>;
}
