/** What a caller is told to show, at the endpoints that are not oidc-provider's. */
import type { Refusal } from '../shared/refusal.ts';

/**
 * "If the request lacks any authentication information … the resource server SHOULD NOT include an error code" (RFC 6750 §3.1).
 *
 * @returns the value of `WWW-Authenticate`, for a 401 or an `insufficient_scope`.
 */
export function challenge(refusal: Refusal, issuer: string): string {
  const { code, message, scope, scheme = 'Bearer' } = refusal;
  const said = code === 'unauthenticated' ? {} : { error: code, error_description: message };
  const parameters = { realm: issuer, ...said, ...(scope && { scope: scope.join(' ') }) };
  return `${scheme} ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value.replaceAll('"', "'").replace(/[^ !#-[\]-~]/gu, '?')}"`)
    .join(', ')}`;
}
