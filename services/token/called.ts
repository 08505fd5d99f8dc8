/** A call at the token service, as whoever tells who is calling wants to see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Called } from '../caller/called.ts';
import { toldHeader } from '../shared/client-certificate.ts';
import { isForm } from '../shared/form-type.ts';

export function calledOf(req: IncomingMessage, res: ServerResponse): Called {
  const { method = '', url = '', headers } = req;
  const [path = '', ...rest] = url.split('?');
  const hasBody = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
  return {
    method,
    path,
    query: rest.join('?'),
    form: hasBody && isForm(headers['content-type']) ? 'unread' : undefined,
    peer: undefined,
    clientCert: toldHeader(req),
    proof: typeof headers.dpop === 'string' ? headers.dpop : undefined,
    offerNonce: (nonce) => void res.setHeader('DPoP-Nonce', nonce),
  };
}
