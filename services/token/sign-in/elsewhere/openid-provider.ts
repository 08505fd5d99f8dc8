/** One OpenID provider as we ask it: by openid-client, which is imported here only. */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import { boundedFetch } from './bounded-fetch.ts';
import { readSubject, type IdentityProvider } from './identity-provider.ts';
import type { Claims } from './permission-rules.ts';

/** What one sign-in is bound by. */
export interface Binding {
  state: string;
  /** In the ID token: it was made for this sign-in. */
  nonce: string;
  /** PKCE: the code is redeemed by who asked for it. @see RFC 7636 */
  verifier: string;
}

export interface OpenIdProvider {
  /** Where to send the person. @param wishes parameters that are hints only. @throws ProviderFault */
  begin(binding: Binding, wishes: Readonly<Record<string, string>>): Promise<string>;
  /**
   * What the provider says of who signed in: `iss` and `sub`, and the claims of ID token and userinfo.
   *
   * @param query of the callback, as it came.
   * @throws ProviderFault
   */
  finish(query: string, binding: Binding): Promise<Claims & { iss: string; sub: string }>;
}

/** `unavailable`: it does not answer; `refused`: it says no; `failed`: what it says cannot be believed. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';
  readonly fault: 'unavailable' | 'refused' | 'failed';

  constructor(fault: ProviderFault['fault'], cause: unknown) {
    super(reasonOf(cause), { cause });
    this.fault = fault;
  }
}

/** What it says of itself is asked again after an hour. */
const DISCOVERY_MS = 3600 * 1000;
const PATIENCE_SECONDS = 5;

/** @param redirectUri the callback, exactly as it is registered there. @param patienceSeconds for each of its answers. */
export function createOpenIdProvider(
  provider: IdentityProvider,
  redirectUri: string,
  patienceSeconds = PATIENCE_SECONDS,
): OpenIdProvider {
  let known: { configuration: Promise<Configuration>; untilMs: number } | undefined;

  /** Asked once for all who wait; what failed is forgotten. */
  function configuration(): Promise<Configuration> {
    if (known && known.untilMs > Date.now()) return known.configuration;
    const asked = { configuration: discover(provider, patienceSeconds), untilMs: Date.now() + DISCOVERY_MS };
    known = asked;
    asked.configuration.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.configuration;
  }

  return {
    begin: async ({ state, nonce, verifier }, wishes) => {
      try {
        const parameters = {
          ...wishes,
          redirect_uri: redirectUri,
          scope: provider.scope,
          ...{
            state,
            nonce,
            code_challenge: await calculatePKCECodeChallenge(verifier),
            code_challenge_method: 'S256',
          },
        };
        const location = buildAuthorizationUrl(await configuration(), parameters);
        /* What a page of ours leads to: `javascript:` is no place, and http none for who came by https. */
        if (!['https:', new URL(provider.issuer).protocol].includes(location.protocol))
          throw new Error('its authorization_endpoint is no https URL');
        return location.href;
      } catch (error) {
        throw new ProviderFault('unavailable', error);
      }
    },

    finish: async (query, { state, nonce, verifier }) => {
      const config = await configuration().catch((error: unknown) => {
        throw new ProviderFault('unavailable', error);
      });
      try {
        /* Our own callback, and not what `Host` says. */
        const tokens = await authorizationCodeGrant(config, new URL(`${redirectUri}?${query}`), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) throw new Error('there is no ID token');
        readSubject(claims.sub);
        if (config.serverMetadata().userinfo_endpoint === undefined) return claims;
        /* What is signed counts for more. */
        return { ...(await fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims };
      } catch (error) {
        throw new ProviderFault(error instanceof AuthorizationResponseError ? 'refused' : 'failed', error);
      }
    },
  };
}

function discover({ issuer, client_id, client_secret }: IdentityProvider, timeout: number): Promise<Configuration> {
  const isPlain = issuer.startsWith('http:');
  return discovery(new URL(issuer), client_id, {}, authenticationBy(client_secret), {
    timeout,
    [customFetch]: boundedFetch,
    /* Without the second, an ID token would be believed for the connection that it came by, whoever signed it. */
    execute: [...(isPlain ? [allowInsecureRequests] : []), enableNonRepudiationChecks],
  });
}

/** "If omitted, the default is client_secret_basic" (OpenID Connect Discovery §3) */
function authenticationBy(secret: string | undefined): ClientAuth {
  if (secret === undefined) return None();
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

/** For the log. Of what caused it only messages: beside errors that has answers, with tokens in them. */
function reasonOf(error: unknown): string {
  if (error instanceof AuthorizationResponseError) return `it answered ${printable(error.error)}`;
  const messages: string[] = [];
  for (let cause = error; Error.isError(cause); cause = cause.cause) messages.push(cause.message);
  return messages.join(': ');
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
