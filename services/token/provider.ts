/** oidc-provider as hallpass has it: configuration and documented hooks, nothing forked. The only file that imports it. */
import { errors, Provider, type Client as ProviderClient, type Configuration } from 'oidc-provider';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GRANT_TYPES, hasSecret, scopesHeld, stands, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { narrow, SCOPES } from '../shared/scopes.ts';
import { keyOf, StoreUnavailable, type Store } from '../store/store.ts';
import type { Reader } from '../store/records.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { createAdapters } from './adapter.ts';
import { amend, sayUnavailable } from './amend.ts';
import { audit } from './audit.ts';
import { createLibraryClients } from './library-clients.ts';
import { ROUTES } from './routes.ts';
import { grantScopes, tokenLifeSeconds } from './token-request.ts';

export interface ProviderOptions {
  issuer: string;
  store: Store;
  clients: Reader<Client>;
  keys: SigningKeys;
  log: Log;
}

export type ProviderHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

export function createProvider({ issuer, store, clients, keys, log }: ProviderOptions): ProviderHandler {
  const audience = `${issuer}/xapi`;
  const library = createLibraryClients<ProviderClient>(
    clients,
    (metadata) => new (provider.Client as unknown as ClientConstructor)(metadata),
  );
  const { registrationOf } = library;

  /**
   * Holders of `introspect` for every token, everybody else for their own; and only while the client it was issued to
   * stands as it did then.
   */
  async function mayHandle(caller: ProviderClient, token: HandledToken): Promise<boolean> {
    const owner = await clients.read(keyOf(token.clientId ?? ''));
    if (!owner || !stands(owner, token.extra?.generation ?? 0)) return false;
    const scopes = narrow((token.scope ?? '').split(' '), scopesHeld(owner));
    if (scopes.length === 0) return false;
    token.scope = scopes.join(' ');
    delete token.extra?.generation;
    return isOwn(caller, token) || mayHandleAll(caller);
  }

  const isOwn = (caller: ProviderClient, token: { clientId?: string | undefined }) =>
    token.clientId === caller.clientId;
  const mayHandleAll = (caller: ProviderClient) => scopesHeld(registrationOf(caller)).includes('introspect');

  const configuration: Configuration = {
    adapter: createAdapters(store, audience) as never,
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
        allowedPolicy: (_ctx, caller, token) => mayHandle(caller, token),
      },
      revocation: {
        enabled: true,
        /** "If this validation fails, the request is refused and the client is informed of the error" (RFC 7009 §2.1). */
        allowedPolicy: (_ctx, caller, token) => {
          /* Whatever has become of its client meanwhile: a scope or an activation given back must not bring it back. */
          if (isOwn(caller, token) || mayHandleAll(caller)) return true;
          throw new errors.InvalidRequest('this token was issued to another client; only that client can revoke it');
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget(`the resource here is ${audience}`);
          const granted = grantScopes(registrationOf(ctx.oidc.client), ctx.oidc.params?.scope as string | undefined);
          if ('refused' in granted)
            throw new errors.InvalidScope(granted.refused, (ctx.oidc.params?.scope as string | undefined) ?? '');
          const scope = granted.scopes.join(' ');
          if (ctx.oidc.params) ctx.oidc.params.scope = scope;
          return { scope, audience, accessTokenFormat: 'opaque' };
        },
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
    extraTokenClaims: (_ctx, token) => {
      const { generation, org } = registrationOf((token as { client?: ProviderClient }).client);
      return { generation, org };
    },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
  };

  const provider = new Provider(issuer, configuration);
  /** With `proxy`, URLs and DPoP targets derive from the X-Forwarded headers, which app.ts sets to the issuer's. */
  provider.proxy = true;

  provider.Client.find = library.find;
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: ProviderClient, secret: string): Promise<boolean> {
      return hasSecret(registrationOf(this), secret, nowSeconds());
    },
  });

  provider.use(async (ctx, next) => {
    await next();
    amend(ctx, issuer);
  });

  provider.on('server_error', (ctx, error) => {
    if (error instanceof StoreUnavailable) sayUnavailable(ctx);
    log.error({ err: error, route: ctx.path }, 'token service error');
  });
  provider.on('client_credentials.destroyed', ({ clientId }) =>
    log.info({ audit: 'revocation', client: clientId }, 'token revoked'),
  );
  provider.on('grant.success', (ctx) => audit(log, ctx));
  provider.on('grant.error', (ctx, error) => audit(log, ctx, error));
  provider.on('introspection.error', (ctx, error) => audit(log, ctx, error));
  provider.on('revocation.error', (ctx, error) => audit(log, ctx, error));

  return provider.callback();
}

/** The parts of a token that a policy reads and narrows before it is shown. */
interface HandledToken {
  clientId?: string | undefined;
  scope?: string | undefined;
  extra?: { generation?: number; org?: string } | undefined;
}

type ClientConstructor = new (metadata: object) => ProviderClient;
