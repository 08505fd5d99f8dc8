/** The library's features, and how each is answered: whose tokens are told of, what they are for, what restricts them. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { nonceKey } from '../shared/dpop.ts';
import { SCOPES } from '../shared/scopes.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import type { Payload } from './adapter.ts';
import { detailsOf, XAPI, type AuthorizationDetail } from './authorization-details.ts';
import type { ClientGrants, RequestContext } from './client-grants.ts';
import { deviceFeature } from './device-flow.ts';
import type { Fail, FlowContext, FlowHooks } from './flow-hooks.ts';
import type { LogoutPages } from './logout.ts';
import type { Targets } from './targets.ts';
import type { HandledToken, TokenPolicy } from './token-policy.ts';

export interface FeaturesOptions<Model> {
  targets: Targets;
  hooks: FlowHooks<Model>;
  clientGrants: ClientGrants<Model>;
  policy: TokenPolicy<Model>;
  fail: Fail;
  keys: SigningKeys;
  /** The certificate of the client, as the gateway tells it. */
  certificateOf: (req: IncomingMessage) => X509Certificate | undefined;
  /** Whether each proof needs a nonce of ours. */
  isNonceRequired: boolean;
  logoutPages: LogoutPages;
}

type Context<Model> = FlowContext<Model> & RequestContext<Model>;

/** Where a person is, or was, asked: everywhere but where a client acts for itself. */
export function isOfPerson({ oidc: { params } }: FlowContext<never>): boolean {
  return params?.grant_type !== 'client_credentials';
}

export function createFeatures<Model>(options: FeaturesOptions<Model>) {
  const { targets, hooks, clientGrants, policy, fail, keys, isNonceRequired, certificateOf, logoutPages } = options;
  type Ctx = Context<Model>;
  const ofPerson = (ctx: Ctx) => isOfPerson(ctx as never);

  function checkDetails(ctx: Ctx): void {
    if (ctx.oidc.route !== 'token') hooks.detailsAsked(ctx);
    else if (ofPerson(ctx))
      throw fail(
        'invalid_authorization_details',
        'authorization_details belong to the authorization request, not here',
      );
  }

  return {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      getCertificate: (ctx: { req: IncomingMessage }) => certificateOf(ctx.req),
    },
    dPoP: {
      enabled: true,
      nonceSecret: nonceKey(keys.cookieKeys, 'token service'),
      requireNonce: () => isNonceRequired,
    },
    pushedAuthorizationRequests: { enabled: true },
    deviceFlow: deviceFeature(),
    rpInitiatedLogout: { enabled: true, ...logoutPages },
    backchannelLogout: { enabled: true },
    userinfo: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (ctx: Ctx, caller: Model, token: HandledToken & Pick<Payload, 'spent'>) => {
        if (token.spent !== undefined) return false;
        const { generation, person_generation, org } = ctx.oidc.entities.Grant ?? {};
        if (!token.extra && generation !== undefined && person_generation !== undefined && org !== undefined)
          token.extra = { generation, person_generation, org };
        return policy.mayRead(caller, token);
      },
    },
    revocation: {
      enabled: true,
      /** "If this validation fails, the request is refused and the client is informed of the error" (RFC 7009 §2.1). */
      allowedPolicy: (_ctx: unknown, caller: Model, token: HandledToken) => {
        if (policy.mayRevoke(caller, token)) return true;
        throw fail('invalid_request', 'this token was issued to another client; only that client can revoke it');
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx: Ctx) => {
        if (!ofPerson(ctx)) return targets.lrs.identifier;
        hooks.settle(ctx);
        /* What is restricted at the LRS must not be free of restrictions elsewhere. */
        return ctx.oidc.params?.authorization_details === undefined ? undefined : targets.lrs.identifier;
      },
      getResourceServerInfo: (ctx: Ctx, asked: string) => {
        if (!ofPerson(ctx)) {
          const { scopes, resource = targets.lrs.identifier } = clientGrants.grant(ctx);
          const scope = scopes.join(' ');
          if (ctx.oidc.params) ctx.oidc.params.scope = scope;
          return { scope, audience: resource, accessTokenFormat: 'opaque' };
        }
        if (ctx.oidc.route !== 'token') hooks.settle(ctx);
        const { knows, identifier } = hooks.targetOf(ctx, asked);
        return { scope: SCOPES.filter(knows).join(' '), audience: identifier, accessTokenFormat: 'opaque' };
      },
      /** What was asked for one resource is for no other, and not for us either. */
      useGrantedResource: () => true,
    },
    richAuthorizationRequests: {
      enabled: true,
      /* Read whole, and strictly, with the rest of the request: one detail at a time cannot be. */
      types: { [XAPI]: { validate: checkDetails } },
      authorizationDetailsForGrantSource: (ctx: Ctx) => hooks.detailsAsked(ctx),
      authorizationDetailsForAccessToken: (ctx: Ctx, _token: unknown, source: Payload | undefined) =>
        source ? source.rar : detailsOf(clientGrants.grantedTo(ctx).restrictions ?? []),
      authorizationDetailsForIntrospection: (_ctx: unknown, token: { rar?: AuthorizationDetail[] }) => token.rar,
    },
  };
}
