/** How a call can be signed: each method of OAuth 1, and what it needs of the client. */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { digest, sameDigest } from '../digest.ts';
import { percentEncode } from './percent.ts';

export interface SigningKeys {
  /** Absent: the client has none, and cannot sign by what needs one. */
  clientSecret?: string | undefined;
  /** '' where there is no token. */
  tokenSecret: string;
  /** SPKI in PEM. Absent: the client cannot sign by RSA. */
  rsaPublicKey?: string | undefined;
}

interface Method {
  /** @param base see {@link signatureBase}. @param signature as it came, decoded. */
  verify: (base: string, signature: string, keys: SigningKeys) => boolean;
  /** It hides nothing: its signature is the secrets themselves. */
  isClear?: true;
}

/** @see RFC 5849 §3.4.2 to §3.4.4; HMAC-SHA256 as requests-oauthlib and others have it, after §3.4.2. */
export const METHODS: Readonly<Record<string, Method>> = {
  'HMAC-SHA1': { verify: byHmac('sha1') },
  'HMAC-SHA256': { verify: byHmac('sha256') },
  'RSA-SHA1': {
    verify: (base, signature, { rsaPublicKey }) =>
      rsaPublicKey !== undefined &&
      verify('RSA-SHA1', Buffer.from(base), createPublicKey(rsaPublicKey), Buffer.from(signature, 'base64')),
  },
  PLAINTEXT: {
    verify: (_base, signature, keys) => {
      const key = keyOf(keys);
      return key !== undefined && isSame(key, signature);
    },
    isClear: true,
  },
};

function byHmac(algorithm: 'sha1' | 'sha256'): Method['verify'] {
  return (base, signature, keys) => {
    const key = keyOf(keys);
    return key !== undefined && isSame(createHmac(algorithm, key).update(base).digest('base64'), signature);
  };
}

/**
 * "The client shared-secret, after being encoded … An "&" character, which MUST be included even when either secret is
 * empty … The token shared-secret, after being encoded" (§3.4.2). A client without a secret has no such key: with an empty
 * one anybody could sign as it.
 */
function keyOf({ clientSecret, tokenSecret }: SigningKeys): string | undefined {
  return clientSecret ? `${percentEncode(clientSecret)}&${percentEncode(tokenSecret)}` : undefined;
}

/** Of their digests, so that the time tells neither how much of a guess was right, nor how long the right one is. */
function isSame(expected: string, given: string): boolean {
  return sameDigest(digest(expected), digest(given));
}
