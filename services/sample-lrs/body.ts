/** Reads a request body whole, up to a bound, and JSON from it. */
import type { Request } from 'express';
import { LrsError } from './lrs-error.ts';

export const MAXIMUM_BODY_BYTES = 256 * 1024 * 1024;

export function readBody(req: Request): Promise<Buffer> {
  const encoding = req.get('Content-Encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw new LrsError(400, `send the body without Content-Encoding ${encoding}`);
  if (Number(req.get('Content-Length') ?? 0) > MAXIMUM_BODY_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAXIMUM_BODY_BYTES) {
        chunks.push(chunk);
      } else {
        // the rest is read and dropped: a caller that is still sending could not see the answer if the connection ended
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    req.on('end', () => resolve(Buffer.concat(chunks)));
    req.on('error', reject);
  });
}

function tooLarge(): LrsError {
  return new LrsError(413, `the body is larger than ${MAXIMUM_BODY_BYTES} bytes`);
}

/** @see xAPI 1.0.3 Part 3 §1.4: "All strings MUST be encoded and interpreted as UTF-8." */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new LrsError(400, `${where} must be JSON in UTF-8`);
  }
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1).join().trim().toLowerCase();
}
