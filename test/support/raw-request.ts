/** Writes bytes to a socket as they are: HTTP clients tidy URLs and headers, and would hide what a test is about. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readResponses, type RawResponse } from './read-responses.ts';

export interface RawOptions {
  /** 20 s where absent, and 3 s where there is no number of responses to wait for. */
  timeoutMs?: number;
  host?: string;
  /** Sends FIN after the last byte. */
  endAfterWrite?: boolean;
  /** How many complete responses to wait for; Infinity waits for the server to close or the time to be over. */
  responses?: number;
  /** How long to go on once those have come: for what must not come after them. */
  afterwardsMs?: number;
  /** Between the parts of an array, so that each arrives as a packet of its own. */
  pauseMs?: number;
}

export interface RawAnswer {
  /** Everything that came, one character a byte (latin1). */
  text: string;
  bytes: Buffer;
  /** Of the first response; undefined when none came. 1xx responses are passed over. */
  status: number | undefined;
  /** Names in lower case. */
  headers: Map<string, string[]>;
  /** Without its chunked coding, read as UTF-8. */
  body: string;
  /** Each response that could be read, also one that was cut off (`complete: false`). */
  responses: RawResponse[];
  /** Whether the server closed or reset the connection before this answer was given back. */
  closed: boolean;
}

/**
 * Collects everything until the server closes, the wanted responses are complete, or the time is over. After a
 * response that says `Connection: close` it waits for that close. A string is written one byte a character; text with
 * others must come as a Buffer.
 */
export async function rawRequest(
  port: number,
  text: string | Buffer | Array<string | Buffer>,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const { host = '127.0.0.1', endAfterWrite = false, responses = 1, afterwardsMs = 0, pauseMs = 20 } = options;
  const { timeoutMs = responses === Infinity ? 3_000 : 20_000 } = options;
  const parts = (Array.isArray(text) ? text : [text]).map(bytesOf);
  const methods = methodsOf(Buffer.concat(parts));
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

  const chunks: Buffer[] = [];
  let closed = false;
  const collected = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const close = () => {
      closed = true;
      done();
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const complete = readResponses(Buffer.concat(chunks), methods).filter((response) => response.complete);
      if (complete.length >= responses && !saysClose(complete.at(-1))) setTimeout(done, afterwardsMs);
    });
    socket.on('error', close);
    socket.on('end', close);
    socket.on('close', close);
  });

  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(pauseMs);
    if (socket.writable) socket.write(part);
  }
  if (endAfterWrite) socket.end();
  await collected;
  socket.destroy();

  const bytes = Buffer.concat(chunks);
  const read = readResponses(bytes, methods);
  const first = read[0];
  return {
    text: bytes.toString('latin1'),
    bytes,
    status: first?.status,
    headers: first?.headers ?? new Map<string, string[]>(),
    body: first?.body ?? '',
    responses: read,
    closed,
  };
}

function bytesOf(part: string | Buffer): Buffer {
  if (typeof part !== 'string') return part;
  const wide = [...part].find((character) => character > '\u00ff');
  if (wide) throw new Error(`a string is written one byte a character and ${wide} has more: pass a Buffer`);
  return Buffer.from(part, 'latin1');
}

/** The methods asked, in order: what answers a HEAD has no body, whatever its headers say. */
function methodsOf(bytes: Buffer): string[] {
  return [...bytes.toString('latin1').matchAll(/^([A-Z]+) \S+ HTTP\/1\.[01]\r?$/gm)].map((match) => match[1] ?? '');
}

function saysClose(response: RawResponse | undefined): boolean {
  return response?.headers.get('connection')?.some((value) => /\bclose\b/i.test(value)) ?? false;
}
