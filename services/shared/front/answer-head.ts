/**
 * The head of an answer as it is sent: nothing in it may begin another line. An answer that could be split would be read as
 * two (CWE-113), the second of the attacker's making.
 *
 * @see RFC 9112 §4, §5
 */
import { STATUS_CODES } from '../http.ts';
import { remembered } from '../remembered.ts';
import { dateNow } from './date.ts';

/** Names and values, in turn or by name. */
export type AnswerHeaders = string[] | Record<string, string | number>;

export interface AnswerHead {
  /** From the status line to the last field line, but for what frames the body. */
  text: string;
  hasLength: boolean;
  /** Whether the connection ends with it. */
  isLast: boolean;
}

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const NO_VALUE = /[^\t -~\x80-\xff]/;
/** Framing is the front's alone. */
const FRAMING = ['transfer-encoding', 'trailer', 'keep-alive'];

const lowerCaseOf = remembered(
  (name) => {
    const lower = name.toLowerCase();
    if (!NAME.test(name) || FRAMING.includes(lower)) throw unsayable(name);
    return lower;
  },
  { most: 1000 },
);

/**
 * @param set headers that were set before, by their names in lower case: those of the head come in their place.
 * @param keptSeconds for how long the connection is kept.
 * @throws TypeError for a header that cannot be said.
 */
export function answerHead(
  status: number,
  headers: AnswerHeaders,
  set: ReadonlyMap<string, readonly [name: string, value: string]> | undefined,
  keptSeconds: number,
): AnswerHead {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  const names: string[] = [];
  let isLast = false;
  const say = (name: string, value: string) => {
    const lower = lowerCaseOf(name);
    if (NO_VALUE.test(value)) throw unsayable(name);
    text += `${name}: ${value}\r\n`;
    names.push(lower);
    if (lower === 'connection' && value.toLowerCase() === 'close') isLast = true;
  };
  const list = Array.isArray(headers) ? headers : Object.entries(headers).flat().map(String);
  for (let n = 0; n + 1 < list.length; n += 2) say(list[n] ?? '', list[n + 1] ?? '');
  if (set) for (const [lower, [name, value]] of set) if (!names.includes(lower)) say(name, value);
  if (!names.includes('date')) text += `Date: ${dateNow()}\r\n`;
  if (!isLast) text += `Connection: keep-alive\r\nKeep-Alive: timeout=${keptSeconds}\r\n`;
  return { text, hasLength: names.includes('content-length'), isLast };
}

function unsayable(name: string): TypeError {
  return new TypeError(`the header ${JSON.stringify(name)} is none that an answer may have`);
}
