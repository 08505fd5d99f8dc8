/**
 * Finds the `more` of a StatementResult as it streams by, and replaces its value; every other byte passes as it came.
 * Parsing and writing the JSON anew would change numbers, escapes and order, and hold the whole page in memory.
 */

export interface Scanner {
  /** @returns what may go on of what has come so far. @throws Error for a link longer than any can be. */
  write(chunk: Buffer): Buffer;
  /** Whether a value is being held back that never ended. */
  isIncomplete(): boolean;
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const MAX_HELD_BYTES = 64 * 1024;

/** @param publish the public form of a link; asked only for links that are not empty. */
export function createMoreScanner(publish: (link: string) => string): Scanner {
  let depth = 0;
  let finished = false;
  let inString = false;
  let escaped = false;
  let atKey = false;
  let key: string | undefined;
  /** What the string at depth 1 that is being read is, and its bytes in earlier chunks. */
  let capturing: 'key' | 'value' | undefined;
  let held: Buffer[] = [];

  function replacement(text: Buffer): Buffer {
    const link = JSON.parse(text.toString('utf8')) as string;
    return link === '' ? text : Buffer.from(JSON.stringify(publish(link)));
  }

  function hold(bytes: Buffer): void {
    held.push(Buffer.from(bytes));
    if (held.reduce((sum, part) => sum + part.length, 0) > MAX_HELD_BYTES) throw new Error('a string is too long');
  }

  function write(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    let sent = 0;
    let captured = 0;
    let at = 0;

    function endString(): void {
      inString = false;
      if (capturing === undefined) return;
      const text = Buffer.concat([...held, chunk.subarray(captured, at + 1)]);
      held = [];
      if (capturing === 'key') key = JSON.parse(text.toString('utf8')) as string;
      else {
        out.push(chunk.subarray(sent, captured), replacement(text));
        sent = at + 1;
      }
      capturing = undefined;
    }

    for (; at < chunk.length && !finished; at++) {
      const byte = chunk[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) endString();
      } else if (byte === QUOTE) {
        inString = true;
        if (depth === 1 && (atKey || key === 'more')) {
          capturing = atKey ? 'key' : 'value';
          captured = at;
        }
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
        if (depth === 1) atKey = byte === OPEN_BRACE;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        finished = depth === 0;
      } else if (depth === 1 && byte === COLON) {
        atKey = false;
      } else if (depth === 1 && byte === COMMA) {
        atKey = true;
        key = undefined;
      }
    }

    if (capturing !== undefined) hold(chunk.subarray(captured));
    out.push(chunk.subarray(sent, capturing === 'value' ? captured : chunk.length));
    return out.length === 1 && out[0] ? out[0] : Buffer.concat(out);
  }

  return { write, isIncomplete: () => capturing === 'value' };
}
