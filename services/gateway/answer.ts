/** The LRS's answer on its way back: same status, headers and bytes, but for what may not cross. */
import type { ServerResponse } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { NO_BODY } from '../shared/body.ts';
import type { Answer } from './call.ts';
import { forResponse, valueOf, without, type HeaderList } from './headers.ts';
import { createMoreScanner, type Scanner } from './more-scanner.ts';
import { boundaryOf, createMultipartScanner } from './multipart-scanner.ts';
import { passed } from './reclaim.ts';

/** The length, and digests of the bytes, are those of the answer before its link was replaced. */
export const OF_THE_BYTES = ['content-length', 'content-md5', 'digest', 'content-digest'];

const ENDED_WITHIN = 'the answer of the LRS ended within a string';

/** @throws any error after the head has been sent. @param method that was really asked. */
export async function answer(res: ServerResponse, upstream: Answer, method: string): Promise<void> {
  const { more } = upstream;
  const scanner = more && upstream.status === 200 ? scannerFor(upstream.headers, more.publish) : undefined;
  const kept = forResponse(upstream.headers);
  /* A HEAD that came as a POST (alternate request syntax): a length would announce a body that never comes. */
  const changed = scanner !== undefined || (method === 'HEAD' && res.req.method !== 'HEAD');
  const headers = changed ? without(kept, ...OF_THE_BYTES) : kept;
  res.writeHead(upstream.status, headers.flat());
  if (Buffer.isBuffer(upstream.body)) res.end(method === 'HEAD' ? NO_BODY : scanned(upstream.body, scanner));
  else await stream(upstream.body, res, method === 'HEAD' ? undefined : scanner);
}

async function stream(body: Readable, res: ServerResponse, scanner: Scanner | undefined): Promise<void> {
  body.on('data', passed);
  if (scanner) await pipeline(body, scanning(scanner), res);
  else await pipeline(body, res);
}

/** @throws Error where it ends within a link. */
function scanned(body: Buffer, scanner: Scanner | undefined): Buffer {
  if (!scanner) return body;
  const bytes = scanner.write(body);
  if (scanner.isIncomplete()) throw new Error(ENDED_WITHIN);
  return bytes;
}

function scannerFor(headers: HeaderList, publish: (link: string) => string): Scanner | undefined {
  const contentType = valueOf(headers, 'content-type') ?? '';
  const json = createMoreScanner(publish);
  const boundary = boundaryOf(contentType);
  return boundary === undefined ? json : createMultipartScanner(boundary, json);
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
