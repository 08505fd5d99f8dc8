/** Listens, refuses what is not HTTP, and drains on the way out. The same for every service. */
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createFront, type Front, type FrontOptions, type Patience } from './front/front.ts';
import type { Handler, HttpAnswer, HttpRequest } from './front/message.ts';
import { createServer } from './http.ts';
import type { Log } from './log.ts';
import type { Observer } from './observing/observe.ts';
import { createUnderWay, type Placed } from './under-way.ts';
import { answerFault, answerUnreadable, faultOf } from './unreadable.ts';

export interface Listening {
  port: number;
  /** Stops accepting, waits for what is under way, cuts off what is still there after the drain time. */
  close(): Promise<void>;
}

export interface ServeOptions {
  handler: RequestListener;
  /** Instead of the handler, for some targets: it can do with what the front knows of a request. */
  atFront?: AtFront | undefined;
  host: string;
  port: number;
  drainSeconds: number;
  /** The handler asks what has neither length nor chunks for no body, as it would wait for ever: Node then has less to do. */
  leavesEmptyBodies?: boolean;
  /** For this process alone, also where it is one of several workers behind a port. */
  exclusive?: boolean;
  log: Log;
  /** Headers for the answers to what is not HTTP. */
  headersOnUnreadable?: Record<string, string>;
  observer?: Observer;
}

export interface AtFront {
  takes: (target: string) => boolean;
  handler: Handler;
}

/** Slowloris: a head that has not come in this time never will. */
const HEADERS_TIMEOUT_MS = 20_000;
/** A connection on which nothing moves in either direction is cut; a slow upload that moves is not. */
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_MS = 65_000;
/** As Node has it: who sends in the last moment that was promised is still heard. */
const KEEP_ALIVE_MARGIN_MS = 1000;
const PATIENCE: Patience = {
  headMs: HEADERS_TIMEOUT_MS,
  bodyMs: 100,
  keptMs: KEEP_ALIVE_MS + KEEP_ALIVE_MARGIN_MS,
  keptSeconds: KEEP_ALIVE_MS / 1000,
  idleMs: IDLE_TIMEOUT_MS,
};

interface Answering extends Placed {
  res: HttpAnswer;
}

interface Connection {
  /** Its calls that are not answered yet. */
  underWay: number;
  /** Its end was announced: Node would still hand on, and we carry out, what is pipelined behind. */
  isEnding: boolean;
}

/** @throws the listen error (port in use, no right) as Node has it. */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, atFront, host, port, drainSeconds, exclusive = false, log, observer } = options;
  const { leavesEmptyBodies = false, headersOnUnreadable = {} } = options;
  let draining = false;
  const connections = new WeakMap<Duplex, Connection>();
  const connectionOf = (socket: Duplex): Connection => {
    const known = connections.get(socket);
    if (known) return known;
    const connection = { underWay: 0, isEnding: false };
    connections.set(socket, connection);
    return connection;
  };
  const answering = createUnderWay<Answering>();
  const begin = (req: HttpRequest, res: HttpAnswer): void => {
    const begunMs = observer?.begun() ?? 0;
    const one = { res, place: -1 };
    answering.add(one);
    res.on('close', () => {
      answering.remove(one);
      observer?.ended(req, res, begunMs);
    });
    if (draining) res.setHeader('Connection', 'close');
  };
  const onRequest: RequestListener = (req, res) => {
    const connection = connectionOf(req.socket);
    if (connection.isEnding) return;
    const fault = faultOf(req);
    if (draining || fault) connection.isEnding = true;
    connection.underWay += 1;
    res.on('close', () => void (connection.underWay -= 1));
    begin(req, res);
    if (fault) answerFault(fault, req, res, headersOnUnreadable);
    else if (atFront?.takes(req.url ?? '') === true) atFront.handler(req, res);
    else handler(req, res);
  };
  const onOrdinary: Handler = (req, res) => {
    begin(req, res);
    atFront?.handler(req, res);
  };
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requireHostHeader: false,
      optimizeEmptyRequests: leavesEmptyBodies,
    },
    onRequest,
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = IDLE_TIMEOUT_MS;
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    /* Pipelined behind a request that is still being answered: our 400 would be read as that one's answer. */
    if (connectionOf(socket).underWay > 0) socket.destroy();
    else answerUnreadable(error, socket, headersOnUnreadable);
    if (error.code !== 'ECONNRESET') observer?.unreadable();
  });
  const front = atFront && putInFront(server, { ...atFront, handler: onOrdinary, patience: PATIENCE });
  await listen(server, { host, port, exclusive });
  const address = server.address() as AddressInfo;
  log.info({ host, port: address.port }, 'listening');

  return {
    port: address.port,
    close: async () => {
      draining = true;
      for (const { res } of answering.all) if (!res.headersSent) res.setHeader('Connection', 'close');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        front?.closeIdle();
      }, 50);
      const cut = setTimeout(() => {
        server.closeAllConnections();
        front?.closeAll();
      }, drainSeconds * 1000);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
      observer?.close();
      log.info('closed');
    },
  };
}

/** Node's server is a listener for connections like any other: the front is called in its place, and calls it. */
function putInFront(server: Server, options: Omit<FrontOptions, 'handOver'>): Front {
  const [nodes] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  const front = createFront({ ...options, handOver: (socket) => nodes?.call(server, socket) });
  server.removeAllListeners('connection').on('connection', front.accept);
  return front;
}

function listen(server: Server, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
