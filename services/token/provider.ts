/** oidc-provider as hallpass has it: configuration and documented hooks, nothing forked. The only file that imports it. */
import {
  errors,
  interactionPolicy,
  Provider,
  type Client as ProviderClient,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../shared/client.ts';
import type { Log } from '../shared/log.ts';
import type { Person } from '../shared/person.ts';
import type { FurtherResource } from '../shared/resources.ts';
import type { Store } from '../store/store.ts';
import type { Reader } from '../store/records.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { createFindAccount } from './account.ts';
import { createAdapters, type Payload } from './adapter.ts';
import { amend } from './amend.ts';
import { auditEvents } from './audit-events.ts';
import { knowAliases } from './called-at.ts';
import { checkAssertion } from './client-assertion.ts';
import { createClientGrants } from './client-grants.ts';
import type { IsSecretOf } from './client-secret.ts';
import { fixedConfiguration, LIVES } from './configuration.ts';
import { createConsents } from './consents.ts';
import type { Built } from './current-provider.ts';
import { beginDeviceFlow } from './device-flow.ts';
import { showInBrowser } from './error-in-browser.ts';
import { createExtraOf, type IssuedToken } from './extra.ts';
import { failing } from './failing.ts';
import { createFeatures, type FeaturesOptions } from './features.ts';
import { createFlowHooks, type FlowContext, type StoredFamily } from './flow-hooks.ts';
import { createInteractions, type Flow } from './interaction-flow.ts';
import { createJwtAccessTokens } from './jwt-access-tokens.ts';
import { createLibraryClients, isOriginOf, isPkceRequired } from './library-clients.ts';
import { keepAlso, narrowWhenSaved } from './library-models.ts';
import { createLostRaces } from './lost-races.ts';
import { createOrdinaryGrant } from './ordinary-grant.ts';
import type { Answer } from './refresh.ts';
import { countOnce } from './replay.ts';
import { createRotation, type TokenContext } from './rotation.ts';
import { promptsOf } from './prompts.ts';
import { ROUTES } from './routes.ts';
import { createSigningOut } from './signing-out.ts';
import { createTargets } from './targets.ts';
import { createTokenPolicy } from './token-policy.ts';
import { createLifeOf } from './life.ts';

export interface ProviderOptions {
  issuer: string;
  resources: readonly FurtherResource[];
  store: Store;
  clients: Reader<Client>;
  people: Reader<Person>;
  keys: SigningKeys;
  isNonceRequired: boolean;
  certificateOf: FeaturesOptions<ProviderClient>['certificateOf'];
  isSecretOf: IsSecretOf;
  log: Log;
}

/** @param org the only organization whose clients there are for this request; absent: all. */
export type ProviderHandler = (req: IncomingMessage, res: ServerResponse, org?: string) => Promise<void>;

export function createProvider(options: ProviderOptions): Built {
  const { issuer, resources, store, clients, people, isSecretOf, log } = options;
  const targets = createTargets(issuer, resources);
  const consents = createConsents(store);
  const fail = failing(errors);
  const rotation = createRotation(store);
  const library = createLibraryClients<ProviderClient>(
    clients,
    (metadata) => new (provider.Client as unknown as ClientConstructor)(metadata),
  );
  const { registrationOf } = library;
  const policy = createTokenPolicy<ProviderClient>({ clients, people, registrationOf, targets });
  const hooks = createFlowHooks<ProviderClient>({
    registrationOf,
    targets,
    consents,
    findAccount: createFindAccount(people, clients),
    newFamily: (ids) => new provider.Grant(ids) as unknown as StoredFamily,
    fail,
  });

  const clientGrants = createClientGrants(registrationOf, targets, fail);
  const extraOf = createExtraOf(registrationOf, clientGrants);
  const jwts = createJwtAccessTokens<ProviderClient>({ ...options, targets, fail });
  const lifeOf = createLifeOf<ProviderClient>(registrationOf, fail);
  const fixed = fixedConfiguration(options);
  const signingOut = createSigningOut(options, () => provider as never, fixed.cookies.long);
  const configuration: Configuration = {
    ...fixed,
    adapter: createAdapters(store, createLostRaces(rotation, currentContext, errors), jwts) as never,
    features: createFeatures({ ...options, ...signingOut, targets, hooks, clientGrants, policy, fail }) as never,
    assertJwtClientAuthClaimsAndHeader: checkAssertion((detail) => new errors.InvalidClientAuth(detail)),
    clientBasedCORS: (_ctx, origin, client) => isOriginOf(registrationOf(client), origin),
    pkce: { required: (_ctx, client) => isPkceRequired(registrationOf(client)) },
    findAccount: (ctx, sub, token) => hooks.findAccount(asContext(ctx), sub, token as Payload | undefined) as never,
    loadExistingGrant: (ctx) => hooks.loadFamily(asContext(ctx)) as never,
    /** What ends with a session ends by its family, which is kept here because the library waits for this before it makes a code. */
    expiresWithSession: async (ctx) => {
      await hooks.keepFamily(asContext(ctx));
      return false;
    },
    issueRefreshToken: (_ctx, client, source) =>
      Promise.resolve(client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access')),
    rotateRefreshToken: async (ctx) => {
      if (await rotation.isRepeated(asContext(ctx))) throw new errors.InvalidGrant('refresh token already used');
      return true;
    },
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}`, policy: promptsOf(interactionPolicy) },
    ttl: {
      ...LIVES,
      ClientCredentials: (ctx, _token, client) => lifeOf(ctx.oidc.body, client),
      AccessToken: (ctx, _token, client) => lifeOf(ctx.oidc.body, client),
      RefreshToken: (ctx) => hooks.refreshSeconds(asContext(ctx)),
      Grant: (ctx, grant) => hooks.familySeconds(asContext(ctx), grant as unknown as StoredFamily),
    },
    extraTokenClaims: (ctx, token) => ({ ...extraOf(asContext(ctx), token as IssuedToken) }),
    /** That the store cannot be asked was said already, by auditEvents. */
    renderError: (ctx, out) => {
      if (ctx.status !== 503) ctx.body = out;
    },
  };

  const provider = new Provider(issuer, configuration);
  provider.proxy = true; /* URLs derive from the X-Forwarded headers, which app.ts sets to the issuer's. */
  keepAlso(provider.Session, 'generation');
  keepAlso(provider.Grant, 'generation', 'person_generation', 'org', 'session_uid');
  signingOut.attach(provider, registrationOf);
  keepAlso(provider.RefreshToken, 'spent');

  const onlyOf = new WeakMap<IncomingMessage, string>();
  provider.Client.find = async (clientId) => {
    const { ctx } = Provider;
    if (!ctx) throw new Error('a client was looked for outside a request');
    const [client, org] = [await library.find(clientId), onlyOf.get(ctx.req)];
    return org === undefined || (client && registrationOf(client).org === org) ? client : undefined;
  };
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: ProviderClient, secret: string): Promise<boolean> {
      return isSecretOf(registrationOf(this), secret, Provider.ctx);
    },
  });
  for (const model of [provider.AccessToken, provider.ClientCredentials]) jwts.issueFrom(model, registrationOf);
  countOnce(provider.ReplayDetection, store, {
    proofHere: () => Provider.ctx?.get('DPoP') ?? '',
    usedProof: () => new errors.InvalidDpopProof('this proof was used before'),
  });
  knowAliases((provider.OIDCContext as unknown as { prototype: object }).prototype, issuer);
  narrowWhenSaved(provider.AccessToken, (scope) => hooks.scopesNow(currentContext(), scope));

  provider.use(async (ctx, next) => {
    await next();
    const context = ctx as never as TokenContext;
    if (ctx.path === ROUTES.token && ctx.status === 200) await rotation.note(context, ctx.body as Answer);
    const answer = ctx.path === ROUTES.token ? rotation.answerTo(context) : undefined;
    if (answer) [ctx.status, ctx.body] = [200, answer];
    await signingOut.goOn(ctx as never);
    amend(ctx, issuer, targets.identifiers);
    showInBrowser(ctx, issuer);
  });
  auditEvents(provider, { log, rotation, grantOf: (ctx) => clientGrants.find(ctx), current: () => Provider.ctx });

  const answerRequest = provider.callback();
  const flow: Flow = {
    interactionDetails: (req, res) => provider.interactionDetails(req, res) as never,
    interactionFinished: (req, res, result) => provider.interactionFinished(req, res, { ...result }),
    endSession: signingOut.endSession,
    beginDevice: (device, visit) => beginDeviceFlow(provider, { issuer, cookies: fixed.cookies.short }, device, visit),
    resumeDevice: (req, res) => answerRequest(req, res),
  };
  return {
    interactions: createInteractions({ flow, clients, people, consents }),
    sessions: signingOut.sessions,
    answerOrdinary: createOrdinaryGrant({ issuer, store, library, targets, log }),
    handle: (req, res, org) => {
      if (org !== undefined) onlyOf.set(req, org);
      return answerRequest(req, res);
    },
  };
}

function currentContext(): FlowContext<ProviderClient> & TokenContext {
  if (!Provider.ctx) throw new Error('a token was made, or used, outside a request');
  return asContext(Provider.ctx);
}

function asContext(ctx: KoaContextWithOIDC): FlowContext<ProviderClient> & TokenContext {
  return ctx as never;
}

type ClientConstructor = new (metadata: object) => ProviderClient;
