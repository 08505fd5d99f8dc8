/**
 * JSON as it was written: its value, and where in the text each part of it is, so that one part can be changed and every
 * other byte stays. The only file that imports jsonc-parser.
 */
import { createScanner } from 'jsonc-parser';

export interface JsonPart {
  readonly value: unknown;
  /** From its first character up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
  /** Where its key begins, if it is a member of an object. */
  readonly keyStart?: number | undefined;
  /** Of an object, in the order in which they were written. */
  readonly members?: ReadonlyMap<string, JsonPart> | undefined;
  /** Of an array. */
  readonly items?: readonly JsonPart[] | undefined;
}

export interface JsonText {
  readonly text: string;
  readonly root: JsonPart;
}

/** The text can be read in more than one way, or in none. The message is for whoever wrote it. */
export class JsonTextFault extends Error {
  override readonly name = 'JsonTextFault';
}

interface Open {
  value: unknown;
  start: number;
  end: number;
  keyStart: number | undefined;
  members: Map<string, JsonPart> | undefined;
  items: JsonPart[] | undefined;
}

/** Those of jsonc-parser's SyntaxKind that decide here: it is a const enum, which does not exist when the code runs. */
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, COLON, STRING, END] = [1, 2, 3, 4, 5, 6, 10, 17];

/** Each takes some 300 bytes of memory, however few it has in the text: `[[],[],…]` would grow a hundredfold. */
const MOST_PARTS = 500_000;

/**
 * Strict: what `JSON.parse` takes, and no object with a key twice, at any depth, however its escapes are written. Of two
 * equal keys one parser takes the first, another the last: whoever decides upon one would forward the other.
 *
 * @throws JsonTextFault
 * @see RFC 8259 §4: "The names within an object SHOULD be unique."
 */
export function readJsonText(text: string): JsonText {
  return { text, root: partsOf(text, parse(text)) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = text.startsWith('\uFEFF') ? 'begins with a byte order mark' : 'is not JSON';
    throw new JsonTextFault(why, { cause });
  }
}

/** The scanner is more lenient than JSON is; the text has been found to be JSON before. Without recursion: it may be deep. */
function partsOf(text: string, root: unknown): JsonPart {
  const scanner = createScanner(text, true);
  const around: Open[] = [];
  let inside: Open | undefined;
  let last: JsonPart = { value: root, start: 0, end: text.length };
  let key: string | undefined;
  let keyStart: number | undefined;
  let count = 0;

  for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
    if (token === COMMA || token === COLON) continue;
    const start = scanner.getTokenOffset();
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) {
      if (inside) {
        inside.end = start + 1;
        last = inside;
      }
      inside = around.pop();
      continue;
    }
    if (inside?.members && key === undefined && token === STRING) {
      key = scanner.getTokenValue();
      keyStart = start;
      if (inside.members.has(key)) throw new JsonTextFault(`has the key ${shown(key)} twice in one object`);
      continue;
    }
    if (++count > MOST_PARTS) throw new JsonTextFault(`has more than ${MOST_PARTS} values`);
    const part: Open = {
      value: valueIn(inside, key, root),
      start,
      end: scanner.getPosition(),
      keyStart,
      members: token === OPEN_BRACE ? new Map() : undefined,
      items: token === OPEN_BRACKET ? [] : undefined,
    };
    if (key !== undefined) inside?.members?.set(key, part);
    else inside?.items?.push(part);
    key = keyStart = undefined;
    last = part;
    if (!part.members && !part.items) continue;
    if (inside) around.push(inside);
    inside = part;
  }
  return last;
}

function valueIn(inside: Open | undefined, key: string | undefined, root: unknown): unknown {
  if (!inside) return root;
  if (key !== undefined) return (inside.value as Record<string, unknown>)[key];
  return (inside.value as unknown[])[inside.items?.length ?? 0];
}

function shown(key: string): string {
  return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
}
