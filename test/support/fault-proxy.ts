/** A TCP proxy in front of a port that can be told to fail, the way networks and servers do. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface FaultProxy {
  readonly port: number;
  /** How many connections were opened so far. */
  readonly connections: number;
  /** All is well. What was held back in a black hole goes on its way, as after a mended network. */
  pass(): Promise<void>;
  /** Each piece of data, either way, waits so long. */
  delay(ms: number): Promise<void>;
  /** Connections open and stay open; nothing goes through them. */
  blackhole(): Promise<void>;
  /** Open connections are reset, and so is each new one. */
  reset(): Promise<void>;
  /** Open connections are ended and new ones refused, as when a server has ended. */
  refuse(): Promise<void>;
  /** Open connections are ended, once; new ones fare as before. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

type Mode = 'pass' | 'blackhole' | 'reset';

export async function startFaultProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<FaultProxy> {
  const port = await freePort();
  const open = new Set<Socket>();
  let opened = 0;
  let mode: Mode = 'pass';
  let delayMs = 0;
  let changed = Promise.withResolvers<void>();

  const clearance = async () => {
    if (delayMs > 0) await sleep(delayMs);
    while (mode === 'blackhole') await changed.promise;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    opened += 1;
    if (mode === 'reset') {
      client.resetAndDestroy();
      return;
    }
    const target = connect({ port: targetPort, host: targetHost, allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        open.delete(socket);
      });
      void forward(socket, other, clearance);
    }
  });

  const listen = async () => {
    if (server.listening) return;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stopListening = () => (server.listening ? new Promise((resolve) => server.close(resolve)) : undefined);
  const become = async (newMode: Mode, newDelayMs = 0) => {
    mode = newMode;
    delayMs = newDelayMs;
    changed.resolve();
    changed = Promise.withResolvers();
    await listen();
  };
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  await listen();

  return {
    port,
    get connections() {
      return opened;
    },
    pass: () => become('pass'),
    delay: (ms) => become('pass', ms),
    blackhole: () => become('blackhole'),
    reset: async () => {
      await become('reset');
      for (const socket of open) socket.resetAndDestroy();
    },
    refuse: async () => {
      const stopped = stopListening();
      cut();
      await stopped;
    },
    cut: () => Promise.resolve(cut()),
    close: async () => {
      const stopped = stopListening();
      cut();
      await stopped;
    },
  };
}

/** Piece by piece and in order, each when it is cleared; then the end of the stream, in its turn. */
async function forward(from: Socket, to: Socket, clearance: () => Promise<void>): Promise<void> {
  try {
    for await (const piece of from) {
      await clearance();
      if (!to.write(piece as Buffer)) await once(to, 'drain');
    }
    await clearance();
    to.end();
  } catch {
    to.destroy();
  }
}
