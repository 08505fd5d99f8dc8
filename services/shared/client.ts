/** A client: what is registered, and what may be said of it. The names are those of RFC 7591 where it has one. */
import type { ClientKeys } from './client-keys.ts';
import type { OAuth1Client } from './oauth1/secrets.ts';
import { isOneOf, type StoredSecret } from './secret.ts';
import type { Authority } from './xapi/actor.ts';
import type { Restriction } from './xapi/restriction.ts';

/** @see RFC 8628 §3.4 */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

export const GRANT_TYPES = ['client_credentials', 'authorization_code', 'refresh_token', DEVICE_CODE] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** `jwt`: readable, and verifiable, by a resource server of its own (RFC 9068). */
export const ACCESS_TOKEN_FORMATS = ['opaque', 'jwt'] as const;
export type AccessTokenFormat = (typeof ACCESS_TOKEN_FORMATS)[number];

/** One hour, as Watershed, Learning Locker and lxHive have it. */
export const DEFAULT_TOKEN_SECONDS = 3600;

/** How a client authenticates that has no secret. @see RFC 7591 §2 */
export const KEYED_METHODS = ['private_key_jwt', 'self_signed_tls_client_auth'] as const;

export interface Client {
  client_id: string;
  client_name: string;
  /** What it is for, in a sentence. */
  description?: string;
  /** What administrators know it by: one who holds any of these administers it. */
  labels?: readonly string[];
  /** Which of the configurations of a SCIM server it is connected to. */
  scim_configuration?: string;
  /** The organization it belongs to. */
  org: string;
  /** Whether it can be used at all. */
  active: boolean;
  grant_types: GrantType[];
  /** Where its people are sent back to, compared exactly. */
  redirect_uris?: string[];
  /** Where its people are sent once they have signed out, compared exactly. */
  post_logout_redirect_uris?: string[];
  /** Where it is told that somebody has signed out. @see OpenID Connect Back-Channel Logout 1.0 §2.2 */
  backchannel_logout_uri?: string;
  /** It is told which session that was, by the `sid` of its ID tokens. */
  backchannel_logout_session_required?: true;
  /** It has no secret (RFC 6749 §2.1: public). */
  public?: true;
  /** `false`: codes without PKCE, for clients from before it. Confidential ones only. */
  pkce?: false;
  /** How its access tokens are made; absent: opaque. */
  access_token_format?: AccessTokenFormat;
  /** How it authenticates; absent: by a secret, or not at all where it is public. */
  token_endpoint_auth_method?: (typeof KEYED_METHODS)[number];
  /** The public keys that it signs its assertions with, or those of its certificates, which are in `x5c`. */
  jwks?: ClientKeys;
  /** It gets tokens that are bound to a key of its own, and no others. @see RFC 9449 §5.2 */
  dpop_bound_access_tokens?: true;
  /** The same, with its certificate in the place of a key. @see RFC 8705 §3.4 */
  tls_client_certificate_bound_access_tokens?: true;
  /** Codes only for requests that it pushed. @see RFC 9126 §6 */
  require_pushed_authorization_requests?: true;
  /** Its home page. */
  client_uri?: string;
  /** Who runs it, for the people it asks. */
  owner?: string;
  /** It registered itself, and nobody here has looked at what it says of itself. */
  unverified?: true;
  /** Digest of what it reads and changes its registration with. @see RFC 7592 §1.2 */
  registration_token?: string;
  /** Unix seconds: since when it is what people know it as; absent: since it was registered. */
  known_since?: number;
  /** All it may ever ask for: our vocabulary, separated by spaces. */
  scope: string;
  /** What it gets when it asks for nothing; absent: all it has. */
  default_scope?: string;
  /** Asking for more than it has is `invalid_scope` rather than narrowed silently. */
  strict: boolean;
  /** The life of a token that asks for none. */
  token_seconds: number;
  /** The longest life that `expire_seconds` can ask for. */
  max_token_seconds: number;
  /** The authority of its statements, instead of its organization's; strings may have placeholders. */
  authority?: Authority;
  /** Alternatives, narrower than its scopes: whatever it does must be within one of them. */
  restrictions?: Restriction[];
  /** Its statements lose their activity definitions unless it holds `define`. */
  enforce_define?: boolean;
  /** Pages of which origins may call with its tokens; absent: any. */
  allowed_origins?: string[];
  /** Its own credential at the LRS; the password is sealed. */
  lrs_credential?: { username: string; password: string };
  secrets: StoredSecret[];
  /** What it signs with by OAuth 1; absent: it cannot. */
  oauth1?: OAuth1Client;
  /** The digest of its static bearer token; absent: it has none. */
  static_token?: StoredSecret;
  /** Every token carries the generation it was issued under; raising it withdraws them all at once. */
  generation: number;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
}

/** The scopes a client holds. */
export function scopesHeld(client: Client): string[] {
  return client.scope.split(' ').filter(Boolean);
}

/** Whether a token issued under `generation` still counts. */
export function stands(client: Client, generation: number): boolean {
  return client.active && client.generation === generation;
}

/** Whether it authenticates by a secret: what it had before it was registered otherwise counts for nothing. */
export function hasSecrets({ public: isPublic, token_endpoint_auth_method: method }: Client): boolean {
  return !isPublic && method === undefined;
}

/** Whether nothing but a bound token is good: what can be copied, and used by whoever has it, is not. */
export function isBoundOnly(client: Client): boolean {
  return Boolean(client.dpop_bound_access_tokens || client.tls_client_certificate_bound_access_tokens);
}

/** Whether a secret, presented by Basic or in a form, is this client's. */
export function hasSecret(client: Client, secret: string, nowSeconds: number): Promise<boolean> {
  return hasSecrets(client) ? isOneOf(secret, client.secrets, nowSeconds) : Promise.resolve(false);
}
