/** A client that signs by OAuth 1, written from RFC 5849 and with nothing of ours. */
import { createHmac, createSign, randomBytes } from 'node:crypto';

export interface Keys {
  consumerKey: string;
  clientSecret?: string;
  token?: string;
  tokenSecret?: string;
  /** PKCS#8 in PEM. */
  privateKey?: string;
}

export type Pairs = [string, string][];

export interface Signing {
  method?: string;
  /** What it signs, and for where: public, with the query. */
  url: string;
  /** Fields of the body, where that is a form. */
  form?: Pairs;
  signatureMethod?: string;
  /** In place of, or besides, what it says by itself; `undefined` leaves one out. */
  said?: Record<string, string | undefined>;
}

/** @see RFC 5849 §3.6 */
export function encoded(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const sign = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** @returns the `oauth_` parameters, the signature with them. */
export function signed(
  keys: Keys,
  { method = 'GET', url, form = [], signatureMethod = 'HMAC-SHA1', said = {} }: Signing,
): Pairs {
  const usual: Record<string, string | undefined> = {
    oauth_consumer_key: keys.consumerKey,
    oauth_token: keys.token,
    oauth_signature_method: signatureMethod,
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_nonce: randomBytes(12).toString('hex'),
    oauth_version: '1.0',
    ...said,
  };
  const protocol = Object.entries(usual).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const { protocol: scheme, host, pathname, searchParams } = new URL(url);
  const all: Pairs = [...protocol, ...searchParams, ...form];
  const parameters = all
    .map(([name, value]): [string, string] => [encoded(name), encoded(value)])
    .sort(
      ([a, x], [b, y]) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)) || Buffer.compare(Buffer.from(x), Buffer.from(y)),
    )
    .map((pair) => pair.join('='))
    .join('&');
  const base = [method, `${scheme}//${host}${pathname}`, parameters].map(encoded).join('&');
  const signature = said.oauth_signature ?? signatureOf(base, keys, signatureMethod);
  return [...protocol.filter(([name]) => name !== 'oauth_signature'), ['oauth_signature', signature]];
}

function signatureOf(
  base: string,
  { clientSecret = '', tokenSecret = '', privateKey = '' }: Keys,
  method: string,
): string {
  const key = `${encoded(clientSecret)}&${encoded(tokenSecret)}`;
  if (method === 'PLAINTEXT') return key;
  if (method === 'RSA-SHA1') return createSign('RSA-SHA1').update(base).sign(privateKey, 'base64');
  return createHmac(method === 'HMAC-SHA256' ? 'sha256' : 'sha1', key)
    .update(base)
    .digest('base64');
}

/** @see RFC 5849 §3.5.1 */
export function header(pairs: Pairs): string {
  return `OAuth realm="xapi", ${pairs.map(([name, value]) => `${encoded(name)}="${encoded(value)}"`).join(', ')}`;
}

export function query(pairs: Pairs): string {
  return pairs.map((pair) => pair.map(encoded).join('=')).join('&');
}
