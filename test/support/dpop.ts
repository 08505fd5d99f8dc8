/** A client's key for DPoP, and the proofs that it makes with it. @see RFC 9449 §4.2 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { createHash, randomUUID } from 'node:crypto';

export interface Prover {
  /** RFC 7638, SHA-256. */
  jkt: string;
  publicJwk: JWK;
  privateJwk: JWK;
  /** A proof for one request. @param said claims over the usual ones; `undefined` leaves one out. */
  prove(htm: string, htu: string, said?: Said): Promise<string>;
}

export interface Said {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** The access token that the proof goes with. */
  token?: string;
}

export async function newProver(alg = 'ES256'): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const [publicJwk, privateJwk] = [await exportJWK(publicKey), await exportJWK(privateKey)];
  return {
    jkt: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    privateJwk,
    prove: (htm, htu, { claims = {}, header = {}, token } = {}) =>
      new SignJWT({
        jti: randomUUID(),
        htm,
        htu,
        iat: Math.floor(Date.now() / 1000),
        ...(token !== undefined && { ath: athOf(token) }),
        ...claims,
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: publicJwk, ...header })
        .sign(privateKey),
  };
}

/** "the base64url encoding … of the SHA-256 hash of the ASCII encoding of the associated access token's value" (§4.2). */
export function athOf(token: string): string {
  return createHash('sha256').update(token, 'ascii').digest('base64url');
}

/** A JWT as somebody who does not go by a library writes it. */
export function rawJwt(header: object, payload: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}
