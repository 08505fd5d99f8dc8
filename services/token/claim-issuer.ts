/** Whom oidc-provider takes itself to be asked as. */
import type { IncomingMessage } from 'node:http';

/**
 * URLs in metadata, and what proofs are checked against, derive from the issuer whatever `Host` says: otherwise
 * `Host: evil.example` would publish `http://evil.example/oauth2/token` as ours.
 */
export function claimerOf(issuer: string): (req: IncomingMessage) => void {
  const { host, protocol } = new URL(issuer);
  const claims = { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) };
  return ({ headers }) => {
    for (const name of Object.keys(headers))
      if (name.startsWith('x-forwarded') || name.startsWith('forwarded')) delete headers[name];
    Object.assign(headers, claims);
  };
}
