/** How a client is shown: RFC 7591's names, never a hash. */
import type { PublicJwk } from '../shared/client-keys.ts';
import { ACCESS, ACCESS_BOXES, isAvailable, isTicked } from '../shared/client-access.ts';
import { endpointsOf, type Installation } from '../shared/client-endpoints.ts';
import { scopesHeld, type Client } from '../shared/client.ts';
import { methodsOf, type OAuth1Client } from '../shared/oauth1/secrets.ts';
import { BY_SECRET } from './client-authentication.ts';

/** What was just made, and is printed this once. */
export interface Shown {
  secret?: string | undefined;
  /** The static bearer token. */
  token?: string | undefined;
  /** What it signs with by OAuth 1. */
  oauth1Secret?: string | undefined;
}

export function clientAsJson(client: Client): Record<string, unknown> {
  const {
    secrets,
    static_token,
    oauth1,
    generation: _generation,
    created_at,
    lrs_credential,
    public: isPublic,
    ...rest
  } = client;
  const { registration_token, known_since: _known, ...shown } = rest;
  return {
    ...shown,
    ...(lrs_credential && { lrs_credential: { username: lrs_credential.username } }),
    ...(registration_token !== undefined && { registered_itself: true }),
    client_id_issued_at: created_at,
    token_endpoint_auth_method: isPublic ? 'none' : (client.token_endpoint_auth_method ?? BY_SECRET),
    secrets: secrets.map(({ created_at, expires_at }) => ({ created_at, ...(expires_at && { expires_at }) })),
    ...(static_token && { static_token: { created_at: static_token.created_at } }),
    ...(oauth1 && { oauth1: signingOf(oauth1) }),
  };
}

/** With where it calls, and which boxes of an LMS's form are ticked. */
export function clientInFull(client: Client, installation: Installation, { secret, token, oauth1Secret }: Shown) {
  return {
    ...clientAsJson(client),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    ...(token !== undefined && { access_token: token, token_type: 'Bearer' }),
    ...(oauth1Secret !== undefined && { oauth1_secret: oauth1Secret }),
    access: Object.fromEntries(boxesOf(client, installation).map(({ box, on, available }) => [box, { on, available }])),
    endpoints: endpointsOf(client, installation),
  };
}

function boxesOf(client: Client, { resources }: Installation) {
  const held = scopesHeld(client);
  return ACCESS_BOXES.map((box) => ({ box, on: isTicked(box, held), available: isAvailable(box, resources) }));
}

export function clientAsText(
  client: Client,
  installation: Installation,
  { secret, token, oauth1Secret }: Shown,
): string[] {
  const endpoints = endpointsOf(client, installation);
  const rows: [string, string | undefined][] = [
    ['client_id', client.client_id],
    ['client_secret', secret && `${secret}  (shown this once)`],
    ['access_token', token && `${token}  (shown this once)`],
    ['oauth1_secret', oauth1Secret && `${oauth1Secret}  (shown this once; for OAuth 1 only)`],
    ['client_name', client.client_name],
    ['description', client.description],
    ['organization', client.org],
    ['labels', client.labels?.join(' ')],
    ['active', client.active ? 'yes' : 'no'],
    [
      'verified',
      client.unverified ? 'no: it registered itself, and says so of itself; --verified once you know it' : undefined,
    ],
    ['scope', client.scope],
    ...boxesOf(client, installation).map((box): [string, string] => ['access', accessOf(box)]),
    ['SCIM configuration', client.scim_configuration],
    ['default_scope', client.default_scope],
    ['strict', client.strict ? 'yes' : undefined],
    ['grant_types', client.grant_types.join(' ')],
    ...(client.redirect_uris ?? []).map((uri): [string, string] => ['redirect_uri', uri]),
    ...(client.post_logout_redirect_uris ?? []).map((uri): [string, string] => ['after sign-out', uri]),
    ['told of sign-out', client.backchannel_logout_uri],
    ['told which session', client.backchannel_logout_session_required ? 'yes' : undefined],
    ['pkce', client.pkce === false ? 'not needed' : undefined],
    ['pushed requests', client.require_pushed_authorization_requests ? 'only' : undefined],
    ['client_uri', client.client_uri],
    ['owner', client.owner],
    ['token life', `${client.token_seconds} s, ${client.max_token_seconds} s at most`],
    ['token format', client.access_token_format === 'jwt' ? 'jwt (RFC 9068)' : undefined],
    ['authority', client.authority && JSON.stringify(client.authority)],
    ...(client.restrictions ?? []).map((one): [string, string] => ['restricted to', JSON.stringify(one)]),
    ['enforce_define', client.enforce_define ? 'yes' : undefined],
    ['allowed_origins', client.allowed_origins?.join(' ')],
    ['at the LRS', client.lrs_credential && `user name ${client.lrs_credential.username}`],
    ['bound tokens', client.dpop_bound_access_tokens ? 'only (DPoP)' : undefined],
    ['bound tokens', client.tls_client_certificate_bound_access_tokens ? 'only (TLS certificate)' : undefined],
    ['authenticates by', client.token_endpoint_auth_method],
    ...(client.jwks?.keys ?? []).map((key): [string, string] => ['key', keyOf(key)]),
    ['secrets', client.public ? 'none: it is public' : secretsOf(client)],
    ['static token', client.static_token && secretLife(client.static_token.created_at)],
    ['signs by OAuth 1', client.oauth1 && signedBy(client.oauth1)],
    ['token endpoint', endpoints.token_endpoint],
    ['SCIM endpoint', endpoints.scim_endpoint],
    ['xAPI endpoint', endpoints.xapi_endpoint],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => `${name.padEnd(19)}${value}`);
}

/** Never the secret, though it is kept. */
function signingOf(oauth1: OAuth1Client) {
  const { secret_created_at } = oauth1;
  return { methods: methodsOf(oauth1), ...(secret_created_at !== undefined && { secret_created_at }) };
}

function signedBy(oauth1: OAuth1Client): string {
  const { methods, secret_created_at: madeAt } = signingOf(oauth1);
  return `${methods.join(', ')}${madeAt === undefined ? '' : `; secret ${secretLife(madeAt)}`}`;
}

function accessOf({ box, on, available }: ReturnType<typeof boxesOf>[number]): string {
  return `${on ? '[x]' : '[ ]'} ${box}: ${ACCESS[box].says}${available ? '' : '  (no further resource here is for it)'}`;
}

function secretsOf({ secrets }: Client): string {
  return secrets.map(({ created_at, expires_at }) => secretLife(created_at, expires_at)).join('; ');
}

function keyOf({ kty, crv, alg, kid, x5c }: PublicJwk): string {
  return [kty, crv, alg, kid, x5c && 'in a certificate'].filter((part) => part !== undefined).join(' ');
}

function secretLife(createdAt: number, expiresAt?: number): string {
  return `made ${iso(createdAt)}${expiresAt === undefined ? '' : `, valid until ${iso(expiresAt)}`}`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
