/** The body of an answer: in one piece where it came so, otherwise a stream that is read no faster than it is taken. */
import { Readable } from 'node:stream';
import { GIVEN_BYTES } from './origin.ts';

/** What waits here is all that a slow caller makes the gateway hold of an answer. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** What may be kept of bytes that came in a buffer that is read over again; a large piece has its buffer to itself. */
export function keepable(bytes: Buffer): Buffer {
  return bytes.length >= GIVEN_BYTES ? bytes : Buffer.from(bytes);
}

export function whole(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] ?? NOTHING) : pieces.length === 0 ? NOTHING : Buffer.concat(pieces);
}

/** @param resume more may come. @param drop nobody will read it to its end. */
export function streamOf(pieces: readonly Buffer[], resume: () => void, drop: () => void): Readable {
  const stream = new Readable({
    highWaterMark: HIGH_WATER_MARK_BYTES,
    read: resume,
    destroy: (error, done) => {
      drop();
      done(error);
    },
  });
  /* It may break off before anybody listens, and an 'error' that nobody hears ends the process. */
  stream.on('error', () => undefined);
  for (const piece of pieces) stream.push(piece);
  return stream;
}

/** What came of an answer before it broke off, and, once that has gone on, its error: it is never passed off as whole. */
export function brokenOff(pieces: readonly Buffer[], error: Error): Readable {
  const left = [...pieces];
  return new Readable({
    read() {
      const piece = left.shift();
      if (piece) this.push(piece);
      else setImmediate(() => this.destroy(error));
    },
  }).on('error', () => undefined);
}
