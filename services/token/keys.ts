/** The keys that sign: kept in the store, sealed, made by whichever process starts first. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import type { Seal } from '../shared/seal.ts';
import { keyOf, type Store } from '../store/store.ts';

export interface SigningKeys {
  /** Private; the first signs. */
  jwks: JWK[];
  /** What cookies are signed with, newest first. */
  cookieKeys: string[];
}

export const SIGNING_ALGORITHM = 'ES256';
const RECORD = keyOf('signing keys');
const CONTEXT = 'signing keys';

/**
 * @throws Error where the stored keys were sealed under another HALLPASS_ENCRYPTION_KEY: going on with new ones would
 * make every relying party refuse us.
 */
export async function loadSigningKeys(store: Store, seal: Seal): Promise<SigningKeys> {
  const stored = await store.read('keys', RECORD);
  if (stored !== undefined) return openKeys(stored, seal);
  const made = seal.seal(JSON.stringify(await makeKeys()), CONTEXT);
  if (await store.writeNew('keys', RECORD, made)) return openKeys(made, seal);
  return loadSigningKeys(store, seal);
}

function openKeys(sealed: string, seal: Seal): SigningKeys {
  const text = seal.open(sealed, CONTEXT);
  if (text === undefined)
    throw new Error('the signing keys in the store were sealed with another key: HALLPASS_ENCRYPTION_KEY has changed');
  return JSON.parse(text) as SigningKeys;
}

async function makeKeys(): Promise<SigningKeys> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwks: [{ ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' }],
    cookieKeys: [randomBytes(32).toString('base64url')],
  };
}
