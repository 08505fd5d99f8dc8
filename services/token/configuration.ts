/** What the library is told, whoever asks: names, lives, cookies. What depends on the request is in provider.ts. */
import { ASSERTION_ALGORITHMS } from '../shared/client-keys.ts';
import { DPOP_ALGORITHMS } from '../shared/dpop.ts';
import type { FurtherResource } from '../shared/resources.ts';
import { SCOPES } from '../shared/scopes.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { XAPI } from './authorization-details.ts';
import { DEVICE_SECONDS } from './device-codes.ts';
import { CLAIMS, IDENTITY_SCOPES } from './identity-scopes.ts';
import { ROUTES } from './routes.ts';

export interface FixedOptions {
  issuer: string;
  keys: SigningKeys;
  resources: readonly FurtherResource[];
}

/** A working day: nobody is asked twice in one, and a forgotten session is over in the next. */
const SESSION_SECONDS = 12 * 3600;
/** To sign in and to read what is asked, however slowly. */
const INTERACTION_SECONDS = 3600;
/** "A maximum authorization code lifetime of 10 minutes is RECOMMENDED" (RFC 6749 §4.1.2): a redirect takes seconds. */
const CODE_SECONDS = 60;
const ID_TOKEN_SECONDS = 3600;

export const LIVES = {
  Session: SESSION_SECONDS,
  Interaction: INTERACTION_SECONDS,
  AuthorizationCode: CODE_SECONDS,
  DeviceCode: DEVICE_SECONDS,
  IdToken: ID_TOKEN_SECONDS,
};

export function fixedConfiguration({ issuer, keys }: FixedOptions) {
  return {
    jwks: { keys: keys.jwks },
    cookies: cookiesOf(issuer, keys.cookieKeys),
    routes: ROUTES,
    scopes: [...SCOPES, ...IDENTITY_SCOPES],
    claims: { acr: null, auth_time: null, iss: null, sid: null, ...mutable(CLAIMS) },
    responseTypes: ['code' as const],
    clientAuthMethods: [
      'client_secret_basic' as const,
      'client_secret_post' as const,
      'private_key_jwt' as const,
      'self_signed_tls_client_auth' as const,
      'none' as const,
    ],
    clientDefaults: {
      id_token_signed_response_alg: 'ES256' as const,
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic' as const,
      authorization_details_types: [XAPI],
    },
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256' as const, 'RS256' as const],
      clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS],
      dPoPSigningAlgValues: [...DPOP_ALGORITHMS],
    },
    acceptQueryParamAccessTokens: false,
  };
}

/**
 * `__Host-`: no other host of the domain can plant a session. The others live on one path each, which that prefix does
 * not allow. `Lax`: they come with the redirect that brings a person here, and with no form of another site.
 */
function cookiesOf(issuer: string, cookieKeys: string[]) {
  const secure = issuer.startsWith('https:');
  const options = { httpOnly: true, sameSite: 'lax' as const, signed: true, overwrite: true, secure };
  return {
    keys: cookieKeys,
    names: {
      session: `${secure ? '__Host-' : ''}hallpass_session`,
      interaction: `${secure ? '__Secure-' : ''}hallpass_interaction`,
      resume: `${secure ? '__Secure-' : ''}hallpass_resume`,
    },
    long: { ...options, path: '/' },
    short: options,
  };
}

function mutable(claims: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(claims).map(([scope, names]) => [scope, [...names]]));
}
