/** Listens, refuses what is not HTTP, and drains on the way out. The same for every service. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from './log.ts';

export interface Listening {
  port: number;
  /** Stops accepting, waits for what is under way, cuts off what is still there after the drain time. */
  close(): Promise<void>;
}

export interface ServeOptions {
  handler: RequestListener;
  host: string;
  port: number;
  drainSeconds: number;
  log: Log;
  /** Headers for the answers to what is not HTTP. */
  headersOnUnreadable?: Record<string, string>;
}

/** Slowloris: a head that has not come in this time never will. */
const HEADERS_TIMEOUT_MS = 20_000;
/** A connection on which nothing moves in either direction is cut; a slow upload that moves is not. */
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 65_000;

/** @throws the listen error (port in use, no right) as Node has it. */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, host, port, drainSeconds, log } = options;
  let draining = false;
  const underWay = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, by: number) => underWay.set(socket, (underWay.get(socket) ?? 0) + by);
  /** Connections whose end was announced: Node would still hand on, and we carry out, what is pipelined behind. */
  const ending = new WeakSet<Duplex>();
  const onRequest: RequestListener = (req, res) => {
    if (ending.has(req.socket)) return;
    count(req.socket, 1);
    res.once('close', () => count(req.socket, -1));
    const fault = faultOf(req);
    if (draining || fault) {
      ending.add(req.socket);
      res.setHeader('Connection', 'close');
    }
    if (fault) answerFault(fault, req, res, options.headersOnUnreadable ?? {});
    else handler(req, res);
  };
  const server = createServer(
    { requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS, requireHostHeader: false },
    onRequest,
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = IDLE_TIMEOUT_MS;
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    /* Pipelined behind a request that is still being answered: our 400 would be read as that one's answer. */
    if ((underWay.get(socket) ?? 0) > 0) socket.destroy();
    else answerUnreadable(error, socket, options.headersOnUnreadable ?? {});
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  log.info({ host, port: address.port }, 'listening');

  return {
    port: address.port,
    close: async () => {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      const cut = setTimeout(() => server.closeAllConnections(), drainSeconds * 1000);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
      log.info('closed');
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const UNREADABLE: Record<string, [status: string, description: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the request head is larger than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request head did not arrive in time'],
};

/** What Node's parser refuses never becomes a request; it is answered here, on the bare socket, and the connection ends. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex, extra: Record<string, string>): void {
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
function faultOf(req: IncomingMessage): [status: number, description: string] | undefined {
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
function answerFault(
  [status, description]: [status: number, description: string],
  req: IncomingMessage,
  res: ServerResponse,
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

/** Whether the client waits for `100 Continue` before it sends its body. One that speaks HTTP/1.0 does not know of it. */
export function awaitsContinue(req: IncomingMessage): boolean {
  return isHttp11(req) && req.headers.expect?.toLowerCase() === '100-continue';
}

function isHttp11(req: IncomingMessage): boolean {
  return req.httpVersion === '1.1';
}
