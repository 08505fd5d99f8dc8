/** Sends a call with its body, no faster than it is taken, and exactly as long as was said. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { LAST_CHUNK, writeChunk } from '../../shared/chunks.ts';
import { UpstreamFault } from './fault.ts';

export interface Sending {
  /** Something was handed to the connection, or was taken from it. */
  moved: () => void;
  /** All of it. */
  sent: () => void;
  failed: (cause: Error) => void;
}

/**
 * The head goes with the first piece of the body: a call whose body breaks off at once never reaches the LRS.
 *
 * Of a body that is shorter than its Content-Length the LRS would take the next call for the rest, and what is longer for the next
 * call, so neither is sent to its end (RFC 9112 §6.3).
 *
 * @param length in bytes; `undefined`: in chunks. @returns what ends it before its time; the body is then destroyed.
 */
export function sendStream(
  socket: Socket,
  head: string,
  body: Readable,
  length: number | undefined,
  sending: Sending,
): () => void {
  let sentBytes = 0;
  let isBegun = false;

  const stop = () => {
    body.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose);
    socket.off('drain', onDrain);
    body.destroy();
  };
  const fail = (cause: Error) => {
    stop();
    sending.failed(new UpstreamFault('broken', 'the body of the call broke off', cause));
  };
  const begin = () => {
    if (!isBegun) socket.write(head, 'latin1');
    isBegun = true;
  };
  const onData = (piece: Buffer) => {
    sentBytes += piece.length;
    if (length !== undefined && sentBytes > length) return fail(new Error(`more than ${length} bytes`));
    const isOne = isBegun && length !== undefined;
    if (!isOne) socket.cork();
    begin();
    const isFree = length === undefined ? writeChunk(socket, piece) : socket.write(piece);
    if (!isOne) socket.uncork();
    if (!isFree) body.pause();
    sending.moved();
  };
  const onDrain = () => {
    sending.moved();
    body.resume();
  };
  const onEnd = () => {
    if (length !== undefined && sentBytes < length) return fail(new Error(`${sentBytes} of ${length} bytes`));
    begin();
    if (length === undefined) socket.write(LAST_CHUNK, 'latin1');
    stop();
    sending.sent();
  };
  const onClose = () => fail(new Error('closed before its end'));

  if (body.destroyed) queueMicrotask(onClose);
  else {
    socket.on('drain', onDrain);
    body.on('data', onData).on('end', onEnd).on('error', fail).on('close', onClose);
  }
  return stop;
}

/** A body that is all there although its length was not said, as it goes in one chunk. */
export function inOneChunk(body: Buffer): Buffer {
  const last = Buffer.from(LAST_CHUNK);
  return body.length === 0
    ? last
    : Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n'), last]);
}

/** From here on to copy a body behind its head costs more than a second write. */
const COPIED_BYTES = 64 * 1024;

/** Sends a call whose body is all there: in one write, and so mostly in one packet. */
export function sendWhole(socket: Socket, head: string, body: Buffer | undefined): void {
  if (body === undefined) {
    socket.write(head, 'latin1');
  } else if (body.length <= COPIED_BYTES) {
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    bytes.set(body, head.length);
    socket.write(bytes);
  } else {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }
}
