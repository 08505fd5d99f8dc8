/**
 * The requests that most clients send: a head in one piece, each header once, a small body of a length that was said, nothing
 * before it and nothing behind it. What is not quite so is node:http's.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { NO_BODY } from '../body.ts';
import { remembered } from '../remembered.ts';
import { createReadHead } from './llhttp.ts';

/** As much of node:http's as a handler needs that reads the body only whole. */
export interface OrdinaryRequest {
  readonly httpVersion: '1.1';
  readonly httpVersionMajor: 1;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly body: Buffer;
}

/**
 * @param bytes may be read over again.
 * @returns `begun` where an ordinary head has come and its body has not, or not all of it; nothing where it is none.
 */
export type ReadOrdinary = (bytes: Buffer, socket: Socket) => OrdinaryRequest | 'begun' | undefined;

/** PATCH, CONNECT and the thirty others are answered by node:http. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];
/** A client that waits for an answer before it sends the rest, and a body of a length that only its end tells. */
const NOT_ORDINARY = ['expect', 'transfer-encoding', 'upgrade'];
/** What is larger is streamed. */
const MOST_BODY_BYTES = 64 * 1024;
const [CR, LF] = [0x0d, 0x0a];
const HEAD_END = Buffer.from('\r\n\r\n');

/** The same few names come with every request. */
const lowerCase = remembered((name) => name.toLowerCase(), { most: 1000 });

/** @param takes whether a target is for the handler. */
export function createReadOrdinary(takes: (target: string) => boolean): ReadOrdinary {
  const readHead = createReadHead();
  return (bytes, socket) => {
    /* The parser passes an empty line before a request over. Without one, the first empty line is where the head ends. */
    if (bytes[0] === CR || bytes[0] === LF) return undefined;
    const head = readHead(bytes);
    if (!head) return undefined;
    const { method, url, rawHeaders } = head;
    if (!METHODS.includes(method) || !takes(url)) return undefined;
    const headers = byName(rawHeaders);
    if (headers?.host === undefined || NOT_ORDINARY.some((name) => headers[name] !== undefined)) return undefined;
    const length = Number(headers['content-length'] ?? 0);
    if (length > MOST_BODY_BYTES) return undefined;
    const bodyStart = bytes.indexOf(HEAD_END) + HEAD_END.length;
    const missing = bodyStart + length - bytes.length;
    if (missing !== 0) return missing > 0 ? 'begun' : undefined;
    const body = length === 0 ? NO_BODY : Buffer.from(bytes.subarray(bodyStart));
    return { httpVersion: '1.1', httpVersionMajor: 1, method, url, rawHeaders, headers, socket, body };
  };
}

/** @returns nothing where a name comes twice: to join what came, or to choose, is node:http's. */
function byName(rawHeaders: readonly string[]): Record<string, string> | undefined {
  const headers = Object.create(null) as Record<string, string>;
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    const name = lowerCase(rawHeaders[n] ?? '');
    if (headers[name] !== undefined) return undefined;
    headers[name] = rawHeaders[n + 1] ?? '';
  }
  return headers;
}
