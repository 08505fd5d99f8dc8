/** Reads HTTP/1.1 responses out of the bytes of a connection (RFC 9112 §6.3). */

export interface RawResponse {
  status: number;
  /** Names in lower case, values in the order they came. */
  headers: Map<string, string[]>;
  body: string;
  bodyBytes: Buffer;
  /** By Content-Length, by the last chunk, or because it can have no body. */
  complete: boolean;
}

interface Body {
  bytes: Buffer;
  end: number;
  complete: boolean;
}

/** All responses in the bytes, without the 1xx ones. `methods` are those of the requests they answer, in order. */
export function readResponses(bytes: Buffer, methods: string[] = []): RawResponse[] {
  const responses: RawResponse[] = [];
  let at = 0;
  for (;;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return responses;
    const head = readHead(bytes.toString('latin1', at, headEnd));
    if (!head) return responses;
    at = headEnd + 4;
    if (head.status < 200 && head.status !== 101) continue;
    const body = readBody(bytes, at, head, methods[responses.length]);
    responses.push({ ...head, body: body.bytes.toString('utf8'), bodyBytes: body.bytes, complete: body.complete });
    if (!body.complete) return responses;
    at = body.end;
  }
}

function readHead(text: string): { status: number; headers: Map<string, string[]> } | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { status: Number(status), headers };
}

function readBody(
  bytes: Buffer,
  start: number,
  { status, headers }: { status: number; headers: Map<string, string[]> },
  method: string | undefined,
): Body {
  const none = { bytes: Buffer.alloc(0), end: start, complete: true };
  if (method === 'HEAD' || status === 101 || status === 204 || status === 304) return none;
  if (/\bchunked$/i.test(headers.get('transfer-encoding')?.at(-1) ?? '')) return readChunks(bytes, start);
  const length = headers.get('content-length')?.[0];
  if (length === undefined) return { bytes: bytes.subarray(start), end: bytes.length, complete: false };
  const end = start + Number(length);
  return { bytes: bytes.subarray(start, end), end, complete: bytes.length >= end };
}

function readChunks(bytes: Buffer, start: number): Body {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return { bytes: Buffer.concat(chunks), end: bytes.length, complete: false };
    if (size === 0) return { bytes: Buffer.concat(chunks), ...afterTrailers(bytes, lineEnd) };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** Trailer lines, if any, then an empty line. `lastLine` is where the line of the last chunk ends. */
function afterTrailers(bytes: Buffer, lastLine: number): { end: number; complete: boolean } {
  const end = bytes.indexOf('\r\n\r\n', lastLine);
  return end < 0 ? { end: bytes.length, complete: false } : { end: end + 4, complete: true };
}
