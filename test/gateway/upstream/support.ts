/** An upstream client and an LRS of bare sockets that says whatever a test has it say. */
import type { Socket } from 'node:net';
import type { Departure } from '../../../services/gateway/departure.ts';
import type { UpstreamAnswer } from '../../../services/gateway/upstream/asking.ts';
import type { Patience } from '../../../services/gateway/upstream/connection.ts';
import { UpstreamFault } from '../../../services/gateway/upstream/fault.ts';
import { createUpstream, type Upstream, type UpstreamCall } from '../../../services/gateway/upstream/upstream.ts';
import { startRawUpstream, type RawUpstream } from '../../support/raw-upstream.ts';
import { eventually } from '../../support/wait.ts';

/** What an LRS does with the bytes of a call that it has so far on this connection; each of its connections has its number. */
export type Script = (socket: Socket, received: string, connection: number) => void;

export interface Scene {
  readonly upstream: Upstream;
  readonly lrs: RawUpstream;
  readonly origin: string;
  /** What came on each connection, in Latin-1. */
  readonly received: string[];
  /** The connections that are open. */
  readonly open: Set<Socket>;
  /** From now on. */
  answers: (script: Script) => void;
  ask: (call?: Partial<UpstreamCall>, departure?: Departure) => Promise<UpstreamAnswer>;
  /** Status and body, or how it failed. */
  outcome: (call?: Partial<UpstreamCall>, departure?: Departure) => Promise<string>;
}

export const PATIENCE: Patience = { connectSeconds: 0.4, responseSeconds: 0.4, idleSeconds: 0.4 };

export const staying = (): Departure => ({ hasGone: false, onGone: undefined });

/** Call at the top of a file. */
export function upstreamScene(patience: Patience = PATIENCE): Scene {
  let upstream: Upstream;
  let lrs: RawUpstream;
  let script: Script = () => undefined;
  const received: string[] = [];
  const open = new Set<Socket>();
  beforeAll(async () => {
    lrs = await startRawUpstream((socket) => {
      const number = received.push('') - 1;
      open.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => open.delete(socket));
      socket.on('data', (bytes: Buffer) => {
        received[number] += bytes.toString('latin1');
        script(socket, received[number] ?? '', number);
      });
    });
  });
  beforeEach(() => {
    received.length = 0;
    upstream = createUpstream({ patience });
  });
  afterEach(async () => {
    upstream.close();
    /* One that is paused would not notice. */
    for (const socket of open) socket.destroy();
    await eventually(() => expect(open.size).toBe(0));
  });
  afterAll(() => lrs.close());

  const scene: Scene = {
    get upstream() {
      return upstream;
    },
    get lrs() {
      return lrs;
    },
    get origin() {
      return `http://127.0.0.1:${lrs.port}`;
    },
    received,
    open,
    answers: (next) => void (script = next),
    ask: (call, departure = staying()) =>
      upstream.ask(
        { origin: scene.origin, method: 'GET', path: '/', headers: [], body: undefined, length: 0, ...call },
        departure,
      ),
    outcome: async (call, departure) => {
      try {
        const { status, body } = await scene.ask(call, departure);
        return `${status} ${await textOf(body)}`;
      } catch (error) {
        return error instanceof UpstreamFault ? error.kind : `error: ${(error as Error).message}`;
      }
    },
  };
  return scene;
}

/** Of a body that breaks off, what came of it and `…`. */
export async function textOf(body: UpstreamAnswer['body']): Promise<string> {
  if (Buffer.isBuffer(body)) return body.toString('latin1');
  let seen = '';
  try {
    for await (const piece of body as AsyncIterable<Buffer>) seen += piece.toString('latin1');
    return seen;
  } catch {
    return `${seen}…`;
  }
}

/** Writes this to each call whose head has come. */
export const says =
  (answer: string): Script =>
  (socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };

/** The same, and ends the connection. */
export const saysAndEnds =
  (answer: string): Script =>
  (socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.end(answer, 'latin1');
  };

export const ok = (body: string, ...lines: string[]) =>
  ['HTTP/1.1 200 OK', ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
