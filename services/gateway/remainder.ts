/** The part of a path behind a further resource's own, where it can be read in one way only. */
import { Refusal } from '../shared/refusal.ts';

/** Whatever some server takes for the end of a segment, or for the beginning of an escape or of a parameter. */
const DELIMITER = /[/\\;%\p{Cc}\p{Cf}]/u;
/** `.`, `..`, and what Windows makes of `. .`: nothing. */
const DOTS = /^[.\s]+$/;

/**
 * The path decided upon is the path forwarded, so it goes on as it came or not at all: `..`, `%2e%2e`, `..%2f`, `..;`,
 * `%252e`, an overlong or a full-width dot would leave the resource behind one server or another.
 *
 * @param rest begins with `/`, or is empty. @returns it, as it came. @throws Refusal 400
 */
export function remainderOf(rest: string): string {
  const segments = rest.split('/').slice(1);
  const isEmptyWithin = segments.slice(0, -1).includes('');
  if (isEmptyWithin || !segments.every(isPlain))
    throw new Refusal(
      'invalid_request',
      'the path has a segment that servers read in different ways (dots, //, %2f, ;)',
    );
  return rest;
}

function isPlain(segment: string): boolean {
  const text = decoded(segment)?.normalize('NFKC');
  return text !== undefined && !DELIMITER.test(text) && !DOTS.test(text);
}

/** `undefined` where it is not percent-encoded UTF-8. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
