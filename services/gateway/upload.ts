/** The caller's body on its way to the LRS. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { NO_BODY, type Body } from '../shared/body.ts';
import type { HttpRequest } from '../shared/front/message.ts';
import { passed } from './reclaim.ts';

/** Small: what waits here is all that a slow LRS makes the gateway hold, for each upload. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/**
 * The body as a whole where it has come with its head, as most do; otherwise as it comes. One that is missing a part is
 * not waited for: the LRS may have an answer to what has come.
 *
 * @param contentLength in bytes; `undefined` where it is chunked.
 */
export function openUpload(req: HttpRequest, contentLength: number | undefined): Body {
  if (contentLength === 0) return NO_BODY;
  if ('body' in req) return req.body;
  if (req.readableLength !== contentLength) return createUpload(req);
  /* Not its end as well: to see it through would cost as much as all the rest of reading it. */
  return req.read() as Buffer;
}

/**
 * Reads from the request with back-pressure. Destroying it leaves the request alone: an HTTP client destroys the body it
 * was given when the LRS fails, and destroying the request itself would cut the caller off before it is told why.
 */
function createUpload(req: IncomingMessage): Readable {
  const upload = new Readable({
    highWaterMark: HIGH_WATER_MARK_BYTES,
    read: () => void req.resume(),
    destroy: (error, done) => {
      /* Not of 'error': a caller that goes away in this very moment would end the process. */
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      req.resume();
      done(error);
    },
  });
  const onData = (chunk: Buffer) => {
    passed(chunk);
    if (!upload.push(chunk)) req.pause();
  };
  const onEnd = () => void upload.push(null);
  const onError = (error: Error) => void upload.destroy(error);
  const onClose = () => {
    if (!req.complete) upload.destroy(new Error('the caller went away'));
  };
  req.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  req.pause();
  return upload;
}
