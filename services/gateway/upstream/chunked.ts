/**
 * Takes a chunked body apart as it comes. Every line ends with CRLF; a size is hexadecimal and nothing else; extensions
 * are passed over and trailers dropped, both only so many.
 *
 * @see RFC 9112 §7.1
 */
import { misread } from './fault.ts';

export interface Chunks {
  /** Before the first byte of a body. */
  begin(): void;
  /**
   * @param piece is told of each piece of content, in a buffer that is read over again.
   * @returns where the body ends within these bytes, or -1 where it goes on. @throws UpstreamFault
   */
  take(bytes: Buffer, start: number, piece: (bytes: Buffer) => void): number;
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = '"(?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*"';
/** Twelve digits are 256 TB. */
const SIZE_LINE = new RegExp(`^([\\da-fA-F]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*\\r\\n$`);
const TRAILER_LINE = new RegExp(`^(${TOKEN}):[\\t -~\\x80-\\xff]*\\r\\n$`);
/** "MUST NOT be sent in trailers" for they would frame or route the message: somebody merges them (RFC 9110 §6.5.1). */
const NO_TRAILER = /^(?:content-length|transfer-encoding|host|trailer|connection)$/i;
const CRLF = '\r\n';
const MOST_LINE_BYTES = 4096;
/** Of everything that is no content and need not be there, in one body: otherwise it could go on for ever. */
const MOST_SPARE_BYTES = 64 * 1024;

type Expected = 'size' | 'content' | 'end of chunk' | 'trailer';

export function createChunks(): Chunks {
  let expected: Expected = 'size';
  /** Of the chunk, in bytes. */
  let left = 0;
  /** What has come of a line. */
  let line = '';
  let spareBytes = 0;

  /** @returns whether that was the end of the body. */
  function takeLine(): boolean {
    const whole = line;
    line = '';
    if (expected === 'size') {
      begun(whole);
      return false;
    }
    if (expected === 'end of chunk') {
      if (whole !== CRLF) throw misread('a chunk that is longer than it says');
      expected = 'size';
      return false;
    }
    if (whole === CRLF) return true;
    const name = TRAILER_LINE.exec(whole)?.[1];
    if (name === undefined || NO_TRAILER.test(name)) throw misread('a trailer that is none');
    spend(whole.length);
    return false;
  }

  function begun(whole: string): void {
    const size = SIZE_LINE.exec(whole)?.[1];
    if (size === undefined) throw misread('a chunk without its size');
    spend(whole.length - size.length - CRLF.length);
    left = Number.parseInt(size, 16);
    expected = left === 0 ? 'trailer' : 'content';
  }

  function spend(bytes: number): void {
    spareBytes += bytes;
    if (spareBytes > MOST_SPARE_BYTES) throw misread('too many chunk extensions or trailers');
  }

  return {
    begin: () => {
      expected = 'size';
      line = '';
      spareBytes = 0;
    },
    take: (bytes, start, piece) => {
      for (let at = start; at < bytes.length;) {
        if (expected === 'content') {
          const end = Math.min(bytes.length, at + left);
          piece(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
          left -= end - at;
          at = end;
          if (left === 0) expected = 'end of chunk';
          continue;
        }
        const lineEnd = bytes.indexOf(0x0a, at) + 1;
        const end = lineEnd === 0 ? bytes.length : lineEnd;
        line += bytes.toString('latin1', at, end);
        if (line.length > MOST_LINE_BYTES) throw misread('a chunk size or trailer that does not end');
        at = end;
        if (lineEnd !== 0 && takeLine()) return at;
      }
      return -1;
    },
  };
}
