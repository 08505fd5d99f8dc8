/** From the bytes of a connection to answers: one at a time, each exactly as long as its head says. */
import { MOST_HEAD_BYTES, readAnswerHead, type AnswerHead } from './answer-head.ts';
import { createChunks } from './chunked.ts';
import { misread } from './fault.ts';

/** What becomes of an answer while it is read. */
export interface AnswerSink {
  /** Of the answer itself; what comes before it (1xx) is passed over. */
  head: (head: AnswerHead) => void;
  /** Some of its body, in a buffer that is read over again. */
  piece: (bytes: Buffer) => void;
  /** It is whole. @param isSpent whether bytes came behind it, or the end of the connection was its end. */
  end: (isSpent: boolean) => void;
}

export interface AnswerReader {
  /** A call was sent: its answer may come. */
  begin(method: string): void;
  /** @throws UpstreamFault for what is no answer, or an answer to nothing. */
  take(bytes: Buffer): void;
  /** The LRS ended the connection. @throws UpstreamFault where the answer does not end with it. */
  ended(): void;
}

type Expected = 'nothing' | 'head' | 'length' | 'chunks' | 'close';

const HEAD_END = Buffer.from('\r\n\r\n');
/** Every server that sends any sends one or two. */
const MOST_INFORMATIONAL = 100;
/** A line that does not end with CRLF, a CR within one, a control character: no head will come of it. */
const NEVER_HEAD = /[^\r]\n|\r[^\n]|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const BEGINNING = 'HTTP/1.';

/**
 * @param isEndTold whether an end of the connection is the LRS's own doing. With TLS it need not be, and Node does not say: an
 * answer that only ends so could be cut off by anybody on the way (RFC 9112 §9.8), so it is refused.
 */
export function createAnswerReader(sink: AnswerSink, isEndTold: boolean): AnswerReader {
  const chunks = createChunks();
  let expected: Expected = 'nothing';
  let isHead = false;
  let informational = 0;
  /** What has come of a head, where it came in pieces. */
  let begun: Buffer = Buffer.alloc(0);
  let begunBytes = 0;
  /** Of the body, in bytes. */
  let left = 0;

  /** @returns where the head of the answer ends within the bytes, or -1 where it goes on. */
  function takeHead(bytes: Buffer): number {
    for (let at = 0; ;) {
      const headEnd = endOfHead(bytes, at);
      if (headEnd < 0) return -1;
      const text =
        begunBytes === 0 ? bytes.toString('latin1', at, headEnd - 2) : begun.toString('latin1', 0, begunBytes - 2);
      begunBytes = 0;
      at = headEnd;
      const head = readAnswerHead(text);
      if (head.status === 101) throw misread('101, which nobody asked for');
      if (head.status >= 200) {
        frame(head);
        sink.head(head);
        return at;
      }
      /* What comes behind it is its body to one and the answer to another. */
      if (!head.isKept) throw misread('an answer before the answer, and then an end');
      if (++informational > MOST_INFORMATIONAL) throw misread('too many answers before the answer');
    }
  }

  /** @returns where it ends within the bytes, or -1; what came of it is then kept, or is all kept with it. */
  function endOfHead(bytes: Buffer, start: number): number {
    if (begunBytes === 0) {
      const end = bytes.indexOf(HEAD_END, start);
      if (end >= 0 && end - start + 4 <= MOST_HEAD_BYTES) return end + 4;
    }
    const before = begunBytes;
    const taken = Math.min(bytes.length - start, MOST_HEAD_BYTES - before);
    keep(bytes, start, taken);
    const end = begun.subarray(0, begunBytes).indexOf(HEAD_END, Math.max(0, before - 3));
    if (end >= 0) {
      begunBytes = end + 4;
      return start + begunBytes - before;
    }
    if (begunBytes === MOST_HEAD_BYTES) throw misread('a head that does not end');
    if (!BEGINNING.startsWith(begun.toString('latin1', 0, Math.min(BEGINNING.length, begunBytes))))
      throw misread('a head that is no HTTP/1.1');
    if (NEVER_HEAD.test(begun.toString('latin1', Math.max(0, before - 1), begunBytes)))
      throw misread('a head that is no HTTP/1.1');
    return -1;
  }

  /** Grows by doubling: a head that comes byte by byte is not copied for each of them. */
  function keep(bytes: Buffer, start: number, count: number): void {
    const needed = begunBytes + count;
    if (needed > begun.length) {
      const grown = Buffer.allocUnsafe(Math.max(1024, 2 * begun.length, needed));
      begun.copy(grown, 0, 0, begunBytes);
      begun = grown;
    }
    bytes.copy(begun, begunBytes, start, start + count);
    begunBytes = needed;
  }

  /** @see RFC 9112 §6.3 */
  function frame({ status, contentLength, isChunked }: AnswerHead): void {
    if (isHead || status === 204 || status === 304) contentLength = 0;
    else if (isChunked) {
      expected = 'chunks';
      return chunks.begin();
    }
    if (contentLength === undefined && !isEndTold) throw misread('no length, over TLS');
    expected = contentLength === undefined ? 'close' : 'length';
    left = contentLength ?? 0;
  }

  /** @param at where the body goes on within the bytes. */
  function takeBody(bytes: Buffer, at: number): void {
    if (expected === 'chunks') {
      const end = chunks.take(bytes, at, sink.piece);
      if (end >= 0) whole(end < bytes.length);
      return;
    }
    const end = expected === 'length' ? Math.min(bytes.length, at + left) : bytes.length;
    if (end > at) sink.piece(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (expected !== 'length') return;
    left -= end - at;
    if (left === 0) whole(end < bytes.length);
  }

  function whole(isSpent: boolean): void {
    expected = 'nothing';
    sink.end(isSpent);
  }

  return {
    begin: (method) => {
      expected = 'head';
      isHead = method === 'HEAD';
      informational = 0;
      begunBytes = 0;
    },
    take: (bytes) => {
      if (expected === 'nothing') throw misread('bytes that answer nothing');
      if (expected !== 'head') return takeBody(bytes, 0);
      const at = takeHead(bytes);
      if (at >= 0) takeBody(bytes, at);
    },
    ended: () => {
      if (expected !== 'close') throw misread(expected === 'head' ? 'no whole head' : 'an end before it is whole');
      whole(true);
    },
  };
}
