/** A body in chunks, as it is sent. @see RFC 9112 §7.1 */
import type { Socket } from 'node:net';

export const LAST_CHUNK = '0\r\n\r\n';

/**
 * An empty chunk would be the last: nothing is written of an empty piece.
 *
 * @param done called once it has been taken. @returns whether more may be written at once.
 */
export function writeChunk(socket: Socket, piece: Buffer, done?: (error?: Error | null) => void): boolean {
  if (piece.length === 0) {
    done?.();
    return true;
  }
  socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
  socket.write(piece);
  return socket.write('\r\n', 'latin1', done);
}
