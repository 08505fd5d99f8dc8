/** What a call moved, as the connection counts it: heads and bodies, before TLS is taken off by whoever is in front. */
import type { Socket } from 'node:net';

export interface Bytes {
  readonly received: number;
  readonly sent: number;
}

const COUNTED = Symbol('bytes of the calls before');

interface Counting extends Socket {
  [COUNTED]?: Bytes;
}

/**
 * Since the call before on the same connection ended. Of calls that are sent without waiting for an answer the first may be
 * given what the next brought: the sum is right.
 */
export function bytesOf(socket: Socket): Bytes {
  const counting: Counting = socket;
  const before = counting[COUNTED];
  const now: Bytes = { received: socket.bytesRead, sent: socket.bytesWritten };
  counting[COUNTED] = now;
  if (before === undefined) return now;
  return { received: now.received - before.received, sent: now.sent - before.sent };
}
