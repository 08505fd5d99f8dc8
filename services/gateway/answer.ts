/** The LRS's answer on its way back: same status, headers and bytes, but for what may not cross. */
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NO_BODY } from '../shared/body.ts';
import { streamTo, type HttpAnswer } from '../shared/front/message.ts';
import type { Soon } from '../shared/soon.ts';
import type { Answer } from './call.ts';
import { forResponse, valueOf, without, type HeaderList } from './headers.ts';
import { createMoreScanner, mayHaveLink, type Scanner } from './more-scanner.ts';
import { boundaryOf, createMultipartScanner } from './multipart-scanner.ts';
import { passed } from './reclaim.ts';

/** The length, and digests of the bytes, are those of the answer before its link was replaced. */
export const OF_THE_BYTES = ['content-length', 'content-md5', 'digest', 'content-digest'];

const ENDED_WITHIN = 'the answer of the LRS ended within a string';

/** As much as goes to the socket as one text with its head: two writes cost half as much again. */
const ONE_WRITE_BYTES = 16 * 1024;

/** @throws any error after the head has been sent. @param sent the method of the request. @param method that was really asked. */
export function answer(res: HttpAnswer, upstream: Answer, sent: string, method: string): Soon<void> {
  const { body } = upstream;
  const scanner = scannerFor(upstream);
  const kept = forResponse(upstream.headers);
  /* A HEAD that came as a POST (alternate request syntax): a length would announce a body that never comes. */
  const changed = scanner !== undefined || (method === 'HEAD' && sent !== 'HEAD');
  res.writeHead(upstream.status, flat(changed ? without(kept, ...OF_THE_BYTES) : kept));
  if (!Buffer.isBuffer(body)) return stream(body, res, method === 'HEAD' ? undefined : scanner);
  end(res, method === 'HEAD' ? NO_BODY : scanned(body, scanner));
}

function flat(headers: HeaderList): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}

function end(res: HttpAnswer, body: Buffer): void {
  if (body.length === 0) res.end();
  else if (body.length <= ONE_WRITE_BYTES) res.end(body.toString('latin1'), 'latin1');
  else res.end(body);
}

async function stream(body: Readable, res: HttpAnswer, scanner: Scanner | undefined): Promise<void> {
  body.on('data', passed);
  if (scanner) await pipeline(body, scanning(scanner), streamTo(res));
  else await pipeline(body, streamTo(res));
}

/** @throws Error where it ends within a link. */
function scanned(body: Buffer, scanner: Scanner | undefined): Buffer {
  if (!scanner) return body;
  const bytes = scanner.write(body);
  if (scanner.isIncomplete()) throw new Error(ENDED_WITHIN);
  return bytes;
}

/** Absent where there is no link to replace. */
function scannerFor({ status, headers, body, more }: Answer): Scanner | undefined {
  if (!more || status !== 200) return undefined;
  const boundary = boundaryOf(valueOf(headers, 'content-type') ?? '');
  if (boundary !== undefined) return createMultipartScanner(boundary, createMoreScanner(more.publish));
  return Buffer.isBuffer(body) && !mayHaveLink(body) ? undefined : createMoreScanner(more.publish);
}

function scanning(scanner: Scanner): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      try {
        done(null, scanner.write(chunk));
      } catch (error) {
        done(error as Error);
      }
    },
    flush: (done) => done(scanner.isIncomplete() ? new Error(ENDED_WITHIN) : null),
  });
}
