/**
 * The requests that most clients send: all of it in one piece, each header once, a body of a length that was said, nothing
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

/** @returns nothing where it is no ordinary request. @param bytes that came at once. */
export type ReadOrdinary = (bytes: Buffer, socket: Socket) => OrdinaryRequest | undefined;

/** PATCH, CONNECT and the thirty others are answered by node:http. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];
/** A client that waits for an answer before it sends the rest, and a body of a length that only its end tells. */
const NOT_ORDINARY = ['expect', 'transfer-encoding', 'upgrade'];
const HEAD_END = Buffer.from('\r\n\r\n');

/** The same few names come with every request. */
const lowerCase = remembered((name) => name.toLowerCase(), { most: 1000 });

export function createReadOrdinary(): ReadOrdinary {
  const readHead = createReadHead();
  return (bytes, socket) => {
    const head = readHead(bytes);
    if (!head || !METHODS.includes(head.method)) return undefined;
    const headers = byName(head.rawHeaders);
    if (headers?.host === undefined || NOT_ORDINARY.some((name) => headers[name] !== undefined)) return undefined;
    /* The parser says that a request ends with these bytes. Where it begins to have a body is where its head ends: so, and only
       so, an empty line before the request or behind it cannot move the body. */
    const bodyStart = bytes.indexOf(HEAD_END) + HEAD_END.length;
    if (bytes.length - bodyStart !== Number(headers['content-length'] ?? 0)) return undefined;
    const body = bodyStart === bytes.length ? NO_BODY : bytes.subarray(bodyStart);
    const { method, url, rawHeaders } = head;
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
