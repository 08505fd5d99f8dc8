/**
 * multipart/mixed, byte for byte in both directions.
 *
 * @see RFC 2046 §5.1
 */
import { LrsError } from './lrs-error.ts';

export interface Part {
  /** Names in lower case. */
  headers: Map<string, string>;
  content: Buffer;
}

const CRLF = '\r\n';

export function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? malformed('the Content-Type has no boundary');
}

export function parseMultipart(body: Buffer, boundary: string): Part[] {
  const parts: Part[] = [];
  let delimiter = findDelimiter(body, boundary, 0) ?? malformed('the boundary does not occur in the body');
  while (!delimiter.isLast) {
    const next = findDelimiter(body, boundary, delimiter.end) ?? malformed('the closing boundary is missing');
    parts.push(parsePart(body.subarray(delimiter.end, next.start)));
    delimiter = next;
  }
  return parts;
}

interface Delimiter {
  start: number;
  end: number;
  isLast: boolean;
}

/** A delimiter stands at the start of a line; the CRLF before it belongs to it, not to the part. */
function findDelimiter(body: Buffer, boundary: string, from: number): Delimiter | undefined {
  const dashed = `--${boundary}`;
  for (let at = body.indexOf(dashed, from, 'latin1'); at >= 0; at = body.indexOf(dashed, at + 1, 'latin1')) {
    const end = at + dashed.length;
    const startsLine = at === 0 || (at - 2 >= from && body.toString('latin1', at - 2, at) === CRLF);
    if (!startsLine) continue;
    const start = at === 0 ? 0 : at - 2;
    if (body.toString('latin1', end, end + 2) === '--') return { start, end: end + 2, isLast: true };
    const padding = /^[ \t]*\r\n/.exec(body.toString('latin1', end, end + 100))?.[0];
    // the CRLF is left to the part: where the part has no headers it is also the empty line
    if (padding !== undefined) return { start, end: end + padding.length - CRLF.length, isLast: false };
  }
  return undefined;
}

/** From the CRLF that ends the delimiter's line up to the one that begins the next delimiter. */
function parsePart(bytes: Buffer): Part {
  const end = bytes.indexOf(CRLF + CRLF, 0, 'latin1');
  if (end < 0) malformed('a part has no empty line after its headers');
  const lines = bytes.toString('utf8', CRLF.length, Math.max(end, CRLF.length)).split(CRLF).filter(Boolean);
  const headers = new Map(lines.map((line) => parseHeader(line)));
  return { headers, content: bytes.subarray(end + 2 * CRLF.length) };
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) malformed(`"${line.slice(0, 60)}" is not a header of a part`);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function malformed(why: string): never {
  throw new LrsError(400, `the body is not the multipart/mixed that its Content-Type promises: ${why}`);
}

/** The chunks to send, one after the other; contents are passed on as they are, never copied. */
export function formatMultipart(parts: Part[], boundary: string): Buffer[] {
  const chunks = parts.flatMap(({ headers, content }, index) => {
    const lines = [...headers].map(([name, value]) => `${name}: ${value}${CRLF}`).join('');
    return [Buffer.from(`${index === 0 ? '' : CRLF}--${boundary}${CRLF}${lines}${CRLF}`), content];
  });
  return [...chunks, Buffer.from(`${CRLF}--${boundary}--${CRLF}`)];
}
