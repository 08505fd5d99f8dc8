/** The body of a request whose body is JSON: read once, strictly. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readAtMost } from '../shared/body.ts';
import { awaitsContinue } from '../shared/expect.ts';
import { JsonTextFault, readJsonText } from '../shared/json-text.ts';
import { Refusal } from '../shared/refusal.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** @throws Refusal 400, 413 or 415 saying what is wrong with it. */
export async function readJsonBody(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || req.headers['content-encoding'] !== undefined)
    throw new Refusal('unsupported_media_type', 'send the body as it is: Content-Type: application/json');
  if (awaitsContinue(req)) res.writeContinue();
  try {
    return readJsonText((await readAtMost(req, MAX_BODY_BYTES)).toString('utf8')).root.value;
  } catch (error) {
    if (!(error instanceof JsonTextFault)) throw error;
    throw new Refusal('invalid_request', `the body ${error.message}`, { cause: error });
  }
}
