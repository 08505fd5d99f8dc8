/**
 * Walks JSON as it arrives, in whatever pieces, and tells of its brackets, of what is between them, and which member of the
 * object itself is being read. What may stand where is for its listener to say, and so is what to hold of it: of the rest,
 * nothing is held.
 *
 * @see RFC 8259 §2
 */

export const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
export const COMMA = 0x2c;
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/** The depth of what stands within the object itself. */
export const TOP = 1;
/** Of a key of the object itself, and of the string in one of its members. */
const MAX_STRING_BYTES = 64 * 1024;

/** Places are within the piece that is being read. */
export interface JsonListener {
  /** A bracket; it counts already. */
  opens?(bracket: number, at: number): void;
  /** It does not count any more. */
  closes?(bracket: number, at: number): void;
  /** The name of a member of the object itself. */
  key?(name: string): void;
  /** A string begins that is no such name. @returns whether it is to be held: only within the object itself. */
  string?(at: number): boolean;
  /** Its text, with its quotes. @param end the place after it. */
  text?(text: Buffer, end: number): void;
  /** A byte of anything else: of a number, a space, a comma within. */
  other?(byte: number): void;
  /** What follows the end of the whole. */
  after?(rest: Buffer): void;
}

export interface JsonWalk {
  /** How many brackets are open. */
  readonly depth: number;
  /** Whether a name comes next in the object itself. */
  readonly atKey: boolean;
  /** The member of the object itself that is being read; '' before and between them. */
  readonly key: string;
  /** Whether the whole has come to its end. */
  readonly isOver: boolean;
  /** @throws Error for a name or a string that is none, for more than may be held, and what its listener throws. */
  write(piece: Buffer): void;
  /** From `start` on every byte is held, until it is released. */
  hold(start: number, what: string, mostBytes: number): void;
  /** @returns what was held, up to `end`. @throws Error for more than may be. */
  release(end: number): Buffer;
}

interface Held {
  what: string;
  mostBytes: number;
  start: number;
  /** What came in earlier pieces. */
  earlier: Buffer[];
  bytes: number;
}

export function createJsonWalk(on: JsonListener): JsonWalk {
  const walk = { depth: 0, atKey: false, key: '', isOver: false, write, hold, release };
  let [inString, isEscaped] = [false, false];
  let piece: Buffer = Buffer.alloc(0);
  let held: Held | undefined;

  function hold(start: number, what: string, mostBytes: number): void {
    held = { what, mostBytes, start, earlier: [], bytes: 0 };
  }

  function take(from: Held, end: number): Buffer {
    const bytes = piece.subarray(from.start, end);
    from.bytes += bytes.length;
    if (from.bytes > from.mostBytes) throw new Error(`a ${from.what} of more than ${from.mostBytes} bytes`);
    return bytes;
  }

  function release(end: number): Buffer {
    if (!held) return Buffer.alloc(0);
    const { earlier } = held;
    const last = take(held, end);
    held = undefined;
    return earlier.length === 0 ? last : Buffer.concat([...earlier, last]);
  }

  function beginString(at: number): void {
    inString = true;
    if (walk.depth === TOP && walk.atKey) hold(at, 'key', MAX_STRING_BYTES);
    else if (on.string?.(at)) hold(at, walk.key, MAX_STRING_BYTES);
  }

  function endString(end: number): void {
    inString = false;
    if (walk.depth !== TOP || !held) return;
    const text = release(end);
    if (!walk.atKey) return on.text?.(text, end);
    walk.key = JSON.parse(text.toString('utf8')) as string;
    on.key?.(walk.key);
  }

  function open(bracket: number, at: number): void {
    walk.depth += 1;
    if (walk.depth === TOP) walk.atKey = bracket === OPEN_BRACE;
    on.opens?.(bracket, at);
  }

  function close(bracket: number, at: number): void {
    walk.depth -= 1;
    on.closes?.(bracket, at);
    walk.isOver = walk.depth === 0;
  }

  function write(next: Buffer): void {
    piece = next;
    let at = 0;
    for (; at < piece.length && !walk.isOver; at++) {
      if (inString && !isEscaped) at = endOfPlain(piece, at);
      const byte = piece[at];
      if (byte === undefined) break;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else endString(at + 1);
      } else if (byte === QUOTE) beginString(at);
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open(byte, at);
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) close(byte, at);
      else if (walk.depth === TOP && byte === COLON) walk.atKey = false;
      else if (walk.depth === TOP && byte === COMMA) [walk.atKey, walk.key] = [true, ''];
      else on.other?.(byte);
    }
    if (held) {
      held.earlier.push(Buffer.from(take(held, piece.length)));
      held.start = 0;
    }
    if (walk.isOver) on.after?.(piece.subarray(at));
  }

  return walk;
}

/** Where a string, or what is plain text of it, ends. Most bytes are plain text. */
function endOfPlain(piece: Buffer, from: number): number {
  let at = from;
  while (at < piece.length && piece[at] !== QUOTE && piece[at] !== BACKSLASH) at++;
  return at;
}
