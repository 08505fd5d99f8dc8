/** A worker's side: what it is told as it starts, that it listens, and when it is to end. */
import cluster from 'node:cluster';
import { ASKED, DRAIN, isTold, READY, type Shared } from './messages.ts';

/** @returns what there is once for all workers. */
export function whatIsShared(): Promise<Shared> {
  return new Promise((resolve) => {
    process.on('message', (message: unknown) => {
      if (isTold(message)) resolve(message.shared);
    });
    say(ASKED);
  });
}

/**
 * Says that this one listens. A signal means the same as the primary's word, since a terminal and systemd send it to all
 * processes of a group; a second one means nothing. Without a primary, Node ends a worker at once.
 *
 * @returns who told it to end.
 */
export function untilTold(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve(name));
    process.on('message', (message: unknown) => {
      if (message === DRAIN) resolve('primary');
    });
    say(READY);
  });
}

/** A primary that has ended meanwhile hears nothing, and Node is about to end this one for it. */
function say(message: string): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

/** The channel to the primary would keep the process. */
export function leave(): void {
  cluster.worker?.disconnect();
}
