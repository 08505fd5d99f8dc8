/** Signs requests by OAuth 1, written from RFC 5849 and from nothing of ours. */
import { createHmac, randomBytes, sign, type KeyLike } from 'node:crypto';

export type Pairs = readonly (readonly [name: string, value: string])[];

export interface Signing {
  method: string;
  /** Public and absolute, with its query. */
  url: string;
  consumerKey: string;
  clientSecret?: string;
  /** In place of a secret. */
  rsaKey?: KeyLike;
  token?: string;
  tokenSecret?: string;
  signatureMethod?: string;
  /** Further protocol parameters, over those that are made here; `undefined` leaves one out. */
  oauth?: Record<string, string | undefined>;
  /** Of a body that is a form. */
  form?: Pairs;
}

/** @see RFC 5849 §3.6 */
export function encode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** The protocol parameters with the signature. @see RFC 5849 §3.4 */
export function signed(signing: Signing): [string, string][] {
  const { method, url, consumerKey, token, form = [], signatureMethod = 'HMAC-SHA1' } = signing;
  const made: Record<string, string | undefined> = {
    oauth_consumer_key: consumerKey,
    oauth_signature_method: signatureMethod,
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_nonce: randomBytes(12).toString('hex'),
    oauth_version: '1.0',
    ...(token !== undefined && { oauth_token: token }),
    ...signing.oauth,
  };
  const parameters = Object.entries(made).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const { origin, pathname, searchParams } = new URL(url);
  const normalized = [...parameters, ...searchParams, ...form]
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map((pair) => pair.join('='))
    .join('&');
  const base = [method, `${origin}${pathname}`, normalized].map(encode).join('&');
  return [...parameters, ['oauth_signature', signatureOf(base, signing)]];
}

/** "Ascending byte value ordering", of names and then of values: `a` comes before `a-b`, though `=` does not before `-`. */
function order(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function signatureOf(base: string, signing: Signing): string {
  const { clientSecret = '', tokenSecret = '', rsaKey, signatureMethod = 'HMAC-SHA1' } = signing;
  const key = `${encode(clientSecret)}&${encode(tokenSecret)}`;
  if (signatureMethod === 'PLAINTEXT') return key;
  if (signatureMethod === 'RSA-SHA1' && rsaKey) return sign('RSA-SHA1', Buffer.from(base), rsaKey).toString('base64');
  const hash = signatureMethod === 'HMAC-SHA256' ? 'sha256' : 'sha1';
  return createHmac(hash, key).update(base).digest('base64');
}

/** @see RFC 5849 §3.5.1 */
export function header(parameters: Pairs): string {
  return `OAuth ${parameters.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`;
}

/** @see RFC 5849 §3.5.2, §3.5.3 */
export function encoded(parameters: Pairs): string {
  return parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}
