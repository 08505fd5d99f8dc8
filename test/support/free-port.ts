/** Finds a loopback port for a test's server, below the range the kernel gives to outgoing connections. */
import { createServer } from 'node:net';

const FIRST = 17_000;
const LAST = 29_999;
const handedOut = new Set<number>();

/** A free port. The search starts at a random point, so that test processes running side by side do not meet. */
export async function freePort(): Promise<number> {
  const count = LAST - FIRST + 1;
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step += 1) {
    const port = FIRST + ((start + step) % count);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** Whether a listener can be opened on the port of 127.0.0.1 now. It is closed again before the answer. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
