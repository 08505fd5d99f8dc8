/**
 * The head of an answer, in the strict grammar: what two readers could take for two things is refused, not repaired.
 *
 * @see RFC 9112 §4, §5, §6
 */
import type { HeaderList } from '../headers.ts';
import { misread } from './fault.ts';

export interface AnswerHead {
  readonly status: number;
  /** In their order and spelling; values in Latin-1, without the space around them. */
  readonly headers: HeaderList;
  /** In bytes; `undefined` where it is not said. */
  readonly contentLength: number | undefined;
  readonly isChunked: boolean;
  /** Whether the connection is good for another call. */
  readonly isKept: boolean;
  /** For how long the LRS says that it keeps the connection. */
  readonly keptSeconds: number | undefined;
}

/** With its empty line. */
export const MOST_HEAD_BYTES = 64 * 1024;
const MOST_HEADERS = 200;

/** "No whitespace is allowed between the field name and colon"; no folding, no CTL but HTAB, CR only before LF. */
const HEAD = /^HTTP\/1\.[01] [1-5]\d\d [\t -~\x80-\xff]*\r\n(?:[!#$%&'*+.^_`|~\w-]+:[\t -~\x80-\xff]*\r\n)*$/;
const OLD = 'HTTP/1.0';
const LENGTH = /^\d{1,16}$/;
const TIMEOUT = /(?:^|[,;\s])timeout=(\d{1,9})(?:$|[,;\s])/i;

/** @param text from the status line to the end of the last field line, in Latin-1. @throws UpstreamFault */
export function readAnswerHead(text: string): AnswerHead {
  if (!HEAD.test(text)) throw misread('a head that is no HTTP/1.1');
  const isOld = text.startsWith(OLD);
  const status = Number(text.slice(OLD.length + 1, OLD.length + 4));
  /* "Since HTTP/1.0 did not define any 1xx status codes": whoever sends one may mean the answer itself (RFC 9110 §15.2). */
  if (isOld && status < 200) throw misread('an answer before the answer, in HTTP/1.0');
  const headers: [string, string][] = [];
  let contentLength: number | undefined;
  let isChunked = false;
  let connection = '';
  let keptSeconds: number | undefined;
  for (let at = text.indexOf('\n') + 1; at < text.length;) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r', colon);
    const name = text.slice(at, colon);
    const length = colon - at;
    const value = trimmed(text, colon + 1, end);
    at = end + 2;
    headers.push([name, value]);
    if (length === 14 && name.toLowerCase() === 'content-length') {
      if (contentLength !== undefined) throw misread('two lengths');
      refuseTab(text, colon, end);
      contentLength = lengthIn(value);
    } else if (length === 17 && name.toLowerCase() === 'transfer-encoding') {
      refuseTab(text, colon, end);
      if (isChunked || value.toLowerCase() !== 'chunked') throw misread('a Transfer-Encoding other than chunked');
      isChunked = true;
    } else if (length === 10) {
      const plain = name.toLowerCase();
      if (plain === 'connection') connection += `,${value.toLowerCase()}`;
      else if (plain === 'keep-alive') keptSeconds = secondsIn(value);
    }
  }
  if (headers.length > MOST_HEADERS) throw misread('too many headers');
  /* "A server MUST NOT send … Transfer-Encoding unless the … request indicates HTTP/1.1", and with both, which counts? */
  if (isChunked && contentLength !== undefined) throw misread('both a length and a Transfer-Encoding');
  if (isChunked && isOld) throw misread('a Transfer-Encoding, in HTTP/1.0');
  return {
    status,
    headers,
    contentLength,
    isChunked,
    isKept: isKeptBy(connection, isOld),
    keptSeconds,
  };
}

/** To Node's parser `chunked` before a tab is another coding, so another body: what frames an answer has no tab around it. */
function refuseTab(text: string, start: number, end: number): void {
  if (text.slice(start, end).includes('\t')) throw misread('a tab in what frames it');
}

/** "A recipient MUST anticipate potentially large decimal numerals and prevent parsing errors" (RFC 9110 §8.6). */
function lengthIn(value: string): number {
  const length = LENGTH.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(length)) throw misread('a length that is no number');
  return length;
}

function secondsIn(value: string): number | undefined {
  const seconds = TIMEOUT.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** @see RFC 9112 §9.3 */
function isKeptBy(connection: string, isOld: boolean): boolean {
  if (connection === '') return !isOld;
  if (connection === ',keep-alive') return true;
  const options = connection.split(',').map((option) => option.trim());
  return !options.includes('close') && (!isOld || options.includes('keep-alive'));
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (from < to && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
