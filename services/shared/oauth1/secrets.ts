/**
 * What OAuth 1 signs with, as it is kept. An HMAC can only be verified by whoever has the secret, so these are sealed, where
 * every other secret is a digest: a dump of the store alone signs nothing.
 */
import { createPublicKey } from 'node:crypto';

/** What a client is registered with to sign by OAuth 1. */
export interface OAuth1Client {
  /** Sealed for {@link clientSecretContext}. Absent: it signs by RSA only. */
  secret?: string;
  /** Unix seconds; with `secret`. */
  secret_created_at?: number;
  /** SPKI in PEM. */
  rsa_public_key?: string;
}

/** By which methods it can sign. @see RFC 5849 §3.4 */
export function methodsOf({ secret, rsa_public_key }: OAuth1Client): string[] {
  return [
    ...(secret === undefined ? [] : ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT']),
    ...(rsa_public_key === undefined ? [] : ['RSA-SHA1']),
  ];
}

/** By client, so that a sealed secret is good for nothing in another's registration. */
export function clientSecretContext(clientId: string): string {
  return `OAuth 1 secret of client ${clientId}`;
}

export function tokenSecretContext(token: string): string {
  return `OAuth 1 secret of token ${token}`;
}

/** "A key of size 2048 bits or larger MUST be used" is RFC 7518's; OAuth 1 says nothing of it. */
const LEAST_RSA_BITS = 2048;

/** @param pem SPKI or PKCS#1. @returns SPKI in PEM. @throws Error with a sentence that begins "should" or "has". */
export function readRsaPublicKey(pem: string): string {
  if (/PRIVATE KEY/.test(pem)) throw new Error('has a private key in it: only the public one belongs here');
  const key = read(pem);
  const { modulusLength = 0 } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType !== 'rsa' || modulusLength < LEAST_RSA_BITS)
    throw new Error(
      `should be an RSA public key of ${LEAST_RSA_BITS} bits or more, in PEM (-----BEGIN PUBLIC KEY-----)`,
    );
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function read(pem: string) {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
