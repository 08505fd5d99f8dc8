/** Percent encoding as OAuth 1 has it, and the reading of what came in it. */
import { Refusal } from '../refusal.ts';

export type Pair = readonly [name: string, value: string];

/**
 * "Characters in the unreserved character set … MUST NOT be encoded. All other characters MUST be encoded. The two
 * hexadecimal characters … MUST be uppercase."
 *
 * @see RFC 5849 §3.6
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** @param where for the caller, whose text this is. @throws Refusal 400 where it is not percent-encoded UTF-8. */
export function percentDecode(text: string, where: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Refusal('invalid_request', `${where} is not percent-encoded UTF-8`, { cause });
  }
}

/**
 * The names and values of a query or a form body, "decoding as defined by [W3C.REC-html40-19980424]".
 *
 * @see RFC 5849 §3.4.1.3.1
 * @throws Refusal 400
 */
export function readPairs(encoded: string, where: 'the query' | 'the form'): Pair[] {
  return encoded
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=');
      const [name, value] = mark < 0 ? [part, ''] : [part.slice(0, mark), part.slice(mark + 1)];
      const decode = (text: string) => percentDecode(text.replaceAll('+', ' '), where);
      return [decode(name), decode(value)];
    });
}
