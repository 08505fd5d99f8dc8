/** From the answers that one connection reads to those who asked, one after the other. */
import type { Readable } from 'node:stream';
import { brokenOff, keepable, streamOf, whole } from './answer-body.ts';
import type { AnswerHead } from './answer-head.ts';
import type { Asking } from './asking.ts';
import { UpstreamFault } from './fault.ts';

export interface Delivery {
  /** What the answer that is being read said of itself. */
  readonly head: AnswerHead | undefined;
  /** Whether the reader of the body has enough for now. */
  readonly isPaused: boolean;
  begin: (asking: Asking) => void;
  heard: (head: AnswerHead) => void;
  piece: (bytes: Buffer) => void;
  /** All that has come so far was read: who asked gets to see it, where it is not worth waiting for the rest. */
  handOn: () => void;
  end: () => void;
  fail: (cause: Error) => void;
}

/** An answer of a length up to this is waited for: as a stream it would cost several times as much. */
const GATHERED_BYTES = 64 * 1024;

/** @param resume the body's reader wants more. @param drop it went away. */
export function createDelivery(resume: () => void, drop: () => void): Delivery {
  let asking: Asking | undefined;
  let head: AnswerHead | undefined;
  let pieces: Buffer[] = [];
  let stream: Readable | undefined;
  let isPaused = false;

  function answer(body: Buffer | Readable): void {
    if (head) asking?.resolve({ status: head.status, headers: head.headers, body });
  }

  function release(): void {
    asking = undefined;
    head = undefined;
    stream = undefined;
    isPaused = false;
    if (pieces.length > 0) pieces = [];
  }

  return {
    get head() {
      return head;
    },
    get isPaused() {
      return isPaused;
    },
    begin: (next) => void (asking = next),
    heard: (read) => void (head = read),
    piece: (bytes) => {
      if (!stream) pieces.push(keepable(bytes));
      else if (!stream.push(keepable(bytes))) isPaused = true;
    },
    handOn: () => {
      if (!head || stream || (head.contentLength ?? Infinity) <= GATHERED_BYTES) return;
      /* A stream may outlive its answer on this connection: it has no say in the next. */
      const own = asking;
      stream = streamOf(
        pieces,
        () => {
          if (!isPaused || asking !== own) return;
          isPaused = false;
          resume();
        },
        () => {
          if (asking === own) drop();
        },
      );
      pieces = [];
      answer(stream);
    },
    end: () => {
      if (stream) stream.push(null);
      else answer(whole(pieces));
      release();
    },
    fail: (cause) => {
      const [reader, waiting] = [stream, asking];
      if (!reader && pieces.length > 0 && cause instanceof UpstreamFault) answer(brokenOff(pieces, cause));
      release();
      if (reader) reader.destroy(cause);
      else waiting?.reject(cause);
    },
  };
}
