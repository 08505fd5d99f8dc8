/** The head of a part of a multipart body: lines that everyone reads alike, or a refusal. */
import { Refusal } from '../../shared/refusal.ts';
import { readMediaType, refuseOtherCharset } from './media-type.ts';

/** The end of its last line, and the empty line after it. */
export const HEAD_END = '\r\n\r\n';
export const MAX_HEAD_BYTES = 8 * 1024;

/** Names in lower case. */
type PartHead = ReadonlyMap<string, string>;

/** A whole line: a name of letters, digits and `-`, and a value without control characters. */
const LINE = /^([A-Za-z0-9-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Encodings that leave the bytes as they are. @see RFC 2045 §6.2 */
const PLAIN = ['binary', '8bit', '7bit'];

/** Of the bytes of the content: void once these have changed. */
const OF_THE_BYTES = /^(?:content-md5|digest|content-digest|repr-digest|x-experience-api-hash):/i;

const STATEMENTS = 'the first part';

/**
 * A continued line, or a name that comes twice, is read in one way here and in another there.
 *
 * @param text in Latin-1, without the empty line. @throws Refusal 400
 */
function readPartHead(text: string, where: string): PartHead {
  const head = new Map<string, string>();
  for (const line of text === '' ? [] : text.split('\r\n')) {
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    const lower = name.toLowerCase();
    if (lower === '' || head.has(lower))
      throw new Refusal('invalid_request', `the head of ${where} should be lines "Name: value", each name once`);
    head.set(lower, value.trimEnd());
  }
  return head;
}

/**
 * "The first part … MUST have a Content-Type of application/json".
 *
 * @param contentBytes how many there are between this head and the delimiter.
 * @throws Refusal 400 where these are not the statements, or others might decode or end them otherwise.
 * @see xAPI 1.0.3 Part 3 §1.5.2
 */
export function refuseUnlessStatements(text: string, contentBytes: number): void {
  const head = readPartHead(text, STATEMENTS);
  const type = readMediaType(head.get('content-type'), STATEMENTS);
  if (type.type !== 'application/json')
    throw new Refusal('invalid_request', `${STATEMENTS} should have Content-Type: application/json`);
  refuseOtherCharset(type, STATEMENTS);
  if (!PLAIN.includes((head.get('content-transfer-encoding') ?? 'binary').toLowerCase()))
    throw new Refusal('invalid_request', `${STATEMENTS} should have no Content-Transfer-Encoding but binary`);
  if ((head.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw new Refusal('unsupported_media_type', `${STATEMENTS} should have no Content-Encoding`);
  const length = head.get('content-length') ?? String(contentBytes);
  if (length !== String(contentBytes))
    throw new Refusal('invalid_request', `${STATEMENTS} has another length than its Content-Length says`);
}

/**
 * Whatever follows the statements is an attachment, and says so: to a reader that took the last JSON for the statements, a
 * second part of statements would be the one that counts.
 *
 * "MUST include an X-Experience-API-Hash parameter in each part's header after the first (Statements) part".
 *
 * @throws Refusal 400
 * @see xAPI 1.0.3 Part 3 §1.5.2
 */
export function refuseUnlessAttachment(text: string): void {
  const where = 'each part after the first';
  if (!readPartHead(text, where).has('x-experience-api-hash'))
    throw new Refusal('invalid_request', `${where} should be an attachment, with its X-Experience-API-Hash`);
}

/** The same head for a content that has been changed. */
export function headFor(text: string, contentBytes: number): string {
  return text
    .split('\r\n')
    .filter((line) => !OF_THE_BYTES.test(line))
    .map((line) => (/^content-length:/i.test(line) ? `Content-Length: ${contentBytes}` : line))
    .join('\r\n');
}
