/** The public keys that a client signs its assertions with, as they are registered. @see RFC 7517, RFC 7518 §6, RFC 8037 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { isObject } from './xapi/property.ts';

/** By what an assertion may be signed: nothing that a public key could be the secret of. */
export const ASSERTION_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'Ed25519', 'EdDSA'] as const;

export interface PublicJwk {
  kty: string;
  crv?: string;
  kid?: string;
  alg?: string;
  use?: 'sig';
  /** The certificate that it is in: DER, in base64 (RFC 7517 §4.7). */
  x5c?: string[];
  [member: string]: string | string[] | undefined;
}

export interface ClientKeys {
  keys: PublicJwk[];
}

interface KeyType {
  /** What a key of this type is made of. */
  members: readonly string[];
  algorithms: readonly string[];
  isUsable: (jwk: Readonly<Record<string, unknown>>, bits: number | undefined) => boolean;
}

/** "A key of size 2048 bits or larger MUST be used" (RFC 7518 §3.3). */
const LEAST_RSA_BITS = 2048;
const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  EC: { members: ['crv', 'x', 'y'], algorithms: ['ES256'], isUsable: ({ crv }) => crv === 'P-256' },
  OKP: { members: ['crv', 'x'], algorithms: ['Ed25519', 'EdDSA'], isUsable: ({ crv }) => crv === 'Ed25519' },
  RSA: { members: ['n', 'e'], algorithms: ['RS256', 'PS256'], isUsable: (_jwk, bits = 0) => bits >= LEAST_RSA_BITS },
};
/** What only whoever signs may have, and the key of what is symmetric. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** A rotation has two. */
const MOST_KEYS = 20;
const MAX_KID_LENGTH = 200;

/**
 * @returns what verifying needs of each key, and nothing else.
 * @throws Error with a sentence that begins "should", or names the key that is wrong.
 */
export function readClientKeys(value: unknown): ClientKeys {
  const keys: unknown[] = isObject(value) && Array.isArray(value.keys) ? value.keys : [];
  if (keys.length === 0 || keys.length > MOST_KEYS)
    throw new Error(`should be a JWK Set: {"keys": […]}, with 1 to ${MOST_KEYS} public keys`);
  const read = keys.map(readKey);
  const kids = read.flatMap(({ kid }) => kid ?? []);
  if (new Set(kids).size < kids.length) throw new Error('should have no kid twice: nobody could tell which is meant');
  return { keys: read };
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CURVES = ['P-256', 'P-384', 'P-521', 'Ed25519'];

/**
 * The keys of certificates, each with its certificate: what a client's TLS connection is compared with.
 *
 * @param pem one certificate, or several of which any will do. @throws Error as {@link readClientKeys} does.
 * @see RFC 8705 §2.2
 */
export function readCertificates(pem: string): ClientKeys {
  const found = pem.match(PEM) ?? [];
  if (found.length === 0 || found.length > MOST_KEYS)
    throw new Error(`should be PEM, with 1 to ${MOST_KEYS} certificates of the client (-----BEGIN CERTIFICATE-----)`);
  if (/PRIVATE KEY/.test(pem)) throw new Error('has a private key in it: only certificates belong here');
  return { keys: found.map(keyOfCertificate) };
}

function keyOfCertificate(pem: string): PublicJwk {
  const { raw, publicKey, validToDate } = certificateOf(pem);
  if (validToDate < new Date())
    throw new Error(
      `should have certificates that are good still; one of these was until ${validToDate.toISOString()}`,
    );
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
  const jwk = publicKey.export({ format: 'jwk' });
  const isUsable = jwk.kty === 'RSA' ? bits >= LEAST_RSA_BITS : CURVES.includes(jwk.crv ?? '');
  if (!isUsable)
    throw new Error(`should have keys that are RSA with ${LEAST_RSA_BITS} bits, or of ${CURVES.join(', ')}`);
  return { ...jwk, x5c: [raw.toString('base64')] } as PublicJwk;
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new Error('should be PEM with certificates in it; one of these is none', { cause });
  }
}

function readKey(jwk: unknown, n: number): PublicJwk {
  const which = `has a key (number ${n + 1}) that`;
  if (!isObject(jwk)) throw new Error(`${which} is no JSON object`);
  if (SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name)))
    throw new Error(
      `${which} is secret: only public keys belong here. Whoever has read this file can sign as the client`,
    );
  const { kty, kid, alg, use } = jwk;
  const type = typeof kty === 'string' && Object.hasOwn(KEY_TYPES, kty) ? KEY_TYPES[kty] : undefined;
  if (!type || !isSound(jwk, type))
    throw new Error(`${which} cannot be used: EC with P-256, OKP with Ed25519 or RSA with ${LEAST_RSA_BITS} bits can`);
  if (use !== undefined && use !== 'sig') throw new Error(`${which} is not for signing: its use should be sig`);
  if (alg !== undefined && !type.algorithms.includes(alg as string))
    throw new Error(`${which} has an alg that cannot be used: ${type.algorithms.join(' or ')} can`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH))
    throw new Error(`${which} has a kid that is no text of 1 to ${MAX_KID_LENGTH} characters`);
  const kept = ['kty', ...type.members, 'kid', 'alg', 'use'].filter((name) => jwk[name] !== undefined);
  return Object.fromEntries(kept.map((name) => [name, jwk[name]])) as PublicJwk;
}

function isSound(jwk: Record<string, unknown>, { members, isUsable }: KeyType): boolean {
  if (!members.every((name) => typeof jwk[name] === 'string')) return false;
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: jwk, format: 'jwk' });
    return isUsable(jwk, asymmetricKeyDetails?.modulusLength);
  } catch {
    return false;
  }
}
