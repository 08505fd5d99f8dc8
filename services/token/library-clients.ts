/**
 * Our registrations as oidc-provider's client objects: one for each, for as long as the registration is cached. The
 * library's own cache holds a hundred, and every client past it would cost each of its requests a new object.
 */
import type { Client } from '../shared/client.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';

export interface LibraryClients<Model> {
  /** Only one that is active. */
  find: (clientId: string) => Promise<Model | undefined>;
  /** @throws Error for a client that did not come from {@link find}. */
  registrationOf: (model: Model | undefined) => Client;
}

/** @param construct makes the library's object of what the library needs to know. */
export function createLibraryClients<Model extends object>(
  clients: Reader<Client>,
  construct: (metadata: object) => Model,
): LibraryClients<Model> {
  const models = new WeakMap<Client, Model>();
  const registrations = new WeakMap<Model, Client>();

  return {
    find: async (clientId) => {
      /* The `sub` of an assertion that nobody has verified yet can be anything. */
      const registration =
        typeof clientId === 'string' && clientId !== '' ? await clients.read(keyOf(clientId)) : undefined;
      if (!registration?.active || registration.client_id !== clientId) return undefined;
      const known = models.get(registration);
      if (known) return known;
      const model = construct(metadataOf(registration));
      models.set(registration, model);
      registrations.set(model, registration);
      return model;
    },
    registrationOf: (model) => {
      const registration = model && registrations.get(model);
      if (!registration) throw new Error('a client that is not registered reached a grant');
      return registration;
    },
  };
}

/**
 * The secret is a placeholder that the library's schema wants: secrets are compared with the hashes we have. Without a
 * secret nobody acts for itself: "the client credentials grant type MUST only be used by confidential clients".
 *
 * @see RFC 6749 §4.4
 */
function metadataOf(client: Client): object {
  const { grant_types: registered, redirect_uris = [] } = client;
  const isPublic = client.public === true;
  const sendsBack = registered.includes('authorization_code') && redirect_uris.length > 0;
  const lacking = [...(isPublic ? ['client_credentials'] : []), ...(sendsBack ? [] : ['authorization_code'])];
  const isApp = isPublic && redirect_uris.length > 0 && redirect_uris.every(isOfApp);
  return {
    client_id: client.client_id,
    client_name: client.client_name,
    grant_types: registered.filter((grant) => !lacking.includes(grant)),
    redirect_uris: sendsBack ? redirect_uris : [],
    response_types: sendsBack ? ['code'] : [],
    ...(sendsBack && logoutMetadata(client, isApp)),
    application_type: isApp ? 'native' : 'web',
    ...(client.require_pushed_authorization_requests && { require_pushed_authorization_requests: true }),
    ...(client.dpop_bound_access_tokens && { dpop_bound_access_tokens: true }),
    ...(client.tls_client_certificate_bound_access_tokens && { tls_client_certificate_bound_access_tokens: true }),
    ...authenticationOf(client),
  };
}

function authenticationOf({ public: isPublic, token_endpoint_auth_method: method, jwks }: Client): object {
  if (isPublic) return { token_endpoint_auth_method: 'none' };
  if (method === undefined) return { client_secret: 'kept as a hash' };
  return { token_endpoint_auth_method: method, jwks: { keys: jwks?.keys.map((key) => ({ ...key })) } };
}

/** A URI that the library's schema has not for this kind of client would cost the client everything: it is left out. */
function logoutMetadata(client: Client, isApp: boolean): object {
  const { post_logout_redirect_uris = [], backchannel_logout_uri, backchannel_logout_session_required } = client;
  return {
    post_logout_redirect_uris: post_logout_redirect_uris.filter((uri) => isApp || /^https?:/i.test(uri)),
    ...(backchannel_logout_uri !== undefined && {
      backchannel_logout_uri,
      backchannel_logout_session_required: backchannel_logout_session_required === true,
    }),
  };
}

/** Of a program on the person's own machine: only there a port may differ from the one that is registered. @see RFC 8252 §7 */
function isOfApp(uri: string): boolean {
  const { protocol, hostname } = URL.parse(uri) ?? {};
  if (protocol === 'https:') return false;
  return protocol !== 'http:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname ?? '');
}

/** "Public clients MUST use PKCE … For confidential clients, the use of PKCE is RECOMMENDED" (RFC 9700 §2.1.1). */
export function isPkceRequired({ public: isPublic, pkce }: Client): boolean {
  return isPublic === true || pkce !== false;
}

/**
 * Whether a page of this origin may ask the token endpoint in the client's name: a client without a secret only, because
 * no secret belongs in a page. Without a list it is the origins that its people are sent back to.
 */
export function isOriginOf(client: Client, origin: string | undefined): boolean {
  const { public: isPublic, allowed_origins: origins, redirect_uris = [] } = client;
  const own = origins ?? redirect_uris.map((uri) => URL.parse(uri)?.origin);
  return isPublic === true && origin !== undefined && origin !== 'null' && own.includes(origin);
}
