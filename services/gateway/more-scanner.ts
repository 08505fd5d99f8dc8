/**
 * Finds the `more` of a StatementResult as it streams by, and replaces its value; every other byte passes as it came.
 * Parsing and writing the JSON anew would change numbers, escapes and order, and hold the whole page in memory.
 */
import { createJsonWalk, TOP } from './json-walk.ts';

export interface Scanner {
  /** @returns what may go on of what has come so far. @throws Error for a link longer than any can be. */
  write(chunk: Buffer): Buffer;
  /** Whether a value is being held back that never ended. */
  isIncomplete(): boolean;
}

/** A member that names no page, as every last page has it. */
const [MORE, EMPTY] = ['"more"', ':""'];

/**
 * Whether a text that is all there can have a link to replace: one that says so little need not be walked through. A name
 * can be spelt by escapes.
 */
export function mayHaveLink(json: Buffer): boolean {
  /* To look for ASCII in a text is several times as fast as in bytes. */
  const text = json.toString('latin1');
  for (let at = text.indexOf(MORE); at >= 0; at = text.indexOf(MORE, at)) {
    at += MORE.length;
    if (!text.startsWith(EMPTY, at)) return true;
  }
  return text.includes('\\u');
}

/** @param publish the public form of a link; asked only for links that are not empty. */
export function createMoreScanner(publish: (link: string) => string): Scanner {
  let [chunk, sent]: [Buffer, number] = [Buffer.alloc(0), 0];
  let out: Buffer[] = [];
  let isHeld = false;

  const walk = createJsonWalk({
    string: (at) => {
      isHeld = walk.depth === TOP && walk.key === 'more';
      if (isHeld) out.push(chunk.subarray(sent, at));
      return isHeld;
    },
    text: (text, end) => {
      const link = JSON.parse(text.toString('utf8')) as string;
      out.push(link === '' ? text : Buffer.from(JSON.stringify(publish(link))));
      [sent, isHeld] = [end, false];
    },
  });

  return {
    write: (next) => {
      [chunk, sent, out] = [next, 0, []];
      walk.write(chunk);
      if (!isHeld) out.push(chunk.subarray(sent));
      return out.length === 1 && out[0] ? out[0] : Buffer.concat(out);
    },
    isIncomplete: () => isHeld,
  };
}
