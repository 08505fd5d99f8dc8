/** Any error → status, challenge, body. The only place where the gateway writes an error. */
import { DPOP_ALGORITHMS } from '../shared/dpop.ts';
import { Refusal } from '../shared/refusal.ts';
import { awaitsContinue } from '../shared/expect.ts';
import type { HttpAnswer, HttpRequest } from '../shared/front/message.ts';
import { note, type NotedCall } from '../shared/observing/call.ts';
import { answerVersion, CONSISTENT_THROUGH_HEADER, VERSION_HEADER } from '../shared/xapi/version.ts';
import { StoreUnavailable } from '../store/store.ts';
import type { Caller } from '../caller/caller.ts';

/** What is known of the exchange by the time it ends. */
export interface Exchange extends NotedCall {
  caller?: Caller | undefined;
  version?: string | undefined;
  /** What was asked, for whoever has to ask for a token first. */
  protected?: { realm: string; metadata: string | undefined; oauth1?: boolean } | undefined;
}

const RETRY_AFTER_SECONDS = 1;
const UNPROTECTED = { realm: 'xapi', metadata: undefined, oauth1: false };

export function refuse(error: unknown, exchange: Exchange, { req, res }: { req: HttpRequest; res: HttpAnswer }): void {
  const refusal = asRefusal(error);
  note(req, exchange).refusal = refusal;
  /* The head has been sent: a clean end would pass a part of the answer off as the whole. */
  if (res.headersSent) return void res.destroy();
  for (const [name, value] of Object.entries(headersOf(refusal, exchange, req.headers.authorization)))
    res.setHeader(name, value);
  /* The client still waits for 100 Continue: whether it will send the body is anybody's guess, so nothing may follow. */
  if (awaitsContinue(req)) res.setHeader('Connection', 'close');
  const body = JSON.stringify({ error: refusal.code, error_description: refusal.message });
  res.writeHead(refusal.status, { 'Content-Length': Buffer.byteLength(body) }).end(req.method === 'HEAD' ? '' : body);
}

/** The connection ended, from either side, with the answer under way: nobody is left to be told. */
export function brokeOff(cause: unknown, exchange: Exchange): void {
  exchange.brokeOff = cause instanceof Error ? cause.message : 'unknown';
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable)
    return new Refusal('temporarily_unavailable', 'whether this token is good cannot be told just now; try again', {
      cause: error,
    });
  return new Refusal('server_error', 'something went wrong in the gateway; it has been logged', { cause: error });
}

/**
 * "The LRS MUST include the X-Experience-API-Version header in every response"; "…Consistent-Through … on all responses
 * to Statement requests".
 *
 * @see xAPI 1.0.3 Part 3 §3.3, §2.1.3
 */
function headersOf(refusal: Refusal, exchange: Exchange, authorization?: string): Record<string, string> {
  const { resource, version } = exchange;
  const { retryAfterSeconds = refusal.status === 503 ? RETRY_AFTER_SECONDS : undefined } = refusal;
  return {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    [VERSION_HEADER]: answerVersion(version),
    ...(resource === 'statements' && { [CONSISTENT_THROUGH_HEADER]: new Date().toISOString() }),
    ...(refusal.allow && { Allow: refusal.allow.join(', ') }),
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    ...challenge(refusal, exchange, authorization),
  };
}

/**
 * "If the request lacks any authentication information … SHOULD NOT include an error code". Basic is offered to whoever
 * did not show a bearer token, because some clients send Basic only once they are asked. `access_denied` has none: no
 * other token of this client would do.
 * Whoever sends a token as DPoP, or one that is bound so, is told of that alone, and so is whoever signs by OAuth 1.
 *
 * @see RFC 6750 §3, RFC 9449 §7.1, RFC 9110 §11.6.1; `resource_metadata`: RFC 9728 §5.1
 */
function challenge(
  refusal: Refusal,
  { protected: { realm, metadata, oauth1 = false } = UNPROTECTED }: Exchange,
  authorization = '',
): { 'WWW-Authenticate'?: string } {
  const { code, message, scope, scheme, status } = refusal;
  if (status !== 401 && code !== 'insufficient_scope') return {};
  const error = code === 'unauthenticated' ? '' : `, error="${code}", error_description="${quotable(message)}"`;
  const scopes = scope ? `, scope="${scope.join(' ')}"` : '';
  const where = metadata === undefined ? '' : `, resource_metadata="${metadata}"`;
  if (scheme === 'DPoP' || /^dpop\b/i.test(authorization))
    return {
      'WWW-Authenticate': `DPoP realm="${realm}"${error}${scopes}${where}, algs="${DPOP_ALGORITHMS.join(' ')}"`,
    };
  if (scheme === 'OAuth' || (oauth1 && /^oauth\b/i.test(authorization)))
    return { 'WWW-Authenticate': `OAuth realm="${realm}"${error}${scopes}` };
  const bearer = `Bearer realm="${realm}"${error}${scopes}${where}`;
  const offersBasic = status === 401 && !/^bearer/i.test(authorization);
  const signed = oauth1 ? `, OAuth realm="${realm}"` : '';
  return { 'WWW-Authenticate': offersBasic ? `${bearer}, Basic realm="${realm}", charset="UTF-8"${signed}` : bearer };
}

/** "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E" (RFC 6750 §3), and Node throws for some. */
function quotable(message: string): string {
  return message.replaceAll('"', "'").replace(/[^ !#-[\]-~]/gu, '?');
}
