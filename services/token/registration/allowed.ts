/** What of its wishes a client gets: never more than the token it registers with allows, or than it had. */
import type { Client, GrantType } from '../../shared/client.ts';
import { narrow } from '../../shared/scopes.ts';
import { apart, readAuthorizationScope } from '../identity-scopes.ts';
import type { Metadata } from './metadata.ts';
import { RegistrationRefused } from './refused.ts';

/** The most that there is to get. */
export interface Ceiling {
  scope: string;
  grant_types: readonly GrantType[];
}

/** The part of a registration that decides what a client may do. */
export type Allowed = Pick<Client, 'scope' | 'grant_types'> &
  Pick<Partial<Client>, 'public' | 'redirect_uris' | 'token_endpoint_auth_method' | 'jwks'>;

/**
 * @param scopePrefix what this realm writes before each scope.
 * @throws RegistrationRefused where nothing would be left, or what is left contradicts itself.
 * @see RFC 7591 §2: "The authorization server MAY reject or replace any of the client's requested metadata values"
 */
export function allow(said: Metadata, ceiling: Ceiling, scopePrefix: string): Allowed {
  const isPublic = said.token_endpoint_auth_method === 'none';
  const grant_types = grantTypes(said, ceiling, isPublic);
  const { redirect_uris = [] } = said;
  const isSentBack = grant_types.includes('authorization_code');
  if (isSentBack && redirect_uris.length === 0)
    throw new RegistrationRefused(
      'invalid_redirect_uri',
      'redirect_uris is needed for authorization_code: where people are sent back to',
    );
  return {
    scope: scopes(said, ceiling, scopePrefix),
    grant_types,
    ...(isPublic && { public: true }),
    ...keys(said),
    ...(isSentBack && { redirect_uris }),
  };
}

function keys({ token_endpoint_auth_method: method, jwks }: Metadata): Partial<Allowed> {
  if (method !== 'private_key_jwt') return {};
  if (jwks) return { token_endpoint_auth_method: method, jwks };
  throw new RegistrationRefused('invalid_client_metadata', 'jwks is needed for private_key_jwt: the public keys');
}

/** Scopes that only say who a person is need no allowance: a person is asked for them. */
function scopes({ scope }: Metadata, ceiling: Ceiling, scopePrefix: string): string {
  if (scope === undefined) return ceiling.scope;
  const { ours, identity, unknown } = apart(readAuthorizationScope(scope, scopePrefix));
  const granted = narrow(ours, ceiling.scope.split(' ').filter(Boolean));
  if (granted.length > 0 || (identity.length > 0 && ours.length + unknown.length === 0)) return granted.join(' ');
  throw new RegistrationRefused(
    'invalid_client_metadata',
    `scope has nothing that can be had here: ask for some of ${ceiling.scope || 'openid, email and profile'}`,
  );
}

/** "If omitted, the default behavior is that the client will use only the 'authorization_code' Grant Type." */
function grantTypes(said: Metadata, ceiling: Ceiling, isPublic: boolean): GrantType[] {
  const wanted = said.grant_types ?? usual(ceiling);
  const had = ceiling.grant_types.filter((grant) => wanted.includes(grant));
  /* "The client credentials grant type MUST only be used by confidential clients." (RFC 6749 §4.4) */
  const possible = had.filter((grant) => !(isPublic && grant === 'client_credentials'));
  const granted = possible.some((grant) => grant !== 'refresh_token') ? possible : [];
  if (granted.length > 0) return granted;
  throw new RegistrationRefused(
    'invalid_client_metadata',
    `grant_types has nothing that can be had here${isPublic ? ' without a secret' : ''}: there is ${ceiling.grant_types.join(', ')}`,
  );
}

function usual({ grant_types }: Ceiling): readonly string[] {
  return grant_types.includes('authorization_code') ? ['authorization_code'] : grant_types;
}
