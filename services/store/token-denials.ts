/**
 * JWT access tokens that were revoked before their end: each until then. A JWT is in no store, so that it no longer counts
 * has to be.
 *
 * @see RFC 7009 §2.1, RFC 9068 §4
 */
import { nowSeconds } from '../shared/clock.ts';
import type { JwtAccessToken } from '../shared/jwt-access-token.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import type { Reader, Records } from './records.ts';
import { keyOf, type Key, type Store } from './store.ts';

/** For whoever still takes the token for a good one because its clock is behind. */
const SKEW_SECONDS = 60;
const CACHED = 50_000;

interface Denial {
  isDenied: boolean;
}

const DENIED: Denial = { isDenied: true };
const NOT_DENIED: Denial = { isDenied: false };

/** Of tokens that come again and again. */
const keys = new WeakMap<JwtAccessToken, Key>();

function keyFor(token: JwtAccessToken): Key {
  const known = keys.get(token);
  if (known !== undefined) return known;
  const key = keyOf(`jti ${token.jti}`);
  keys.set(token, key);
  return key;
}

/** Denies it to everybody: whoever has cached that it stands is told. */
export async function denyToken(store: Store, token: JwtAccessToken): Promise<void> {
  const key = keyFor(token);
  const leftSeconds = Math.max(1, token.record.exp - nowSeconds());
  await store.write('token-denial', key, '1', leftSeconds + SKEW_SECONDS);
  await store.announce('token-denial', key);
}

export async function isTokenDenied(store: Store, token: JwtAccessToken): Promise<boolean> {
  return (await store.read('token-denial', keyFor(token))) !== undefined;
}

/**
 * The same through a cache, which also holds that there is no denial, until one is announced.
 *
 * @returns a function that throws StoreUnavailable where nobody can tell.
 */
export function followDenials(records: Records): (token: JwtAccessToken) => Soon<boolean> {
  const denials: Reader<Denial> = records.reader<Denial>({
    kind: 'token-denial',
    decode: () => DENIED,
    absent: NOT_DENIED,
    capacity: CACHED,
  });
  return (token) => whenKnown(denials.read(keyFor(token)), (denial) => denial?.isDenied !== false);
}
