/** One statement by its id: the LRS's whole answer where the caller may see it, and otherwise as if it were not there. */
import { Readable } from 'node:stream';
import { streamOf } from '../../shared/body.ts';
import { Refusal } from '../../shared/refusal.ts';
import type { Answer, Ask, Call } from '../call.ts';
import { valueOf } from '../headers.ts';
import { createMultipartReader } from '../multipart-reader.ts';
import { boundaryOf } from '../multipart-scanner.ts';
import { checkReadable, unreadable } from './readable-answer.ts';
import { drop } from '../unread-answer.ts';
import type { IsVisible } from './visible.ts';

/** @throws Refusal 404, the same for a statement that is not there and for one that is not for this caller. */
export async function readOne(call: Call, ask: Ask, isVisible: IsVisible, maxBytes: number): Promise<Answer> {
  const answer = await ask(call);
  if (answer.status === 404) {
    drop(answer);
    throw absent();
  }
  if (!checkReadable(answer)) return answer;
  const opened = await opening(answer, maxBytes).catch((cause: unknown) => {
    drop(answer);
    throw unreadable(cause);
  });
  if (!isVisible(opened.statement)) {
    drop(answer);
    throw absent();
  }
  const body = Readable.from(opened.bytes());
  body.once('close', () => drop(answer));
  return { ...answer, body };
}

/** A 403 would say that it exists, and so would any difference from the LRS's own 404. */
function absent(): Refusal {
  return new Refusal('not_found', 'there is no statement with this id that this token may read');
}

/** Reads up to the end of the statement. @returns it, and the bytes of the whole answer as they came. */
async function opening({ headers, body }: Answer, maxBytes: number) {
  const read: Buffer[] = [];
  const pieces = streamOf(body)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const json = new TextDecoder().decode(await firstOf(headers, pieces, read, maxBytes));
  const statement = JSON.parse(json) as unknown;
  async function* bytes(): AsyncGenerator<Buffer> {
    yield* read;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  }
  return { statement, bytes };
}

/** @param read gets every piece that was read. @returns the JSON: all of it, or the first of several parts. */
async function firstOf(
  headers: Answer['headers'],
  pieces: AsyncIterator<Buffer>,
  read: Buffer[],
  maxBytes: number,
): Promise<Buffer> {
  const boundary = boundaryOf(valueOf(headers, 'content-type') ?? '');
  const parts = boundary === undefined ? undefined : createMultipartReader(boundary);
  const json: Buffer[] = [];
  let bytes = 0;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    read.push(next.value);
    for (const event of parts?.write(next.value) ?? [{ content: next.value }]) {
      if ('ended' in event) return Buffer.concat(json);
      if (!('content' in event)) continue;
      json.push(event.content);
      bytes += event.content.length;
      if (bytes > maxBytes) throw new Error(`a statement of more than ${maxBytes} bytes`);
    }
  }
  parts?.end();
  return Buffer.concat(json);
}
