/** A Content-Type, read so strictly that nobody else can read another one out of it. */
import { Refusal } from '../../shared/refusal.ts';

export interface MediaType {
  /** `application/json`, in lower case and without its parameters. */
  type: string;
  /** Names in lower case; of a quoted value, what is within the quotes. */
  parameters: ReadonlyMap<string, string>;
}

const TYPE = /[\t ]*([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)[\t ]*/y;
const PARAMETER = /;[\t ]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"([^"\\;,\r\n]*)"))?[\t ]*/y;

/**
 * A quoted value with escapes or what separates parameters, and a parameter in the extended syntax of RFC 2231 (`boundary*0=`), are for what has no
 * business here.
 *
 * @param where of which body, or part of one, in a sentence.
 * @throws Refusal 400 @see RFC 9110 §8.3.1
 */
export function readMediaType(value: string | undefined, where: string): MediaType {
  if (value === undefined) throw new Refusal('invalid_request', `${where} needs a Content-Type`);
  const unreadable = new Refusal('invalid_request', `the Content-Type of ${where} can be read in more than one way`);
  TYPE.lastIndex = 0;
  const type = TYPE.exec(value)?.[1];
  if (type === undefined) throw unreadable;
  const parameters = new Map<string, string>();
  for (let at = TYPE.lastIndex; at < value.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(value);
    if (!match) throw unreadable;
    const [, name, token, quoted] = match;
    if (name === undefined) continue;
    const lower = name.toLowerCase();
    if (lower.includes('*') || parameters.has(lower)) throw unreadable;
    parameters.set(lower, token ?? quoted ?? '');
  }
  return { type: type.toLowerCase(), parameters };
}

/**
 * "All strings MUST be encoded and interpreted as UTF-8": an LRS that went by another charset would read other names.
 *
 * @throws Refusal 400 @see xAPI 1.0.3 Part 3 §1.4
 */
export function refuseOtherCharset({ parameters }: MediaType, where: string): void {
  const charset = parameters.get('charset') ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new Refusal('invalid_request', `${where} should be in UTF-8`);
}

/** @see RFC 2046 §5.1.1, `bchars`; without the space and the comma, at which some would end it. */
const BOUNDARY = /^[\w'()+./:=?-]{1,70}$/;

/**
 * The boundary of a multipart type. Nothing else in it may look like one (`xboundary=`, `type="boundary=…"`): some search
 * for the name rather than parse.
 *
 * @throws Refusal 400
 */
export function boundaryIn({ parameters }: MediaType): string {
  const { boundary = '', ...others } = Object.fromEntries(parameters);
  const isAlone = !/boundary=/i.test(boundary) && !/boundary/i.test(JSON.stringify(others));
  if (!BOUNDARY.test(boundary) || !isAlone)
    throw new Refusal('invalid_request', 'the Content-Type should have one boundary, of letters, digits and -_.');
  return boundary;
}
