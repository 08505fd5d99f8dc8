/** What is answered outside oidc-provider: JSON, and the only errors that are written there. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../shared/log.ts';
import { Refusal } from '../shared/refusal.ts';
import { StoreUnavailable } from '../store/store.ts';
import { noteRefusal } from '../shared/observing/call.ts';
import { asDescription } from './advice.ts';
import { challenge } from './challenge.ts';
import { errorInBrowser } from './error-in-browser.ts';

export interface Refused {
  req: IncomingMessage;
  res: ServerResponse;
  log: Log;
  issuer: string;
  /** What a dialect's clients read beside our own. */
  alsoSaid?: (refusal: Refusal) => object;
}

/** Ends the response with what went wrong, or the connection where an answer has begun. */
export function refuse(error: unknown, { req, res, log, issuer, alsoSaid }: Refused): void {
  const refusal = asRefusal(error);
  const { status } = refusal;
  noteRefusal(req, refusal);
  if (status >= 500) log.error({ err: error, method: req.method }, 'token service error');
  if (res.headersSent) return void res.destroy();
  if (refusal.allow) res.setHeader('Allow', refusal.allow.join(', '));
  if (status === 401 || refusal.code === 'insufficient_scope')
    res.setHeader('WWW-Authenticate', challenge(refusal, issuer));
  const { retryAfterSeconds = status === 503 ? 1 : undefined } = refusal;
  if (retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(retryAfterSeconds));
  if (!req.complete) res.setHeader('Connection', 'close');
  const body = { error: oauthCode(refusal), error_description: asDescription(refusal.message) };
  const page = errorInBrowser(req, { status, body, issuer });
  if (page) res.writeHead(status, page.headers).end(req.method === 'HEAD' ? '' : page.body);
  else sendJson(req, res, status, { ...body, ...alsoSaid?.(refusal) });
}

export function sendJson(req: IncomingMessage, res: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) };
  res.writeHead(status, headers).end(req.method === 'HEAD' ? '' : text);
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable)
    return new Refusal('temporarily_unavailable', 'the token store cannot be reached; try again', { cause: error });
  return new Refusal('server_error', 'something went wrong here; it has been logged', { cause: error });
}

/** RFC 6749 §5.2 has one code for every malformed request, whatever the status; RFC 6750 §3.1 those of who is calling. */
function oauthCode({ code, status }: Refusal): string {
  if (code === 'unauthenticated') return 'invalid_token';
  return status < 500 && ![401, 403, 429].includes(status) ? 'invalid_request' : code;
}
