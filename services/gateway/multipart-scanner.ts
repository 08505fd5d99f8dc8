/** The same for `attachments=true`: the StatementResult is part 1; the attachments after it pass as they come. */
import type { Scanner } from './more-scanner.ts';

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 64 * 1024;

/** The boundary of a multipart content type; `undefined` for any other. @see RFC 2046 §5.1.1 */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\//i.test(contentType)) return undefined;
  const groups = /;\s*boundary=(?:"(?<quoted>[^"]+)"|(?<plain>[^;\s]+))/i.exec(contentType)?.groups;
  return groups?.quoted ?? groups?.plain;
}

export function createMultipartScanner(boundary: string, json: Scanner): Scanner {
  let head: Buffer | undefined = Buffer.alloc(0);

  return {
    write: (chunk) => {
      if (head === undefined) return json.write(chunk);
      head = Buffer.concat([head, chunk]);
      const start = head.indexOf(`--${boundary}`);
      const end = start < 0 ? -1 : head.indexOf(HEAD_END, start);
      if (end < 0) {
        if (head.length > MAX_HEAD_BYTES) throw new Error('the multipart answer has no first part');
        return Buffer.alloc(0);
      }
      const body = head.subarray(end + HEAD_END.length);
      const partHead = withoutLength(head.subarray(0, end).toString('latin1'));
      head = undefined;
      return Buffer.concat([Buffer.from(partHead + HEAD_END, 'latin1'), json.write(body)]);
    },
    isIncomplete: () => head !== undefined || json.isIncomplete(),
  };
}

/** The part's length, and digests of its bytes, are not those of what is made of it. */
export function withoutLength(partHead: string): string {
  return partHead
    .split('\r\n')
    .filter((line) => !/^(?:content-length|content-md5|(?:content-|repr-)?digest)[ \t]*:/i.test(line))
    .join('\r\n');
}
