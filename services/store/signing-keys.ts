/** The keys that sign: kept in the store, sealed, made by whichever process starts first. */
import type { JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import { nowSeconds } from '../shared/clock.ts';
import { digest } from '../shared/digest.ts';
import { jose } from '../shared/jose.ts';
import type { Seal } from '../shared/seal.ts';
import { whenKnown, type Soon } from '../shared/soon.ts';
import { publishedAt, type KeyTimes } from './key-times.ts';
import type { Records } from './records.ts';
import { keyOf, type Store } from './store.ts';

/** Those that are published at a time. */
export interface SigningKeys {
  /** Private; of each algorithm the first signs. */
  jwks: JWK[];
  /** What cookies are signed with: the first signs, all verify. */
  cookieKeys: string[];
}

/** Those that are published now. @throws KeysSealedOtherwise */
export type CurrentKeys = () => Soon<SigningKeys>;

/**
 * ES256 signs for everybody but those that know RS256 alone, as SQL LRS does. Its keys come first: python-jose, by which
 * Ralph verifies, tries them in turn and gives up at one of another type.
 */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const KEY_PURPOSES = [...SIGNING_ALGORITHMS, 'cookies'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

export interface HeldKey extends KeyTimes {
  kid: string;
  purpose: KeyPurpose;
  secret: JWK | string;
}

/** As the store has them, sealed. Records from before keys were rotated have no times. */
interface StoredKeys extends SigningKeys {
  /** By `kid`. */
  times?: Record<string, KeyTimes>;
}

export const SIGNING_KEYS = keyOf('signing keys');
const CONTEXT = 'signing keys';
/** How often a change is tried again because another came first. */
const CHANGE_ATTEMPTS = 50;

/** Going on with new ones would make every relying party refuse us. */
export class KeysSealedOtherwise extends Error {
  override readonly name = 'KeysSealedOtherwise';

  constructor() {
    super('the signing keys in the store were sealed with another key: HALLPASS_ENCRYPTION_KEY has changed');
  }
}

/** @throws KeysSealedOtherwise */
export async function loadSigningKeys(store: Store, seal: Seal): Promise<SigningKeys> {
  return signingKeysAt(await loadHeldKeys(store, seal), nowSeconds());
}

/** Every key of the record, those that are not published any more included. @throws KeysSealedOtherwise */
export async function loadHeldKeys(store: Store, seal: Seal): Promise<readonly HeldKey[]> {
  const sealed = await store.read('keys', SIGNING_KEYS);
  const held = sealed === undefined ? [] : openKeys(sealed, seal);
  const missing = missingFrom(held);
  if (missing.length === 0) return held;
  await replaceHeldKeys(store, seal, sealed, [...held, ...(await Promise.all(missing.map(newKey)))]);
  return loadHeldKeys(store, seal);
}

/**
 * Changes the keys as they are now, however many others change them at once, and tells every process.
 *
 * @param change can be called again where another came first; it gives back what it was given to change nothing.
 */
export async function changeHeldKeys(
  store: Store,
  seal: Seal,
  change: (held: readonly HeldKey[], now: number) => Promise<readonly HeldKey[]>,
): Promise<readonly HeldKey[]> {
  await loadHeldKeys(store, seal);
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
    const sealed = (await store.read('keys', SIGNING_KEYS)) ?? '';
    const held = openKeys(sealed, seal);
    const changed = await change(held, nowSeconds());
    if (changed === held) return held;
    if (await replaceHeldKeys(store, seal, sealed, changed)) return changed;
  }
  throw new Error('the signing keys are being changed by too many others at once; try again');
}

/** One record, so that whoever is cut off halfway has changed nothing or everything. */
async function replaceHeldKeys(
  store: Store,
  seal: Seal,
  expected: string | undefined,
  held: readonly HeldKey[],
): Promise<boolean> {
  const sealed = seal.seal(JSON.stringify(storedOf(held)), CONTEXT);
  if (expected === undefined) return store.writeNew('keys', SIGNING_KEYS, sealed);
  const isReplaced = await store.swap('keys', SIGNING_KEYS, expected, sealed);
  if (isReplaced) await store.announce('keys', SIGNING_KEYS);
  return isReplaced;
}

/**
 * @returns a function that gives the keys as they are now. Changed ones are used as soon as they are announced; that one
 * takes over from another is not announced.
 */
export function followSigningKeys(records: Records, store: Store, seal: Seal): CurrentKeys {
  const reader = records.reader<HeldKey[]>({ kind: 'keys', decode: (sealed) => openKeys(sealed, seal), capacity: 1 });
  let loading: Promise<readonly HeldKey[]> | undefined;
  /* It is asked for with every call, and changes once a second at most. */
  let last: { held: HeldKey[]; second: number; keys: SigningKeys } | undefined;
  function keysOf(held: HeldKey[] | undefined): Soon<SigningKeys> {
    const second = nowSeconds();
    if (last && last.held === held && last.second === second) return last.keys;
    if (held && missingFrom(held).length === 0) {
      last = { held, second, keys: signingKeysAt(held, second) };
      return last.keys;
    }
    /* Once for all that ask meanwhile: to make one is a tenth of a second's work. */
    loading ??= loadHeldKeys(store, seal).finally(() => (loading = undefined));
    return loading.then((made) => signingKeysAt(made, second));
  }

  return () => whenKnown(reader.read(SIGNING_KEYS), keysOf);
}

function signingKeysAt(held: readonly HeldKey[], now: number): SigningKeys {
  const secretsFor = (wanted: KeyPurpose) =>
    publishedAt(
      held.filter(({ purpose }) => purpose === wanted),
      now,
    ).map(({ key }) => key.secret);
  return {
    jwks: SIGNING_ALGORITHMS.flatMap((algorithm) => secretsFor(algorithm) as JWK[]),
    cookieKeys: secretsFor('cookies') as string[],
  };
}

function openKeys(sealed: string, seal: Seal): HeldKey[] {
  const text = seal.open(sealed, CONTEXT);
  if (text === undefined) throw new KeysSealedOtherwise();
  const { jwks, cookieKeys, times = {} } = JSON.parse(text) as StoredKeys;
  return [
    ...jwks.map((jwk) => heldKey(jwk.alg as SigningAlgorithm, jwk.kid ?? '', jwk)),
    ...cookieKeys.map((secret) => heldKey('cookies', digest(secret), secret)),
  ].map((key) => ({ ...key, ...times[key.kid] }));
}

function storedOf(held: readonly HeldKey[]): StoredKeys {
  const secretsFor = (wanted: KeyPurpose) =>
    held.filter(({ purpose }) => purpose === wanted).map(({ secret }) => secret);
  return {
    jwks: SIGNING_ALGORITHMS.flatMap((algorithm) => secretsFor(algorithm) as JWK[]),
    cookieKeys: secretsFor('cookies') as string[],
    times: Object.fromEntries(held.map(({ kid, purpose: _purpose, secret: _secret, ...times }) => [kid, times])),
  };
}

function missingFrom(held: readonly HeldKey[]): readonly KeyPurpose[] {
  return KEY_PURPOSES.filter((wanted) => !held.some(({ purpose }) => purpose === wanted));
}

export async function newKey(purpose: KeyPurpose): Promise<HeldKey> {
  if (purpose === 'cookies') {
    const secret = randomBytes(32).toString('base64url');
    return heldKey(purpose, digest(secret), secret);
  }
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await jose();
  const { privateKey } = await generateKeyPair(purpose, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return heldKey(purpose, kid, { ...jwk, kid, alg: purpose, use: 'sig' });
}

function heldKey(purpose: KeyPurpose, kid: string, secret: JWK | string): HeldKey {
  return { kid, purpose, secret };
}
