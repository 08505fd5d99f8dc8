/** oidc-provider as hallpass has it: configuration and documented hooks, nothing forked. The only file that imports it. */
import {
  errors,
  Provider,
  type Client as ProviderClient,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GRANT_TYPES, hasSecret, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { FurtherResource } from '../shared/resources.ts';
import { SCOPES } from '../shared/scopes.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import type { Reader } from '../store/records.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { createAdapters } from './adapter.ts';
import { asDescription } from './advice.ts';
import { amend, sayUnavailable } from './amend.ts';
import { audit } from './audit.ts';
import { detailsOf, XAPI } from './authorization-details.ts';
import { createLibraryClients } from './library-clients.ts';
import { ROUTES } from './routes.ts';
import { createTargets } from './targets.ts';
import { createTokenPolicy } from './token-policy.ts';
import { grantRequest, tokenLifeSeconds, type Grant, type Refused, type TokenRequest } from './token-request.ts';

export interface ProviderOptions {
  issuer: string;
  resources: readonly FurtherResource[];
  store: Store;
  clients: Reader<Client>;
  keys: SigningKeys;
  log: Log;
}

/** @param org the only organization whose clients there are for this request; absent: all. */
export type ProviderHandler = (req: IncomingMessage, res: ServerResponse, org?: string) => Promise<void>;

export function createProvider(options: ProviderOptions): ProviderHandler {
  const { issuer, resources, store, clients, keys, log } = options;
  const targets = createTargets(issuer, resources);
  const library = createLibraryClients<ProviderClient>(
    clients,
    (metadata) => new (provider.Client as unknown as ClientConstructor)(metadata),
  );
  const { registrationOf } = library;

  const policy = createTokenPolicy<ProviderClient>(clients, registrationOf, targets);

  /** What each token request gets, by its context: worked out once, and used wherever the library makes a part of it. */
  const grants = new WeakMap<object, Grant>();

  function grantFor(ctx: KoaContextWithOIDC): Grant {
    /* As they were sent: the library has filled in a resource by now, and left out details that are empty. */
    const request = ctx.oidc.body as TokenRequest;
    const granted = grantRequest(registrationOf(ctx.oidc.client), request, targets);
    if ('refused' in granted) throw asError(granted, request);
    grants.set(ctx, granted);
    return granted;
  }

  /** A token that is not known to be narrower would be a wider one. */
  function grantedTo(ctx: KoaContextWithOIDC): Grant {
    const granted = grants.get(ctx);
    if (!granted) throw new Error('a token was about to be made of a request that was granted nothing');
    return granted;
  }

  const configuration: Configuration = {
    adapter: createAdapters(store) as never,
    jwks: { keys: keys.jwks },
    cookies: { keys: keys.cookieKeys },
    routes: ROUTES,
    scopes: [...SCOPES],
    responseTypes: [],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      grant_types: [...GRANT_TYPES],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      authorization_details_types: [XAPI],
    },
    clientBasedCORS: () => false,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, caller, token) => policy.mayRead(caller, token),
      },
      revocation: {
        enabled: true,
        /** "If this validation fails, the request is refused and the client is informed of the error" (RFC 7009 §2.1). */
        allowedPolicy: (_ctx, caller, token) => {
          if (policy.mayRevoke(caller, token)) return true;
          throw new errors.InvalidRequest('this token was issued to another client; only that client can revoke it');
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => targets.lrs.identifier,
        getResourceServerInfo: (ctx) => {
          const { scopes, resource = targets.lrs.identifier } = grantFor(ctx);
          const scope = scopes.join(' ');
          if (ctx.oidc.params) ctx.oidc.params.scope = scope;
          return { scope, audience: resource, accessTokenFormat: 'opaque' };
        },
      },
      richAuthorizationRequests: {
        enabled: true,
        /* Read whole, and strictly, with the rest of the request: one detail at a time cannot be. */
        types: { [XAPI]: { validate: () => undefined } },
        authorizationDetailsForGrantSource: () => undefined,
        authorizationDetailsForAccessToken: (ctx) => detailsOf(grantedTo(ctx).restrictions ?? []),
        authorizationDetailsForIntrospection: (_ctx, token) => token.rar,
      },
    },
    ttl: {
      ClientCredentials: (ctx, _token, client) => {
        const asked = (ctx.oidc.body as { expire_seconds?: string } | undefined)?.expire_seconds;
        const seconds = tokenLifeSeconds(registrationOf(client), asked);
        if (seconds === undefined)
          throw new errors.InvalidRequest('expire_seconds should be a whole number of seconds, at least 1');
        return seconds;
      },
    },
    extraTokenClaims: (ctx, token) => {
      const { generation, org } = registrationOf((token as { client?: ProviderClient }).client);
      const { resource } = grantedTo(ctx);
      return { generation, org, ...(resource !== undefined && { resource }) };
    },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
  };

  const provider = new Provider(issuer, configuration);
  /** With `proxy`, URLs and DPoP targets derive from the X-Forwarded headers, which app.ts sets to the issuer's. */
  provider.proxy = true;

  const onlyOf = new WeakMap<IncomingMessage, string>();
  provider.Client.find = async (clientId) => {
    const { ctx } = Provider;
    if (!ctx) throw new Error('a client was looked for outside a request');
    const [client, org] = [await library.find(clientId), onlyOf.get(ctx.req)];
    return org === undefined || (client && registrationOf(client).org === org) ? client : undefined;
  };
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: ProviderClient, secret: string): Promise<boolean> {
      return hasSecret(registrationOf(this), secret, nowSeconds());
    },
  });

  provider.use(async (ctx, next) => {
    await next();
    amend(ctx, issuer, targets.identifiers);
  });

  provider.on('server_error', (ctx, error) => {
    if (error instanceof StoreUnavailable) sayUnavailable(ctx);
    log.error({ err: error, route: ctx.path }, 'token service error');
  });
  provider.on('client_credentials.destroyed', ({ clientId }) =>
    log.info({ audit: 'revocation', client: clientId }, 'token revoked'),
  );
  provider.on('grant.success', (ctx) => audit(log, ctx, { grant: grants.get(ctx) }));
  provider.on('grant.error', (ctx, error) => audit(log, ctx, { error }));
  provider.on('introspection.error', (ctx, error) => audit(log, ctx, { error }));
  provider.on('revocation.error', (ctx, error) => audit(log, ctx, { error }));

  const handle = provider.callback();
  return (req, res, org) => {
    if (org !== undefined) onlyOf.set(req, org);
    return handle(req, res);
  };
}

function asError({ error, refused }: Refused, { scope = '' }: TokenRequest): Error {
  const description = asDescription(refused);
  if (error === 'invalid_target') return new errors.InvalidTarget(description);
  if (error === 'invalid_authorization_details') return new errors.InvalidAuthorizationDetails(description);
  return new errors.InvalidScope(description, scope);
}

type ClientConstructor = new (metadata: object) => ProviderClient;
