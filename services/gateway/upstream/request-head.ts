/** The head of a call as it is sent: one string, and nothing in it that could begin another line. */
import { isFieldValue } from '../../shared/field-value.ts';
import type { HeaderList } from '../headers.ts';
import { UpstreamFault } from './fault.ts';

export interface Said {
  method: string;
  /** Path and query. */
  path: string;
  headers: HeaderList;
  hasBody: boolean;
  /** Of the body, in bytes; `undefined`: in chunks. */
  length: number | undefined;
}

const METHOD = /^[A-Z]+$/;
/** Printable ASCII: a space would end it, and what is beyond Latin-1 would be written as another byte (U+010A as LF). */
const TARGET = /^\/[!-~]*$/;
/** What frames the message, or names its host, is said here and nowhere else. */
const NAME =
  /^(?!(?:host|connection|content-length|transfer-encoding|keep-alive|upgrade|expect|te|trailer)$)[!#$%&'*+.^_`|~\w-]+$/i;
/** "A user agent SHOULD send Content-Length … when the method defines a meaning for enclosed content" (RFC 9110 §8.6). */
const WITHOUT_CONTENT = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

/**
 * @param host for the Host header.
 * @throws UpstreamFault for what cannot be said in HTTP. The values come from callers, from settings and from links of the LRS.
 */
export function requestHead(host: string, { method, path, headers, hasBody, length }: Said): string {
  if (!METHOD.test(method)) throw unsayable('method');
  if (!TARGET.test(path)) throw unsayable('target');
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n${linesOf(headers)}${
    hasBody
      ? length === undefined
        ? 'Transfer-Encoding: chunked\r\n'
        : `Content-Length: ${length}\r\n`
      : WITHOUT_CONTENT.includes(method)
        ? ''
        : 'Content-Length: 0\r\n'
  }\r\n`;
}

function linesOf(headers: HeaderList): string {
  let lines = '';
  for (const [name, value] of headers) {
    if (!NAME.test(name) || !isFieldValue(value)) throw unsayable(`header ${JSON.stringify(name)}`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function unsayable(what: string): UpstreamFault {
  return new UpstreamFault('broken', `the call to the LRS has a ${what} that HTTP has no way to say`);
}
