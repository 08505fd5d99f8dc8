/** What is answered outside oidc-provider: JSON, and the only errors that are written there. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../shared/log.ts';
import { Refusal } from '../shared/refusal.ts';
import { StoreUnavailable } from '../store/store.ts';
import { errorInBrowser } from './error-in-browser.ts';

export interface Refused {
  req: IncomingMessage;
  res: ServerResponse;
  log: Log;
  issuer: string;
}

/** Ends the response with what went wrong, or the connection where an answer has begun. */
export function refuse(error: unknown, { req, res, log, issuer }: Refused): void {
  const refusal = asRefusal(error);
  const { status } = refusal;
  if (status >= 500) log.error({ err: error, method: req.method }, 'token service error');
  if (res.headersSent) return void res.destroy();
  if (refusal.allow) res.setHeader('Allow', refusal.allow.join(', '));
  if (status === 503) res.setHeader('Retry-After', '1');
  if (!req.complete) res.setHeader('Connection', 'close');
  const body = { error: oauthCode(refusal), error_description: refusal.message };
  const page = errorInBrowser(req, { status, body, issuer });
  if (page) res.writeHead(status, page.headers).end(req.method === 'HEAD' ? '' : page.body);
  else sendJson(req, res, status, body);
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

/** RFC 6749 §5.2 has one code for every malformed request, whatever the status. */
function oauthCode({ code, status }: Refusal): string {
  return status < 500 ? 'invalid_request' : code;
}
