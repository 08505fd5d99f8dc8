/** What a client is told of its registration. @see RFC 7591 §3.2.1, RFC 7592 §3 */
import type { Client } from '../../shared/client.ts';
import { ROUTES } from '../routes.ts';

export interface Credentials {
  /** Made this moment, and shown this once. */
  client_secret?: string | undefined;
  registration_access_token: string;
}

/** All that is registered of what it may say, as it was registered: "which the client … MUST use". */
export function informationOf(client: Client, issuer: string, credentials: Credentials): Record<string, unknown> {
  const { client_secret, registration_access_token } = credentials;
  const isSentBack = client.grant_types.includes('authorization_code');
  return {
    client_id: client.client_id,
    client_id_issued_at: client.created_at,
    ...(client_secret !== undefined && { client_secret, client_secret_expires_at: 0 }),
    client_name: client.client_name,
    ...(client.client_uri !== undefined && { client_uri: client.client_uri }),
    ...(client.redirect_uris && { redirect_uris: client.redirect_uris }),
    ...(client.post_logout_redirect_uris && { post_logout_redirect_uris: client.post_logout_redirect_uris }),
    grant_types: client.grant_types,
    response_types: isSentBack ? ['code'] : [],
    token_endpoint_auth_method: methodOf(client),
    ...(client.jwks && { jwks: client.jwks }),
    scope: client.scope,
    /* Of what it did not say and the RFCs have another default for. */
    id_token_signed_response_alg: 'ES256',
    ...(client.require_pushed_authorization_requests && { require_pushed_authorization_requests: true }),
    ...(client.dpop_bound_access_tokens && { dpop_bound_access_tokens: true }),
    registration_access_token,
    registration_client_uri: `${issuer}${ROUTES.registration}/${client.client_id}`,
  };
}

/** A secret is taken in the form as well. */
export function methodOf({ public: isPublic, token_endpoint_auth_method: method }: Client): string {
  return isPublic ? 'none' : (method ?? 'client_secret_basic');
}
