/**
 * Takes a multipart body apart as it arrives, whatever its pieces: the head of each part, and its content in the bytes in
 * which it came.
 *
 * @see RFC 2046 §5.1.1
 */

export type MultipartEvent =
  | { head: string }
  | { content: Buffer }
  /** The part has come to its end. */
  | { ended: true };

export interface MultipartReader {
  /** @throws MultipartFault */
  write(piece: Buffer): MultipartEvent[];
  /** @throws MultipartFault for a body that broke off. */
  end(): void;
}

export class MultipartFault extends Error {}

export const CRLF = '\r\n';
const HEAD_END = CRLF + CRLF;
const MAX_HEAD_BYTES = 64 * 1024;

export function createMultipartReader(boundary: string): MultipartReader {
  const delimiter = Buffer.from(`${CRLF}--${boundary}`, 'latin1');
  let place: 'preamble' | 'head' | 'content' | 'epilogue' = 'preamble';
  /** A delimiter begins with the end of a line; the first one may have nothing before it. */
  let held: Buffer = Buffer.from(CRLF);
  /** The end of the head's last line may be the beginning of a delimiter too: of a part without content. */
  let ofHead = 0;
  let events: MultipartEvent[] = [];

  /** Everything up to here is no delimiter: it is content, or before the first part. */
  function release(bytes: number): void {
    const from = Math.min(ofHead, bytes);
    ofHead -= from;
    if (place === 'content' && bytes > from) events.push({ content: held.subarray(from, bytes) });
    held = held.subarray(bytes);
  }

  /** @returns whether more can be read of what is held. */
  function readToDelimiter(): boolean {
    const start = held.indexOf(delimiter);
    if (start < 0) {
      release(Math.max(0, held.length - delimiter.length + 1));
      return false;
    }
    const kind = delimiterIn(held.toString('latin1', start + delimiter.length, start + delimiter.length + 80));
    if (kind === 'unfinished' && held.length < start + delimiter.length + 80) {
      release(start);
      return false;
    }
    if (kind === 'unfinished' || kind === 'none') {
      release(start + delimiter.length);
      return true;
    }
    release(start);
    if (place === 'content') events.push({ ended: true });
    ofHead = 0;
    place = kind.isLast ? 'epilogue' : 'head';
    held = held.subarray(delimiter.length + kind.length);
    return true;
  }

  function readHead(): boolean {
    const end = held.indexOf(HEAD_END);
    if (end > MAX_HEAD_BYTES || (end < 0 && held.length > MAX_HEAD_BYTES))
      throw new MultipartFault('the head of a part does not end');
    if (end < 0) return false;
    events.push({ head: held.toString('latin1', CRLF.length, end) });
    held = held.subarray(end + CRLF.length);
    ofHead = CRLF.length;
    place = 'content';
    return true;
  }

  function read(): boolean {
    if (place === 'head') return readHead();
    if (place !== 'epilogue') return readToDelimiter();
    held = Buffer.alloc(0);
    return false;
  }

  return {
    write: (piece) => {
      events = [];
      held = held.length === 0 ? piece : Buffer.concat([held, piece]);
      while (read());
      return events;
    },
    end: () => {
      if (place !== 'epilogue') throw new MultipartFault('the multipart body has no end');
    },
  };
}

type Delimiter = { isLast: boolean; length: number };

/** After the boundary: `--`, or nothing but blanks up to the end of the line (which is left for the part's head). */
function delimiterIn(after: string): Delimiter | 'unfinished' | 'none' {
  if (after.startsWith('--')) return { isLast: true, length: 2 };
  const blanks = /^[ \t]*\r\n/.exec(after)?.[0];
  if (blanks !== undefined) return { isLast: false, length: blanks.length - CRLF.length };
  return /^(?:-?|[ \t]*\r?)$/.test(after) ? 'unfinished' : 'none';
}
