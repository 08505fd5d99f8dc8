/**
 * multipart/mixed on its way to the LRS: the statements in part 1 are looked into, the attachments after it pass as they
 * come.
 *
 * Wherever the delimiter occurs it counts as one, at the start of a line or not: a reader that splits at it, and one that
 * goes by lines, find the same parts. Who chooses a boundary has to choose one that occurs in no part (RFC 2046 §5.1.1).
 */
import { pipeline, Transform, type Readable } from 'node:stream';
import { Refusal } from '../../shared/refusal.ts';
import { createAttachmentCheck, type AttachmentCheck } from './attachment-check.ts';
import { createGathered } from './gathered.ts';
import { HEAD_END, headFor, MAX_HEAD_BYTES, refuseUnlessStatements } from './part-head.ts';

export interface MultipartUpload {
  /** The statements, as they came. */
  json: Buffer;
  /** What goes on with other bytes in their place. */
  carrying(json: Buffer): {
    /** By how many bytes it is longer than what came. */
    grown: number;
    open: (refused: (refusal: Error) => void) => Readable;
  };
}

/**
 * Reads as far as the delimiter that ends part 1.
 *
 * @param maxBytes of part 1's content; attachments have no bound.
 * @throws Refusal 400 for what two readers could take apart differently, 413.
 */
export async function openMultipart(source: Readable, boundary: string, maxBytes: number): Promise<MultipartUpload> {
  const delimiter = `--${boundary}`;
  const opening = `${delimiter}\r\n`;
  const pieces = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const gathered = createGathered(pieces);

  await gathered.atLeast(opening.length + 2);
  const start = gathered.text(0, 2) === '\r\n' ? 2 : 0;
  const headStart = start + opening.length;
  if (gathered.text(start, headStart) !== opening)
    throw new Refusal('invalid_request', `the body should begin with ${delimiter} and CR LF, as its Content-Type says`);

  /* The CR LF that ends the delimiter's line begins the empty line of a part without a head. */
  const headEnd = await gathered.find(HEAD_END, headStart - 2, MAX_HEAD_BYTES);
  if (headEnd === undefined) throw new Refusal('invalid_request', 'the head of the first part does not end');
  const head = gathered.text(headStart, Math.max(headEnd, headStart));
  const contentStart = headEnd + HEAD_END.length;

  const delimiterStart = await gathered.find(delimiter, contentStart, maxBytes + 2);
  if (delimiterStart === undefined)
    throw new Refusal('payload_too_large', `the statements in the first part may have ${maxBytes} bytes at most`);
  const contentEnd = delimiterStart - 2;
  if (contentEnd < contentStart || gathered.text(contentEnd, delimiterStart) !== '\r\n')
    throw new Refusal('invalid_request', 'the first part should end with CR LF and a delimiter, and have none within');
  refuseUnlessStatements(head, contentEnd - contentStart);

  const all = gathered.bytes();
  const json = all.subarray(contentStart, contentEnd);
  const attachments = createAttachmentCheck(boundary);
  const after = attachments.write(all.subarray(contentEnd));
  await pieces.return?.();
  return {
    json,
    carrying: (content) => {
      const changed = content === json ? head : headFor(head, content.length);
      const before = [all.subarray(0, headStart), Buffer.from(changed + HEAD_END, 'latin1'), content, ...after];
      return {
        grown: changed.length + content.length - head.length - json.length,
        open: (refused) => {
          const onward = checking(attachments, refused);
          onward.push(Buffer.concat(before));
          return pipeline(source, onward, () => undefined);
        },
      };
    },
  };
}

function checking(attachments: AttachmentCheck, refused: (refusal: Error) => void): Transform {
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      try {
        for (const bytes of attachments.write(piece)) this.push(bytes);
        done();
      } catch (error) {
        refused(error as Error);
        done(error as Error);
      }
    },
    flush(done) {
      try {
        for (const bytes of attachments.end()) this.push(bytes);
        done();
      } catch (error) {
        refused(error as Error);
        done(error as Error);
      }
    },
  });
}
