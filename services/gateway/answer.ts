/** The LRS's answer on its way back: same status, headers and bytes, but for what may not cross. */
import type { ServerResponse } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../shared/refusal.ts';
import { forResponse, valueOf, without, type HeaderList } from './headers.ts';
import { createMoreScanner, type Scanner } from './more-scanner.ts';
import { boundaryOf, createMultipartScanner } from './multipart-scanner.ts';
import { passed } from './reclaim.ts';
import type { UpstreamRequest } from './rewrite.ts';

export interface UpstreamAnswer {
  status: number;
  headers: HeaderList;
  body: Readable;
}

/** The length, and digests of the bytes, are those of the answer before its link was replaced. */
const OF_THE_BYTES = ['content-length', 'content-md5', 'digest', 'content-digest'];

/**
 * @throws Refusal 502 for an answer that would mislead the caller; any other error after the head has been sent.
 */
export async function answer(
  res: ServerResponse,
  upstream: UpstreamAnswer,
  { method, publishMore }: Pick<UpstreamRequest, 'method' | 'publishMore'>,
): Promise<void> {
  const scanner = publishMore && upstream.status === 200 ? scannerFor(upstream.headers, publishMore) : undefined;
  try {
    refuseMisleading(upstream, scanner);
  } catch (refusal) {
    upstream.body.on('error', () => undefined).destroy();
    throw refusal;
  }
  const kept = forResponse(upstream.headers);
  /* A HEAD that came as a POST (alternate request syntax): a length would announce a body that never comes. */
  const changed = scanner !== undefined || (method === 'HEAD' && res.req.method !== 'HEAD');
  const headers = changed ? without(kept, ...OF_THE_BYTES) : kept;
  res.writeHead(upstream.status, headers.flat());
  upstream.body.on('data', passed);
  if (scanner && method !== 'HEAD') await pipeline(upstream.body, scanning(scanner), res);
  else await pipeline(upstream.body, res);
}

/** The caller would take the gateway's own trouble with the LRS for its own. */
function refuseMisleading({ status, headers }: UpstreamAnswer, scanner: Scanner | undefined): void {
  if (status === 401 || status === 407)
    throw new Refusal('bad_gateway', 'the LRS does not accept the gateway; its operator has been told', {
      cause: new Error(`${status} from the LRS: check the gateway's credential for it`),
    });
  if (status >= 300 && status < 400 && status !== 304)
    throw new Refusal('bad_gateway', 'the LRS sent the gateway elsewhere; its operator has been told', {
      cause: new Error(
        `${status} from the LRS: is HALLPASS_LRS_URL the LRS's xAPI path, without a redirect before it?`,
      ),
    });
  const encoding = valueOf(headers, 'content-encoding');
  if (scanner && encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Refusal('bad_gateway', 'the LRS sent an encoding it was not asked for', {
      cause: new Error(`Content-Encoding ${encoding} although identity was asked for`),
    });
}

function scannerFor(headers: HeaderList, publish: (link: string) => string): Scanner | undefined {
  const contentType = valueOf(headers, 'content-type') ?? '';
  const json = createMoreScanner(publish);
  if (!/^multipart\//i.test(contentType)) return json;
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
    flush: (done) => done(scanner.isIncomplete() ? new Error('the answer of the LRS ended within a string') : null),
  });
}
