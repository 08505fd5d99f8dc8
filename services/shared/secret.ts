/**
 * Client secrets. Generated ones have 256 bits, so a fast hash keeps them; imported ones may have been chosen by a
 * person, so they get scrypt.
 *
 * @see design: cost of scrypt N=2^14 is 230 token requests; of SHA-256, nothing measurable
 */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { digest, sameDigest } from './digest.ts';
import { randomText } from './random-text.ts';

export interface StoredSecret {
  /** `sha256:<digest>` or `scrypt:<N>:<salt>:<hash>`, base64url. Never the secret. */
  hash: string;
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds; absent while nothing has superseded it. */
  expires_at?: number;
}

const SCRYPT_COST = 2 ** 14;
const SCRYPT_BYTES = 32;
/** A password longer than this is refused rather than hashed: hashing a megabyte is an attack. */
export const MAX_SECRET_LENGTH = 1024;

/** A new secret of 256 random bits: 43 characters, safe in a form, a URL and a Basic header as they stand. */
export function generateSecret(): string {
  return randomText();
}

/** What to store of a secret that {@link generateSecret} made. */
export function storeGenerated(secret: string, nowSeconds: number): StoredSecret {
  return { hash: `sha256:${digest(secret)}`, created_at: nowSeconds };
}

/** What to store of a secret that came from somewhere else. */
export async function storeImported(secret: string, nowSeconds: number): Promise<StoredSecret> {
  const salt = randomBytes(16);
  const derived = await derive(secret, salt, SCRYPT_COST);
  return {
    hash: `scrypt:${SCRYPT_COST}:${salt.toString('base64url')}:${derived.toString('base64url')}`,
    created_at: nowSeconds,
  };
}

/** Whether it was made by {@link generateSecret}, and so cannot be guessed. */
export function isGenerated({ hash }: StoredSecret): boolean {
  return hash.startsWith('sha256:');
}

/** Whether `secret` is one of those stored and not yet past its end. */
export async function isOneOf(secret: string, stored: readonly StoredSecret[], nowSeconds: number): Promise<boolean> {
  if (secret.length > MAX_SECRET_LENGTH) return false;
  let matches = false;
  for (const candidate of stored) {
    const { expires_at } = candidate;
    const live = expires_at === undefined || expires_at > nowSeconds;
    if ((await matchesHash(secret, candidate)) && live) matches = true;
  }
  return matches;
}

/**
 * The digest that a slow hash was last matched by, for as long as its record is held in memory: a client that calls
 * with Basic a thousand times a second must not cost a thousand scrypts.
 */
const proven = new WeakMap<StoredSecret, string>();

async function matchesHash(secret: string, stored: StoredSecret): Promise<boolean> {
  const [method, ...parts] = stored.hash.split(':');
  if (method === 'sha256') return sameDigest(digest(secret), parts[0] ?? '');
  const [cost, salt, expected] = parts;
  if (method !== 'scrypt' || !cost || !salt || !expected) return false;
  const before = proven.get(stored);
  if (before !== undefined && sameDigest(digest(secret), before)) return true;
  const derived = await derive(secret, Buffer.from(salt, 'base64url'), Number(cost));
  const matches = timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
  if (matches) proven.set(stored, digest(secret));
  return matches;
}

function derive(secret: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, maxmem: 256 * cost * 8 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, SCRYPT_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
