/**
 * Content in a browser calls from another origin. Tokens travel in a header that a page must set itself, never in a
 * cookie, so any origin may ask; a preflight carries no token and must pass.
 *
 * @see field rules: lxHive #67, Learning Locker #753, #447, #1004
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { methodsOf } from '../shared/xapi/decide.ts';
import type { Resource } from '../shared/xapi/permissions.ts';

const ALLOWED = [
  'Authorization',
  'Content-Type',
  'X-Experience-API-Version',
  'X-Experience-API-Hash',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'Accept-Language',
];
const EXPOSED = [
  'ETag',
  'Last-Modified',
  'X-Experience-API-Version',
  'X-Experience-API-Consistent-Through',
  'WWW-Authenticate',
  'Retry-After',
];
const PREFLIGHT_SECONDS = 3600;

/** On every answer to a page, refusals too: a page that may not read an error cannot say what is wrong. */
export function allowOrigin(req: IncomingMessage, res: ServerResponse): void {
  if (req.headers.origin === undefined) return;
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Expose-Headers', EXPOSED.join(', '));
}

/** Answered by the gateway: the LRS need not know of browsers. @see Fetch standard, "CORS-preflight request" */
export function answerPreflight(res: ServerResponse, resource: Resource): void {
  const methods = methodsOf(resource).join(', ');
  res.setHeader('Allow', methods);
  res.setHeader('Access-Control-Allow-Methods', methods);
  res.setHeader('Access-Control-Allow-Headers', ALLOWED.join(', '));
  res.setHeader('Access-Control-Max-Age', String(PREFLIGHT_SECONDS));
  res.writeHead(204).end();
}
