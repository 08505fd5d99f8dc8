/** The single place where a request's head is read and cleaned: nothing after it can forget to. */
import { isForm } from '../shared/form-type.ts';
import { Refusal } from '../shared/refusal.ts';
import type { HttpAnswer, HttpRequest } from '../shared/front/message.ts';
import { awaitsContinue } from '../shared/expect.ts';
import { forRequest } from './headers.ts';
import type { XapiRequest } from './request.ts';
import { openUpload } from './upload.ts';

/** Printable ASCII from the root, without `#` and `\`: those, and absolute forms, two servers read differently. */
const TARGET = /^\/[!"$-[\]-~]*$/;

/**
 * @throws Refusal 400 for a head that the gateway and the LRS might read differently.
 */
export function sanitize(req: HttpRequest, res: HttpAnswer): XapiRequest {
  const target = req.url ?? '';
  if (!TARGET.test(target))
    throw new Refusal('invalid_request', 'the request target should be a path, with nothing but printable ASCII in it');
  const { headers: said } = req;
  const headers = forRequest(req.rawHeaders);
  refuseUpgrade(req);
  const mark = target.indexOf('?');
  const contentLength = lengthOf(req);
  const method = req.method ?? '';
  if (contentLength !== 0 && (method === 'GET' || method === 'HEAD'))
    throw new Refusal('invalid_request', `a ${method} has no body`);
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  return {
    method,
    path,
    query,
    headers,
    authorization: said.authorization,
    called: {
      method,
      path,
      query,
      form: contentLength !== 0 && isForm(said['content-type']) ? 'unread' : undefined,
      peer: req.socket.remoteAddress,
      clientCert: only(said['client-cert']),
      proof: only(said.dpop),
      offerNonce: (nonce) => void res.setHeader('DPoP-Nonce', nonce),
    },
    version: only(said['x-experience-api-version']),
    contentLength,
    openBody: () => {
      if (awaitsContinue(req)) res.writeContinue?.();
      return openUpload(req, contentLength);
    },
  };
}

/** Of a header that would have been refused had it come twice. */
function only(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function lengthOf(req: HttpRequest): number | undefined {
  if (req.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(req.headers['content-length'] ?? 0);
}

/**
 * A proxy that hands an upgrade on is a tunnel past every check. `h2c` is an offer that may be left unanswered
 * (RFC 9110 §7.8), and some clients (Java's) make it with every call.
 */
function refuseUpgrade(req: HttpRequest): void {
  const offered = req.headers.upgrade?.toLowerCase();
  if (offered !== undefined && offered !== 'h2c')
    throw new Refusal('invalid_request', 'this gateway speaks HTTP only: upgrades are refused');
}
