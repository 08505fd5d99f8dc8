/**
 * Content in a browser calls from another origin. Tokens travel in a header that a page must set itself, never in a
 * cookie, so any origin may ask, unless the client is registered with those that may; a preflight carries no token and
 * must pass.
 *
 * @see field rules: lxHive #67, Learning Locker #753, #447, #1004
 */
import type { Client } from '../shared/client.ts';
import type { HttpAnswer, HttpRequest } from '../shared/front/message.ts';
import { Refusal } from '../shared/refusal.ts';
import type { HeaderList } from './headers.ts';

const ALLOWED = [
  'Authorization',
  'DPoP',
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
  'Location',
  'X-Experience-API-Version',
  'X-Experience-API-Consistent-Through',
  'WWW-Authenticate',
  'DPoP-Nonce',
  'Retry-After',
];
const PREFLIGHT_SECONDS = 3600;

/**
 * On every answer to a page, refusals too: a page that may not read an error cannot say what is wrong. Who calls is not
 * known yet; {@link holdToOrigins} follows once it is.
 *
 * @param exposed headers that pages may read besides those of xAPI.
 */
export function allowOrigin(req: HttpRequest, res: HttpAnswer, exposed: readonly string[] = []): void {
  if (req.headers.origin === undefined) return;
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Expose-Headers', [...EXPOSED, ...exposed].join(', '));
}

/**
 * Holds a page to the origins that its client is registered with, if it is with any. A browser would send the call and
 * only keep the answer from the page: a token taken to another site could still write, so nothing is forwarded. A call
 * without `Origin` is no page's. `null` is what every sandboxed frame has, whoever made it.
 *
 * @throws Refusal 403, which the page cannot read.
 * @see Fetch standard, "CORS check": one origin is compared as it is serialised
 */
export function holdToOrigins(req: HttpRequest, res: HttpAnswer, client: Client | undefined): void {
  const { origin } = req.headers;
  if (origin === undefined || client?.allowed_origins === undefined) return;
  res.setHeader('Vary', 'Origin');
  if (origin === 'null' || !client.allowed_origins.includes(origin)) {
    res.removeHeader('Access-Control-Allow-Origin');
    res.removeHeader('Access-Control-Expose-Headers');
    throw new Refusal('access_denied', 'this client is registered for pages of other origins than the one that calls');
  }
  res.setHeader('Access-Control-Allow-Origin', origin);
}

/** What the answer behind the gateway varies by, and the origin where it counts: one would replace the other. */
export function varyingByOrigin(res: HttpAnswer, headers: HeaderList): HeaderList {
  return res.hasHeader('Vary') ? [...headers, ['Vary', 'Origin']] : headers;
}

/**
 * Answered by the gateway: what is behind it need not know of browsers.
 *
 * @param methods that the resource has. @param headers that pages may send besides those of xAPI.
 * @see Fetch standard, "CORS-preflight request"
 */
export function answerPreflight(res: HttpAnswer, methods: readonly string[], headers: readonly string[] = []): void {
  const list = methods.join(', ');
  res.setHeader('Allow', list);
  res.setHeader('Access-Control-Allow-Methods', list);
  res.setHeader('Access-Control-Allow-Headers', [...ALLOWED, ...headers].join(', '));
  res.setHeader('Access-Control-Max-Age', String(PREFLIGHT_SECONDS));
  res.writeHead(204).end();
}

/** For what is public and the same for everybody. */
export function allowAnyOrigin(res: HttpAnswer, methods: readonly string[]): void {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Allow-Methods', methods.join(', '));
  res.setHeader('Access-Control-Allow-Headers', '*');
}
