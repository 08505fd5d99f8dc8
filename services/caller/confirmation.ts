/** Whether whoever sends a token may: one that is bound is good only together with what it is bound to. */
import type { X509Certificate } from 'node:crypto';
import { thumbprintOf, type CertificateOf } from '../shared/client-certificate.ts';
import type { Confirmation } from '../shared/confirmation.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Soon } from '../shared/soon.ts';
import { DPOP, type CheckProof } from './dpop.ts';
import type { Called } from './called.ts';

export interface Shown {
  scheme: 'bearer' | 'dpop';
  token: string;
}

/** @throws Refusal 401 where it is not shown, or shown otherwise than the token needs. */
export type Confirm = (bound: Confirmation | undefined, shown: Shown, called: Called) => Soon<void>;

export function createConfirm(checkProof: CheckProof, certificateOf: CertificateOf): Confirm {
  return (bound, { scheme, token }, called) => {
    if (bound === undefined && scheme === 'bearer') return;
    const { jkt, 'x5t#S256': certificate } = bound ?? {};
    /* A stolen token that could be sent as a bearer token would be one. */
    if (jkt !== undefined && scheme === 'bearer')
      throw new Refusal(
        'invalid_token',
        'this token is bound to a key: send it as DPoP, with a proof by that key',
        DPOP,
      );
    if (certificate !== undefined && scheme === 'bearer') return checkCertificate(certificate, certificateOf(called));
    if (jkt === undefined)
      throw new Refusal('invalid_token', 'this token is bound to no key: send it as a bearer token', DPOP);
    if (called.proof === undefined)
      throw new Refusal('invalid_dpop_proof', 'a token that is sent as DPoP needs a proof in the DPoP header', DPOP);
    return checkProof(jkt, token, called);
  };
}

/** "the protected resource MUST verify that the certificate matches the certificate associated with the access token" (RFC 8705 §3). */
function checkCertificate(bound: string, shown: X509Certificate | undefined): void {
  if (shown && thumbprintOf(shown) === bound) return;
  throw new Refusal('invalid_token', 'this token is bound to a certificate, and the call came without that one');
}
