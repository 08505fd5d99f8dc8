/**
 * Calls that are signed by OAuth 1, made plain: who is calling is told by what came, and everything after that, the LRS
 * included, sees a call without its signature.
 *
 * @see RFC 5849 §3.4.1.3.1, §3.5
 */
import { isSignedCall } from '../caller/oauth1.ts';
import { readAtMost } from '../shared/body.ts';
import { readPairs } from '../shared/oauth1/percent.ts';
import { Refusal } from '../shared/refusal.ts';
import { readQuery, type XapiRequest } from './request.ts';

/** The same without the `oauth_` parameters of its query, where it is signed at all. */
export function withoutSignature(request: XapiRequest): XapiRequest {
  if (!isSignedCall(request.authorization, request.called)) return request;
  return { ...request, query: request.query.split('&').filter(isOfResource).join('&') };
}

function isOfResource(part: string): boolean {
  const [[name] = ['']] = readQuery(part);
  return !name.startsWith('oauth_');
}

/**
 * The same, with a body that is a form read: its fields are signed, as JSON and documents of other types are not.
 *
 * @param maxBytes of the form: it has to be held whole.
 * @throws Refusal 400, or 413 where it is too large.
 */
export async function apartFromSignature(request: XapiRequest, maxBytes: number): Promise<XapiRequest> {
  const { called, authorization, contentLength = 0, openBody } = request;
  if (called.form !== 'unread' || !isSignedCall(authorization, called)) return withoutSignature(request);
  if (contentLength > maxBytes)
    throw new Refusal('payload_too_large', `a form that is signed may have ${maxBytes} bytes at most`);
  const body = await readAtMost(openBody(), maxBytes);
  const form = readPairs(body.toString('utf8'), 'the form');
  return withoutSignature({
    ...request,
    called: { ...called, form },
    contentLength: body.length,
    openBody: () => body,
  });
}
