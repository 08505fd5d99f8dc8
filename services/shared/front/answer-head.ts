/**
 * The head of an answer as it is sent: nothing in it may begin another line. An answer that could be split would be read as
 * two (CWE-113), the second of the attacker's making.
 *
 * @see RFC 9112 §4, §5
 */
import { isFieldValue } from '../field-value.ts';
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
/** Framing is the front's alone. */
const FRAMING = ['transfer-encoding', 'trailer', 'keep-alive'];

/** What of a header's name counts here. @throws TypeError for one that cannot be said. */
const kindOf = remembered(
  (name) => {
    const lower = name.toLowerCase();
    if (!NAME.test(name) || FRAMING.includes(lower)) throw unsayable(name);
    return {
      lower,
      isLength: lower === 'content-length',
      isDate: lower === 'date',
      isConnection: lower === 'connection',
    };
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
  const list = Array.isArray(headers) ? headers : Object.entries(headers).flat().map(String);
  const all = set ? [...list, ...left(set, list)] : list;
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  let values = '';
  let [hasLength, hasDate, isLast] = [false, false, false];
  for (let n = 0; n + 1 < all.length; n += 2) {
    const [name = '', value = ''] = [all[n], all[n + 1]];
    const { isLength, isDate, isConnection } = kindOf(name);
    values += value;
    text += `${name}: ${value}\r\n`;
    if (isLength) hasLength = true;
    else if (isDate) hasDate = true;
    else if (isConnection && value.toLowerCase() === 'close') isLast = true;
  }
  /* All at once: to look through each by itself costs a third of it all. */
  if (!isFieldValue(values)) throw unsayable(all.find((_, n) => n % 2 === 0 && !isFieldValue(all[n + 1] ?? '')));
  if (!hasDate) text += `Date: ${dateNow()}\r\n`;
  if (!isLast) text += `Connection: keep-alive\r\nKeep-Alive: timeout=${keptSeconds}\r\n`;
  return { text, hasLength, isLast };
}

/** What was set and is not said otherwise. */
function left(set: ReadonlyMap<string, readonly [name: string, value: string]>, list: readonly string[]): string[] {
  const said = list.filter((_, n) => n % 2 === 0).map((name) => kindOf(name).lower);
  return [...set].filter(([lower]) => !said.includes(lower)).flatMap(([, header]) => header);
}

function unsayable(name = ''): TypeError {
  return new TypeError(`the header ${JSON.stringify(name)} is none that an answer may have`);
}
