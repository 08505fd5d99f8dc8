/** Answers as an LRS may send them, most of them slightly wrong, and what two readers make of them. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import type { AnswerHead } from '../../../services/gateway/upstream/answer-head.ts';
import { createAnswerReader } from '../../../services/gateway/upstream/answer-reader.ts';

export interface Read {
  /** `whole`: to its end. `begun`: it breaks off. `refused`: it is no answer. */
  outcome: 'whole' | 'begun' | 'refused';
  status?: number | undefined;
  /** Names and values in turn. */
  headers?: string[];
  /** In Latin-1. */
  body?: string;
  /** Why it was refused. */
  why?: string;
}

/** What the gateway makes of these bytes and then the end of the connection. @param cuts where one read ends. */
export function readByOurs(bytes: Buffer, method: string, cuts: readonly number[] = []): Read {
  let head: AnswerHead | undefined;
  let body = '';
  let isWhole = false;
  const reader = createAnswerReader(
    {
      head: (read) => void (head = read),
      piece: (piece) => void (body += piece.toString('latin1')),
      end: () => void (isWhole = true),
    },
    true,
  );
  reader.begin(method);
  const read = () => ({ status: head?.status, headers: head?.headers.flat() ?? [], body });
  try {
    const ends = [...cuts, bytes.length];
    for (let at = 0, n = 0; n < ends.length && !isWhole; at = ends[n++] ?? 0) {
      const piece = Buffer.from(bytes.subarray(at, ends[n]));
      if (piece.length > 0) reader.take(piece);
      /* As it is with a buffer that is read over again. */
      piece.fill('!');
    }
    if (!isWhole) reader.ended();
  } catch (error) {
    const why = (error as Error).message;
    return isBreakingOff(why) ? { outcome: 'begun', ...read(), why } : { outcome: 'refused', why };
  }
  return { outcome: 'whole', ...read() };
}

const isBreakingOff = (why: string) => /an end before it is whole|no whole head/.test(why);

/** A connection on which these bytes come, and then its end. */
class Wire extends Duplex {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    super();
    this.bytes = bytes;
  }
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
  override _final(done: () => void): void {
    done();
  }
  answer(): void {
    this.push(this.bytes);
    this.push(null);
  }
}

/** What Node's own parser (llhttp, strict) makes of them. */
export async function readByNode(bytes: Buffer, method: string): Promise<Read> {
  const wire = new Wire(bytes);
  const asking = request({ method, createConnection: () => wire, insecureHTTPParser: false, maxHeaderSize: 64 * 1024 });
  asking.on('error', () => undefined);
  asking.end();
  const settled = Promise.withResolvers<IncomingMessage | undefined>();
  asking.once('response', settled.resolve);
  asking.once('upgrade', () => settled.resolve(undefined));
  asking.once('close', () => settled.resolve(undefined));
  setImmediate(() => wire.answer());
  const answer = await settled.promise;
  if (!answer) {
    asking.destroy();
    return { outcome: 'refused' };
  }
  let body = '';
  answer.on('error', () => undefined);
  answer.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
  if (!answer.closed) await once(answer, 'close').catch(() => undefined);
  const { statusCode: status, rawHeaders: headers } = answer;
  return { outcome: answer.complete ? 'whole' : 'begun', status, headers, body };
}
