/**
 * Takes a StatementResult apart as it arrives: each statement in the bytes in which it came, and the `more` link. Never
 * more of it is held than one statement.
 *
 * What could be read in two ways is no StatementResult: with `statements` there twice, one list would be filtered and
 * another one read by the caller.
 *
 * @see xAPI 1.0.3 Part 2 §2.5
 */

export interface StatementResultReader {
  /** @returns the statements that ended in this piece. @throws StatementResultFault */
  write(piece: Buffer): Buffer[];
  /** @returns its `more`; '' where there is none. @throws StatementResultFault for one that has not come to its end. */
  end(): string;
}

export class StatementResultFault extends Error {}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** The only `more` that is no string, and says that there is none. */
const NULL = new Set(Buffer.from('null'));
/** RFC 8259 §8.1: parsers "MAY ignore the presence of a byte order mark". */
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);
const MAX_STRING_BYTES = 64 * 1024;

/** Within the object itself, and within its list of statements. */
const [TOP, LIST] = [1, 2];

export function createStatementResultReader(maxStatementBytes: number): StatementResultReader {
  const seen = new Set<string>();
  let [depth, isFinished, inList] = [0, false, false];
  let [inString, isEscaped] = [false, false];
  let [atKey, key, more] = [false, '', ''];
  let capturing: 'key' | 'more' | 'statement' | undefined;
  /** Of what is being captured, what came in earlier pieces. */
  let [held, heldBytes]: [Buffer[], number] = [[], 0];

  function count(bytes: Buffer): void {
    heldBytes += bytes.length;
    const most = capturing === 'statement' ? maxStatementBytes : MAX_STRING_BYTES;
    if (heldBytes > most) throw new StatementResultFault(`a ${capturing} of more than ${most} bytes`);
  }

  function captured(end: Buffer): Buffer {
    count(end);
    const bytes = held.length === 0 ? end : Buffer.concat([...held, end]);
    [held, heldBytes, capturing] = [[], 0, undefined];
    return bytes;
  }

  function readKey(text: string): void {
    key = stringIn(text);
    if (key !== 'statements' && key !== 'more') return;
    if (seen.has(key)) throw new StatementResultFault(`"${key}" is there twice`);
    seen.add(key);
  }

  /** What is no string, no bracket and no punctuation of the object itself. */
  function checkOther(byte: number): void {
    if (WHITESPACE.has(byte) || (depth < TOP && !isFinished && BYTE_ORDER_MARK.has(byte))) return;
    if (depth < TOP) throw new StatementResultFault('something beside the object');
    if (depth === TOP && !atKey && key === 'statements') throw new StatementResultFault('"statements" is no list');
    if (depth === TOP && !atKey && key === 'more' && !NULL.has(byte))
      throw new StatementResultFault('"more" is no link');
    if (depth === LIST && inList && byte !== COMMA) throw new StatementResultFault('a statement is no object');
  }

  function checkOpening(byte: number): void {
    const isList = byte === OPEN_BRACKET;
    if (isFinished || (depth < TOP && isList)) throw new StatementResultFault('no object, or more than one');
    if (depth === TOP && (atKey || key === 'more')) throw new StatementResultFault('brackets where none belong');
    if (depth === TOP && key === 'statements' && !isList) throw new StatementResultFault('"statements" is no list');
    if (depth === LIST && inList && isList) throw new StatementResultFault('a statement is no object');
  }

  function write(piece: Buffer): Buffer[] {
    const statements: Buffer[] = [];
    let start = 0;

    const begin = (what: typeof capturing, at: number) => {
      capturing = what;
      start = at;
    };

    for (let at = 0; at < piece.length; at++) {
      if (inString && !isEscaped) at = endOfPlain(piece, at);
      if (at === piece.length) break;
      const byte = piece[at] as number;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (depth !== TOP || capturing === undefined) continue;
          const isKey = capturing === 'key';
          const text = captured(piece.subarray(start, at + 1)).toString('utf8');
          if (isKey) readKey(text);
          else more = stringIn(text);
        }
      } else if (byte === QUOTE) {
        if (depth < TOP || (depth === TOP && !atKey && key === 'statements') || (depth === LIST && inList))
          throw new StatementResultFault('a string where none belongs');
        inString = true;
        if (depth === TOP && (atKey || key === 'more')) begin(atKey ? 'key' : 'more', at);
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        checkOpening(byte);
        depth += 1;
        if (depth === TOP) atKey = true;
        else if (depth === LIST && key === 'statements') inList = true;
        else if (depth === LIST + 1 && inList) begin('statement', at);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === LIST && inList) statements.push(captured(piece.subarray(start, at + 1)));
        else if (depth === TOP && inList && byte === CLOSE_BRACKET) inList = false;
        else if (depth === 0 && byte === CLOSE_BRACE) isFinished = true;
        else if (depth < TOP || (depth === TOP && inList)) throw new StatementResultFault('brackets that do not match');
      } else if (depth === TOP && byte === COLON) {
        atKey = false;
      } else if (depth === TOP && byte === COMMA) {
        [atKey, key] = [true, ''];
      } else if (depth <= LIST) {
        checkOther(byte);
      }
    }
    if (capturing !== undefined) {
      count(piece.subarray(start));
      held.push(Buffer.from(piece.subarray(start)));
    }
    return statements;
  }

  return {
    write,
    end: () => {
      if (!isFinished || !seen.has('statements')) throw new StatementResultFault('no whole object with "statements"');
      return more;
    },
  };
}

/** Where a string, or what is plain text of it, ends. Most bytes are plain text. */
function endOfPlain(piece: Buffer, from: number): number {
  let at = from;
  while (at < piece.length && piece[at] !== QUOTE && piece[at] !== BACKSLASH) at++;
  return at;
}

function stringIn(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch (cause) {
    throw new StatementResultFault('a string that is none', { cause });
  }
}
