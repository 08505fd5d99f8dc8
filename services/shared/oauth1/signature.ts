/** Signatures of OAuth 1: what is signed, and whether a signature is that. @see RFC 5849 §3.4 */
import { METHODS, type SigningKeys } from './methods.ts';
import { percentEncode, type Pair } from './percent.ts';
import type { SignedRequest } from './request.ts';

/**
 * The text that is signed: method, base string URI and normalized parameters. It is never to be told to a caller, and
 * neither is what it was signed with: whoever tries signatures would be told the right one.
 *
 * @see RFC 5849 §3.4.1.1
 */
export function signatureBase({ method, baseUri, signed }: SignedRequest): string {
  return [method.toUpperCase(), baseUri, normalized(signed)].map(percentEncode).join('&');
}

/**
 * "The parameters are sorted by name, using ascending byte value ordering. If two or more parameters share the same name,
 * they are sorted by their value."
 *
 * @see RFC 5849 §3.4.1.3.2
 */
function normalized(pairs: readonly Pair[]): string {
  return pairs
    .map(([name, value]): Pair => [percentEncode(name), percentEncode(value)])
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Of ASCII, so the order of code units is that of bytes. */
function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Whether its signature is the secrets themselves, where others can read it: "PLAINTEXT … MUST … TLS or SSL" (§3.4.4). */
export function isTooClear({ parameters, baseUri }: SignedRequest): boolean {
  return Boolean(METHODS[parameters.signature_method]?.isClear) && !baseUri.startsWith('https:');
}

/** Whether the request is signed by whoever has these keys. What is too clear never is. */
export function matches(request: SignedRequest, keys: SigningKeys): boolean {
  const { signature_method, signature } = request.parameters;
  const method = Object.hasOwn(METHODS, signature_method) ? METHODS[signature_method] : undefined;
  return method !== undefined && !isTooClear(request) && method.verify(signatureBase(request), signature, keys);
}
