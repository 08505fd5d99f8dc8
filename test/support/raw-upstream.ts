/** A bare TCP server, for an upstream that does not speak HTTP as it should. */
import { createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** How many connections were opened so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** `onSocket` has each new connection and does with it what the test is about. */
export async function startRawUpstream(onSocket: (socket: Socket) => void): Promise<RawUpstream> {
  const open = new Set<Socket>();
  let opened = 0;
  const server = createServer((socket) => {
    opened += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    onSocket(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${port}/lrs/xapi`,
    port,
    get connections() {
      return opened;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
