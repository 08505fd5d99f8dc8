/** A recording upstream: Node's own http server keeps what the gateway sent, exactly, and answers what a test says. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freePort } from './free-port.ts';

export { startRawUpstream, type RawUpstream } from './raw-upstream.ts';

/** Recorded when the headers arrive; the rest fills in as it comes, until `complete` or `aborted`. */
export interface RecordedRequest {
  method: string;
  /** The request target as it was sent. */
  url: string;
  /** Names and values in turn, as they were sent. */
  rawHeaders: string[];
  headers: IncomingHttpHeaders;
  /** Empty when it is over 1 MB or bodies are not kept. */
  body: Buffer;
  bodyLength: number;
  /** Of the whole body, in hex, once it is complete. */
  bodySha256: string;
  trailers: NodeJS.Dict<string>;
  complete: boolean;
  aborted: boolean;
  /** Which connection it came over, from 1. */
  connection: number;
}

export type Respond = (request: RecordedRequest, res: ServerResponse) => void;

export interface EchoLrs {
  readonly url: string;
  readonly port: number;
  readonly requests: RecordedRequest[];
  /** How many connections were opened so far. */
  readonly connections: number;
  /** Sets the answer of coming requests, given when the body is complete or, `at: 'headers'`, before it is read. */
  respond(answer: Respond, options?: { at?: 'headers' | 'body' }): void;
  close(): Promise<void>;
}

export interface EchoOptions {
  basePath?: string;
  keepBodies?: boolean;
}

const KEPT_BYTES = 1024 * 1024;

export async function startEchoLrs(options: EchoOptions = {}): Promise<EchoLrs> {
  const { basePath = '/lrs/xapi', keepBodies = true } = options;
  const requests: RecordedRequest[] = [];
  const connections = new Map<Socket, number>();
  let opened = 0;
  let answer: Respond = emptyObject;
  let at: 'headers' | 'body' = 'body';

  const server = createServer({ maxHeaderSize: 128 * 1024, requireHostHeader: false }, (req, res) => {
    const recorded = recordOf(req, connections.get(req.socket) ?? 0);
    requests.push(recorded);
    const respond = answer;
    if (at === 'headers') {
      respond(recorded, res);
      readBody(req, recorded, keepBodies, () => undefined);
    } else {
      readBody(req, recorded, keepBodies, () => respond(recorded, res));
    }
  });
  server.on('connection', (socket) => {
    opened += 1;
    connections.set(socket, opened);
    socket.once('close', () => connections.delete(socket));
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    port,
    requests,
    get connections() {
      return opened;
    },
    respond: (newAnswer, options = {}) => {
      answer = newAnswer;
      at = options.at ?? 'body';
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function emptyObject(_request: RecordedRequest, res: ServerResponse): void {
  res.writeHead(200, { 'Content-Type': 'application/json', 'X-Experience-API-Version': '1.0.3' });
  res.end('{}');
}

function recordOf(req: IncomingMessage, connection: number): RecordedRequest {
  return {
    method: req.method ?? '',
    url: req.url ?? '',
    rawHeaders: req.rawHeaders,
    headers: req.headers,
    body: Buffer.alloc(0),
    bodyLength: 0,
    bodySha256: '',
    trailers: {},
    complete: false,
    aborted: false,
    connection,
  };
}

function readBody(req: IncomingMessage, recorded: RecordedRequest, keep: boolean, done: () => void): void {
  const hash = createHash('sha256');
  let kept: Buffer[] = [];
  req.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    recorded.bodyLength += chunk.length;
    if (keep && recorded.bodyLength <= KEPT_BYTES) kept.push(chunk);
    else kept = [];
  });
  req.on('end', () => {
    recorded.body = Buffer.concat(kept);
    recorded.bodySha256 = hash.digest('hex');
    recorded.trailers = req.trailers;
    recorded.complete = true;
    done();
  });
  req.on('error', () => undefined);
  req.on('close', () => {
    recorded.aborted = !recorded.complete;
  });
}
