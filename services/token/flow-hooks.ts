/** What the library asks us on a person's way from a client to us and back. */
import { scopesHeld, type Client } from '../shared/client.ts';
import { narrow } from '../shared/scopes.ts';
import type { Account, Began, FindAccount } from './account.ts';
import type { Payload } from './adapter.ts';
import { detailsOf, type AuthorizationDetail } from './authorization-details.ts';
import { narrowToPerson, recallConsent, settleScopes, type Asked, type Family } from './authorization.ts';
import type { Consents } from './consents.ts';
import { DEVICE_SECONDS } from './device-codes.ts';
import { apart } from './identity-scopes.ts';
import { pushedScope, type PushedRequest } from './pushed-requests.ts';
import type { Target, Targets } from './targets.ts';
import { restrict, type Refused } from './token-request.ts';

/** What of the library's context is read, and what is written there. */
export interface FlowContext<Model> {
  readonly query?: Record<string, unknown>;
  readonly oidc: {
    readonly route: string;
    readonly client?: Model | undefined;
    readonly params?: (Asked & { authorization_details?: string; grant_type?: string; prompt?: string }) | undefined;
    readonly session?: { generation?: number; uid?: string } | undefined;
    readonly account?: Account | undefined;
    readonly result?: { login?: { generation?: number } } | undefined;
    readonly resourceServers: Record<string, unknown>;
    readonly entities: { Grant?: StoredFamily; PushedAuthorizationRequest?: PushedRequest };
    readonly body?: Record<string, unknown> | undefined;
  };
}

/** The library's Grant, with what is stored of ours. */
export interface StoredFamily extends Family {
  exp?: number;
  generation?: number;
  person_generation?: number;
  org?: string;
  /** Absent where it is for longer. */
  session_uid?: string | undefined;
  getOIDCScope(): string;
  save(): Promise<string>;
  destroy(): Promise<void>;
}

export type FlowHooks<Model> = ReturnType<typeof createFlowHooks<Model>>;

export type FaultCode = Refused['error'] | 'access_denied' | 'invalid_request';

export type Fail = (error: FaultCode, description: string, scope?: string) => Error;

export interface FlowHooksOptions<Model> {
  registrationOf: (model: Model | undefined) => Client;
  targets: Targets;
  consents: Consents;
  findAccount: FindAccount;
  newFamily: (ids: { accountId: string; clientId: string }) => StoredFamily;
  fail: Fail;
}

const YEAR_SECONDS = 365 * 24 * 3600;
const MONTH_SECONDS = 30 * 24 * 3600;
/** So that a family outlives the tokens that it has, also those of a device, which asks for them some time later. */
const MARGIN_SECONDS = DEVICE_SECONDS + 300;

/**
 * As it was sent: the library drops `offline_access` where a client does not also ask that consent be asked again. Beside
 * a pushed request nothing of the URL counts, which the client did not write alone.
 */
function sentScope<Model>({ query, oidc: { route, body, entities } }: FlowContext<Model>): string | undefined {
  if (entities.PushedAuthorizationRequest) return pushedScope(entities.PushedAuthorizationRequest);
  const sent = { authorization: query, pushed_authorization_request: body }[route]?.scope;
  return typeof sent === 'string' ? sent : undefined;
}

/** Than the session that it began in: the person agreed to it for while they are away. */
function isForLonger(family: StoredFamily): boolean {
  return apart(family.getOIDCScope()).identity.includes('offline_access');
}

/** What a device may do is not for the length of the session of the browser, another one, in which it was allowed. */
function isOfSession(route: string, family: StoredFamily): boolean {
  return ['authorization', 'resume'].includes(route) && !isForLonger(family);
}

export function createFlowHooks<Model>(options: FlowHooksOptions<Model>) {
  const { registrationOf, targets, consents, findAccount, newFamily, fail } = options;

  /** Makes what is asked what may be asked for. Told again, it comes to the same. */
  function settle(ctx: FlowContext<Model>): void {
    const { client, params } = ctx.oidc;
    if (!params) return;
    const scope = sentScope(ctx) ?? params.scope;
    const settled = settleScopes(registrationOf(client), { scope, resource: params.resource }, targets);
    if ('refused' in settled) throw fail(settled.error, settled.refused);
    params.scope = settled.join(' ');
  }

  function targetOf(ctx: FlowContext<Model>, resource: string): Target {
    const target = targets.named(resource, registrationOf(ctx.oidc.client).org);
    if (!target) throw fail('invalid_target', `the resource should be one of ${targets.identifiers.join(', ')}`);
    return target;
  }

  /** The restrictions that were asked for, read whole and strictly. */
  function detailsAsked(ctx: FlowContext<Model>): AuthorizationDetail[] | undefined {
    const { client, params } = ctx.oidc;
    if (params?.authorization_details === undefined) return undefined;
    const read = restrict(registrationOf(client), params.authorization_details);
    if ('refused' in read) throw fail(read.error, read.refused);
    return detailsOf(read);
  }

  /** Where the generations are, under which what the person is needed for began. */
  function beganOf({ oidc }: FlowContext<Model>, source: Payload | undefined): Began {
    const clientId = source?.clientId;
    if (source?.extra) return { ...source.extra, clientId };
    if (source) {
      const { generation, person_generation } = oidc.entities.Grant ?? {};
      return { generation: generation ?? -1, person_generation: person_generation ?? -1, clientId };
    }
    const signedIn = oidc.result?.login?.generation;
    if (signedIn !== undefined && oidc.session) oidc.session.generation = signedIn;
    return { person_generation: oidc.session?.generation ?? -1 };
  }

  return {
    settle,
    targetOf,
    detailsAsked,

    findAccount: (ctx: FlowContext<Model>, personId: string, source?: Payload) =>
      findAccount(personId, beganOf(ctx, source)),

    /** Narrows what is asked to what the person has, and begins a family with what they agreed to before. */
    loadFamily: async (ctx: FlowContext<Model>): Promise<StoredFamily | undefined> => {
      const { account, client: model, params, resourceServers } = ctx.oidc;
      /* Who is signed in may not be who is asked. */
      if (!account || !params || (ctx.oidc.route === 'authorization' && params.prompt?.split(' ').includes('login')))
        return undefined;
      const client = registrationOf(model);
      const asked = narrowToPerson(account.person, client, (params.scope ?? '').split(' '));
      if ('denied' in asked) throw fail('access_denied', asked.denied);
      params.scope = asked.join(' ');
      const ids = { accountId: account.accountId, clientId: client.client_id };
      const wish = { person: account.person, client, asked, resources: Object.keys(resourceServers) };
      return recallConsent(consents, wish, () => newFamily(ids));
    },

    /** Every authorization has a family of its own: what ends one does not end the others. */
    keepFamily: async (ctx: FlowContext<Model>): Promise<void> => {
      const family = ctx.oidc.entities.Grant;
      const { generation, org } = registrationOf(ctx.oidc.client);
      if (!family || ctx.oidc.session?.generation === undefined)
        throw new Error('a code was about to be made without a grant or a session');
      const { generation: person_generation, uid } = ctx.oidc.session;
      Object.assign(family, {
        generation,
        org,
        person_generation,
        session_uid: isOfSession(ctx.oidc.route, family) ? uid : undefined,
      });
      await family.save();
      /* Withdrawn since it was looked at: whoever withdrew it has not seen this family. */
      const { account, params, client } = ctx.oidc;
      const asked = (params?.scope ?? '').split(' ');
      if (account && (await consents.recall(account.accountId, registrationOf(client), asked))) return;
      await family.destroy();
      throw fail('access_denied', 'the person has withdrawn what they had agreed to');
    },

    familySeconds: (ctx: FlowContext<Model>, family: StoredFamily): number =>
      isForLonger(family) ? YEAR_SECONDS : registrationOf(ctx.oidc.client).max_token_seconds + MARGIN_SECONDS,

    /** Unused for a month it is over, and so is what began a year ago. */
    refreshSeconds: (ctx: FlowContext<Model>): number => {
      const left = (ctx.oidc.entities.Grant?.exp ?? 0) - Math.floor(Date.now() / 1000);
      return Math.max(1, Math.min(MONTH_SECONDS, left));
    },

    /** What a token is issued with, of what was agreed to: what client and person still have. */
    scopesNow: (ctx: FlowContext<Model>, scope: string | undefined): string => {
      const { account, client: model } = ctx.oidc;
      const client = registrationOf(model);
      if (!account) throw new Error('a token was about to be made for nobody');
      const now = narrowToPerson(account.person, client, [
        ...apart(scope).identity,
        ...narrow(apart(scope).ours, scopesHeld(client)),
      ]);
      if ('denied' in now || now.length === 0)
        throw fail('invalid_scope', 'nothing is left of what the person agreed to: ask them again');
      return now.join(' ');
    },
  };
}
