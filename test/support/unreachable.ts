/** A listener that is stopped, with as many connections waiting as it lets wait: the kernel drops what else comes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { runProcess } from './run-process.ts';

/** @param use is given its origin. */
export async function withUnreachable(use: (origin: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const program = `require('net').createServer().listen({port:${port},host:'127.0.0.1',backlog:1},()=>console.log('listening'))`;
  const listener = runProcess(process.execPath, ['-e', program]);
  const waiting: Socket[] = [];
  try {
    await listener.waitFor(/listening/);
    listener.signal('SIGSTOP');
    for (let isFull = false; !isFull;) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      waiting.push(socket);
      isFull = await Promise.race([once(socket, 'connect').then(() => false), sleep(300).then(() => true)]);
    }
    await use(`http://127.0.0.1:${port}`);
  } finally {
    for (const socket of waiting) socket.destroy();
    listener.signal('SIGCONT');
    await listener.stop();
  }
}
