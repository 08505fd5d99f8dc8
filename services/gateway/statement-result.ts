/**
 * Takes a StatementResult apart as it arrives: each statement in the bytes in which it came, and the `more` link. Never
 * more of it is held than one statement.
 *
 * What could be read in two ways is no StatementResult: with `statements` there twice, one list would be filtered and
 * another one read by the caller.
 *
 * @see xAPI 1.0.3 Part 2 §2.5
 */
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, createJsonWalk, OPEN_BRACKET, TOP } from './json-walk.ts';

export interface StatementResultReader {
  /** @returns the statements that ended in this piece. @throws Error for what is no StatementResult. */
  write(piece: Buffer): Buffer[];
  /** @returns its `more`; '' where there is none. @throws Error for one that has not come to its end. */
  end(): string;
}

/** The depth of what stands within the list of statements. */
const LIST = TOP + 1;
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** The only `more` that is no string, and says that there is none. */
const NULL = new Set(Buffer.from('null'));
/** RFC 8259 §8.1: parsers "MAY ignore the presence of a byte order mark". */
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);

export function createStatementResultReader(maxStatementBytes: number): StatementResultReader {
  const seen = new Set<string>();
  let statements: Buffer[] = [];
  let more = '';
  let inList = false;

  const isValueOf = (name: string) => walk.depth === TOP && !walk.atKey && walk.key === name;

  const walk = createJsonWalk({
    key: (name) => {
      if (name !== 'statements' && name !== 'more') return;
      if (seen.has(name)) throw new Error(`"${name}" is there twice`);
      seen.add(name);
    },
    string: () => {
      if (walk.depth < TOP || isValueOf('statements') || (walk.depth === LIST && inList))
        throw new Error('a string where none belongs');
      return isValueOf('more');
    },
    text: (text) => {
      more = JSON.parse(text.toString('utf8')) as string;
    },
    opens: (bracket, at) => {
      const isList = bracket === OPEN_BRACKET;
      if (walk.depth === TOP && isList) throw new Error('a list, and no object');
      if (walk.depth === LIST) {
        if (walk.atKey || walk.key === 'more') throw new Error('brackets where none belong');
        if (walk.key === 'statements' && !isList) throw new Error('"statements" is no list');
        inList = walk.key === 'statements';
      }
      if (walk.depth === LIST + 1 && inList) {
        if (isList) throw new Error('a statement is no object');
        walk.hold(at, 'statement', maxStatementBytes);
      }
    },
    closes: (bracket, at) => {
      if (walk.depth === LIST && inList) statements.push(walk.release(at + 1));
      const expected = walk.depth === TOP && inList ? CLOSE_BRACKET : CLOSE_BRACE;
      const isHere = walk.depth < TOP || (walk.depth === TOP && inList);
      if (isHere && bracket !== expected) throw new Error('brackets that do not match');
      if (walk.depth === TOP) inList = false;
    },
    other: (byte) => {
      if (WHITESPACE.has(byte) || (walk.depth < TOP && BYTE_ORDER_MARK.has(byte))) return;
      if (walk.depth < TOP) throw new Error('something beside the object');
      if (isValueOf('statements')) throw new Error('"statements" is no list');
      if (isValueOf('more') && !NULL.has(byte)) throw new Error('"more" is no link');
      if (walk.depth === LIST && inList && byte !== COMMA) throw new Error('a statement is no object');
    },
    after: (rest) => {
      if (!rest.every((byte) => WHITESPACE.has(byte))) throw new Error('something after the object');
    },
  });

  return {
    write: (piece) => {
      statements = [];
      walk.write(piece);
      return statements;
    },
    end: () => {
      if (!walk.isOver || !seen.has('statements')) throw new Error('no whole object with "statements"');
      return more;
    },
  };
}
