/** The keys that sign: kept in the store, sealed, made by whichever process starts first. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import type { Seal } from '../shared/seal.ts';
import type { Records } from './records.ts';
import { keyOf, type Store } from './store.ts';

export interface SigningKeys {
  /** Private; of each algorithm the first signs. */
  jwks: JWK[];
  /** What cookies are signed with, newest first. */
  cookieKeys: string[];
}

/**
 * ES256 signs for everybody but those that know RS256 alone, as SQL LRS does. Its keys come first: python-jose, by which
 * Ralph verifies, tries them in turn and gives up at one of another type.
 */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const SIGNING_KEYS = keyOf('signing keys');
const CONTEXT = 'signing keys';

/**
 * @throws Error where the stored keys were sealed under another HALLPASS_ENCRYPTION_KEY: going on with new ones would
 * make every relying party refuse us.
 */
export async function loadSigningKeys(store: Store, seal: Seal): Promise<SigningKeys> {
  const stored = await store.read('keys', SIGNING_KEYS);
  const keys = stored === undefined ? { jwks: [], cookieKeys: [newCookieKey()] } : openKeys(stored, seal);
  if (isComplete(keys)) return keys;
  const jwks = [...keys.jwks, ...(await Promise.all(missingFrom(keys).map(newKey)))];
  const sealed = seal.seal(JSON.stringify({ ...keys, jwks }), CONTEXT);
  if (stored === undefined) await store.writeNew('keys', SIGNING_KEYS, sealed);
  else if (await store.swap('keys', SIGNING_KEYS, stored, sealed)) await store.announce('keys', SIGNING_KEYS);
  return loadSigningKeys(store, seal);
}

/** @returns a function that gives the keys as they are now: changed ones are used as soon as they are announced. */
export function followSigningKeys(records: Records, store: Store, seal: Seal): () => Promise<SigningKeys> {
  const reader = records.reader<SigningKeys>({ kind: 'keys', decode: (sealed) => openKeys(sealed, seal), capacity: 1 });
  let loading: Promise<SigningKeys> | undefined;
  return async () => {
    const keys = await reader.read(SIGNING_KEYS);
    if (keys && isComplete(keys)) return keys;
    /* Once for all that ask meanwhile: to make one is a tenth of a second's work. */
    loading ??= loadSigningKeys(store, seal).finally(() => (loading = undefined));
    return loading;
  };
}

function openKeys(sealed: string, seal: Seal): SigningKeys {
  const text = seal.open(sealed, CONTEXT);
  if (text === undefined)
    throw new Error('the signing keys in the store were sealed with another key: HALLPASS_ENCRYPTION_KEY has changed');
  return JSON.parse(text) as SigningKeys;
}

function missingFrom({ jwks }: SigningKeys): readonly SigningAlgorithm[] {
  return SIGNING_ALGORITHMS.filter((algorithm) => !jwks.some(({ alg }) => alg === algorithm));
}

function isComplete(keys: SigningKeys): boolean {
  return missingFrom(keys).length === 0;
}

async function newKey(algorithm: SigningAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' };
}

function newCookieKey(): string {
  return randomBytes(32).toString('base64url');
}
