/** Answers what is not a request, or not one that can be read in only one way. The connection ends with the answer. */
import type { Duplex } from 'node:stream';
import type { HttpAnswer, HttpRequest } from './front/message.ts';
import { awaitsContinue, isHttp11 } from './expect.ts';

const UNREADABLE: Record<string, [status: string, description: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the request head is larger than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request head did not arrive in time'],
};

/** What Node's parser refuses never becomes a request; it is answered here, on the bare socket, and the connection ends. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, extra: Record<string, string>): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, description] = UNREADABLE[error.code ?? ''] ?? ['400 Bad Request', 'this is not a valid HTTP request'];
  const { headers, body } = lastWords(description, extra);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('')}\r\n${body}`);
}

/**
 * What is wrong with a head that Node's parser lets pass. Node would answer some of it itself, without a body, and leave
 * a client that expects more than `100-continue` waiting for ever.
 *
 * @see RFC 9112 §3.2 (Host), §6.1 (Transfer-Encoding), §9.6 (nothing after `Connection: close`)
 * @see RFC 9110 §10.1.1 (Expect)
 */
export function faultOf(req: HttpRequest): [status: number, description: string] | undefined {
  const { host, expect } = req.headers;
  const coding = req.headers['transfer-encoding'];
  if (req.httpVersionMajor !== 1) return [505, 'this server speaks HTTP/1.1'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || !isHttp11(req)))
    return [400, 'the only Transfer-Encoding here is chunked, with HTTP/1.1'];
  if (!isHttp11(req)) return undefined;
  if (host === undefined) return [400, 'the Host header is missing'];
  if (expect !== undefined && !awaitsContinue(req)) return [417, 'the only Expect here is 100-continue'];
  return undefined;
}

/** The connection ends: what follows such a head may be its body, or a request. */
export function answerFault(
  [status, description]: [status: number, description: string],
  req: HttpRequest,
  res: HttpAnswer,
  extra: Record<string, string>,
): void {
  const { headers, body } = lastWords(description, extra);
  res.writeHead(status, headers).end(req.method === 'HEAD' ? '' : body);
}

function lastWords(description: string, extra: Record<string, string>) {
  const body = JSON.stringify({ error: 'invalid_request', error_description: description });
  const headers = {
    ...extra,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  return { headers, body };
}
