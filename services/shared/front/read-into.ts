/**
 * A connection that was accepted, read into one buffer over and over: to allocate one for each read, and to tell a stream's
 * listeners of it, costs more than to parse what came. `net` offers this (`onread`) for sockets that are made and not for those that
 * a server accepts, so an accepted one is made anew around its handle, which has no public name.
 */
import { Socket, type BoundSocket, type SocketConstructorOpts } from 'node:net';

/** As much as the kernel has, mostly, at one go. */
export const READ_BYTES = 64 * 1024;

interface WithHandle {
  _handle: BoundSocket | null;
}

/** @param take is told of what came, in a buffer that is read over again. @returns whether more may come at once. */
export type ReadInto = (accepted: Socket, take: (bytes: Buffer) => boolean) => Socket;

/** One buffer for all connections: what is read is dealt with before anything else is. */
export function createReadInto(): ReadInto {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  return (accepted, take) => {
    const { allowHalfOpen } = accepted;
    const handle = withdrawHandle(accepted as unknown as WithHandle);
    const onread = { buffer, callback: (count: number) => take(buffer.subarray(0, count)) };
    const options: SocketConstructorOpts = { handle, allowHalfOpen, onread };
    /* The server counts the one that it accepted. */
    return new Socket(options).once('close', () => accepted.destroy());
  };
}

/** @throws Error under a Node that has none, which the suites say first. */
function withdrawHandle(accepted: WithHandle): BoundSocket {
  const { _handle: handle } = accepted;
  if (!handle) throw new Error('an accepted connection has no handle in this version of Node');
  accepted._handle = null;
  return handle;
}
