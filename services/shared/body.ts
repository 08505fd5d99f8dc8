/** The body of a message: whole where it has come whole, otherwise as it comes. */
import { Readable } from 'node:stream';
import { Refusal } from './refusal.ts';

export type Body = Buffer | Readable;

export const NO_BODY: Buffer = Buffer.alloc(0);

/** For what reads a body as it comes, even one that is all there. */
export function streamOf(body: Body): Readable {
  if (!Buffer.isBuffer(body)) return body;
  const stream = new Readable({ read: () => undefined });
  if (body.length > 0) stream.push(body);
  stream.push(null);
  return stream;
}

/**
 * A body held whole, because a rule must look inside: never more of it than a bound.
 *
 * Listens to the stream's events: an async iterator costs several times as much for the one small chunk that most
 * bodies are.
 *
 * @throws Refusal 413 over the bound (the rest is read and thrown away), 400 where the body breaks off.
 */
export function readAtMost(body: Body, maxBytes: number): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return gathered(body, maxBytes);
  return body.length <= maxBytes ? Promise.resolve(body) : Promise.reject(tooLarge(maxBytes));
}

function gathered(stream: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) return void chunks.push(chunk);
      stream.off('data', onData).resume();
      reject(tooLarge(maxBytes));
    };
    let isOver = false;
    const brokeOff = (cause?: unknown) => {
      if (!isOver) reject(new Refusal('invalid_request', 'the body did not arrive to its end', { cause }));
    };
    stream
      .on('data', onData)
      .once('error', brokeOff)
      .once('close', brokeOff)
      .once('end', () => {
        isOver = true;
        resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
      });
  });
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal('payload_too_large', `this body may have ${maxBytes} bytes at most`);
}
