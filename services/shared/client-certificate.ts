/**
 * A client's certificate: a proxy that ends TLS saw it, and says which it was. The gateway tells the token service, sealed,
 * so that nobody who can reach that one some other way can say so too.
 *
 * @see RFC 9440 (Client-Cert), RFC 8705
 */
import { hash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { nowSeconds } from './clock.ts';
import type { Seal } from './seal.ts';
import type { IsTrusted } from './trusted-proxies.ts';

/** What is known of a call at the gateway. */
export interface SeenByGateway {
  /** The address of the socket. */
  peer: string | undefined;
  /** The `Client-Cert` header. */
  clientCert: string | undefined;
}

export type CertificateOf = (seen: SeenByGateway) => X509Certificate | undefined;

const HEADER = 'x-hallpass-client-cert';
const CONTEXT = 'client certificate';
/** From one service to the other, with clocks that differ. */
const FRESH_SECONDS = 60;
/** A byte sequence (RFC 9651 §3.3.5). */
const BYTES = /^ *:(?<base64>[A-Za-z0-9+/]+={0,2}): *$/;

/** "a backend … needs to be sure that the … header field was … set by a trusted TTRP" (RFC 9440 §4): anybody else's tells nothing. */
export function createCertificateOf(isTrusted: IsTrusted): CertificateOf {
  return ({ peer, clientCert = '' }) => {
    if (clientCert === '' || !isTrusted(peer)) return undefined;
    const base64 = BYTES.exec(clientCert)?.groups?.base64;
    return base64 === undefined ? undefined : certificateIn(base64);
  };
}

/** Reads a certificate while its header is there. @returns what tells the token service of it, once all that the caller said is gone. */
export type TellCertificate = (req: IncomingMessage) => () => void;

export function createTellCertificate(certificateOf: CertificateOf, seal: Seal): TellCertificate {
  return ({ socket, headers }) => {
    const seen = { peer: socket.remoteAddress, clientCert: headers['client-cert']?.toString() };
    const certificate = certificateOf(seen);
    return () => {
      if (!certificate) return;
      headers[HEADER] = seal.seal(JSON.stringify([certificate.raw.toString('base64'), nowSeconds()]), CONTEXT);
    };
  };
}

/** At the token service: what the gateway said. */
export function toldHeader({ headers }: IncomingMessage): string | undefined {
  const told = headers[HEADER];
  return typeof told === 'string' ? told : undefined;
}

/** @param told as {@link toldHeader} has it. @returns `undefined` for a call that came without one, or by no gateway of ours. */
export function toldCertificate(told: string | undefined, seal: Seal): X509Certificate | undefined {
  const text = told === undefined ? undefined : seal.open(told, CONTEXT);
  if (text === undefined) return undefined;
  const [base64, at] = JSON.parse(text) as [string, number];
  return Math.abs(nowSeconds() - at) <= FRESH_SECONDS ? certificateIn(base64) : undefined;
}

/** `x5t#S256`: "the base64url-encoded SHA-256 hash … of the DER encoding of the X.509 certificate" (RFC 8705 §3.1). */
export function thumbprintOf({ raw }: X509Certificate): string {
  return hash('sha256', raw, 'base64url');
}

/** Only while it is valid: a proxy that takes any certificate looks at no dates either. */
function certificateIn(base64: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    const now = new Date();
    return certificate.validFromDate <= now && now <= certificate.validToDate ? certificate : undefined;
  } catch {
    return undefined;
  }
}
