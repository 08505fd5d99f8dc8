/**
 * What a client may say of itself. What grants access is not among it: that is in the token that it registers with, or
 * an administrator's to say.
 *
 * @see RFC 7591 §2
 */
import { readClientKeys, type ClientKeys } from '../../shared/client-keys.ts';
import { readHomePage } from '../../shared/home-page.ts';
import { readRedirectUri } from '../../shared/redirect-uri.ts';
import { isObject } from '../../shared/xapi/property.ts';
import { readName } from './name.ts';
import { RegistrationRefused } from './refused.ts';

/** As it was said, each by itself. */
export interface Metadata {
  redirect_uris?: string[];
  post_logout_redirect_uris?: string[];
  client_name?: string;
  client_uri?: string;
  scope?: string;
  grant_types?: string[];
  response_types?: string[];
  token_endpoint_auth_method?: string;
  jwks?: ClientKeys;
  dpop_bound_access_tokens?: boolean;
  require_pushed_authorization_requests?: boolean;
}

const MAX_URIS = 20;
const MAX_LENGTH = 2000;
const AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'];

type Readers = { [Name in keyof Metadata]-?: (value: unknown, name: string) => Metadata[Name] };

const READERS: Readers = {
  redirect_uris: uris,
  post_logout_redirect_uris: uris,
  client_name: (value, name) => sentence(name, () => readName(text(value))),
  client_uri: (value, name) => sentence(name, () => readHomePage(text(value))),
  scope: (value, name) => sentence(name, () => text(value)),
  grant_types: (value, name) => sentence(name, () => texts(value)),
  response_types: (value, name) => sentence(name, () => texts(value).map((one) => oneOf(one, ['code']))),
  token_endpoint_auth_method: (value, name) => sentence(name, () => oneOf(text(value), AUTHENTICATION)),
  jwks: (value, name) => sentence(name, () => readClientKeys(value)),
  dpop_bound_access_tokens: truth,
  require_pushed_authorization_requests: truth,
};

/**
 * What only an administrator says: whoever sends one expects that it counts. Anything else that is not above is left out,
 * and is not in the answer: the server "MUST ignore any client metadata sent by the client that it does not understand".
 */
const ADMINISTRATORS: readonly string[] = [
  ...['org', 'active', 'public', 'unverified', 'generation', 'secrets', 'client_secret', 'owner', 'description'],
  ...['default_scope', 'strict', 'pkce', 'token_seconds', 'max_token_seconds', 'access_token_format', 'authority'],
  ...['restrictions', 'enforce_define', 'allowed_origins', 'lrs_credential', 'permissions', 'created_at', 'updated_at'],
  ...['known_since', 'registration_token', 'registration_access_token', 'registration_client_uri'],
  ...['client_id', 'client_id_issued_at', 'client_secret_expires_at', 'authorization_details_types'],
  /* We would call an address of a stranger's choice. */
  ...['backchannel_logout_uri', 'backchannel_logout_session_required', 'sector_identifier_uri', 'request_uris'],
];

/** @throws RegistrationRefused naming the member, and what it should be. */
export function readMetadata(value: unknown): Metadata {
  if (!isObject(value)) throw new RegistrationRefused('invalid_client_metadata', 'send the metadata as a JSON object');
  const said: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    if (ADMINISTRATORS.includes(name))
      throw new RegistrationRefused('invalid_client_metadata', `${name} cannot be set by the client: leave it out`);
    /* "Omitted fields MUST be treated as null or empty values" (RFC 7592 §2.2), and the other way round. */
    if (one === null || !Object.hasOwn(READERS, name)) continue;
    said[name] = READERS[name as keyof Metadata](one, name);
  }
  return said;
}

function uris(value: unknown, name: string): string[] {
  try {
    const all = texts(value);
    if (all.length > MAX_URIS) throw new Error(`should be ${MAX_URIS} at most, not ${all.length}`);
    return [...new Set(all.map(readRedirectUri))];
  } catch (error) {
    const code = name === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    throw new RegistrationRefused(code, `${name} ${(error as Error).message}`, error);
  }
}

function sentence<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RegistrationRefused('invalid_client_metadata', `${name} ${(error as Error).message}`, error);
  }
}

function truth(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new RegistrationRefused('invalid_client_metadata', `${name} should be true or false`);
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_LENGTH)
    throw new Error(`should be a string of ${MAX_LENGTH} characters at most`);
  return value;
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('should be an array of strings');
  return value.map(text);
}

function oneOf(value: string, known: readonly string[]): string {
  if (!known.includes(value)) throw new Error(`should be ${known.join(' or ')} here`);
  return value;
}
