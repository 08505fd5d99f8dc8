/**
 * Token credentials of OAuth 1: what a client signs with for a person. Each is an access-token record, so all that ends one
 * of OAuth 2 ends it as well, and beside that the secret. It is a kind of its own: the token is no secret, is in every call
 * in the clear, and must be good for nothing as a bearer token.
 */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';

/** OAuth 1 has no way to renew one, and at ADL LRS they never end. */
export const OAUTH1_TOKEN_SECONDS = 90 * 86_400;

export interface OAuth1TokenRecord extends AccessTokenRecord {
  /** Sealed for {@link tokenSecretContext}. */
  secret: string;
}

/** To be kept as `oauth1-token` under the key of the token. */
export function encodeOAuth1Token({ secret, ...record }: OAuth1TokenRecord): string {
  return JSON.stringify({ ...(JSON.parse(encodeAccessToken(record)) as object), secret });
}

/** @throws Error where the text is not a record, as {@link decodeAccessToken} does. */
export function decodeOAuth1Token(text: string): OAuth1TokenRecord {
  const { secret } = JSON.parse(text) as { secret?: unknown };
  if (typeof secret !== 'string' || secret === '') throw new Error('a record under oauth1-token has no secret');
  return { ...decodeAccessToken(text), secret };
}
