/** A call at the token service, as whoever tells who is calling wants to see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Called } from '../caller/called.ts';
import { toldHeader } from '../shared/client-certificate.ts';

export function calledOf(req: IncomingMessage, res: ServerResponse): Called {
  const { method = '', url = '', headers } = req;
  return {
    method,
    path: url.split('?')[0] ?? '',
    peer: undefined,
    clientCert: toldHeader(req),
    proof: typeof headers.dpop === 'string' ? headers.dpop : undefined,
    offerNonce: (nonce) => void res.setHeader('DPoP-Nonce', nonce),
  };
}
