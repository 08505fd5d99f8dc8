/** Finds a loopback port for a test's server, below the range the kernel gives to outgoing connections. */
import { createServer } from 'node:net';

const ALL = { first: 17_000, count: 13_000 };
/** Each test process looks in a part of its own, so that those side by side never find the same. */
const PARTS = 8;
const count = ALL.count / PARTS;
const FIRST = ALL.first + count * (Number(process.env['JEST_WORKER_ID'] ?? 0) % PARTS);
const handedOut = new Set<number>();

/** A free port. The search starts at a random point: what ended a moment ago may hold its port a little longer. */
export async function freePort(): Promise<number> {
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step += 1) {
    const port = FIRST + ((start + step) % count);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + count - 1}`);
}

/** Whether a listener can be opened on the port of 127.0.0.1 now. It is closed again before the answer. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
