/** oidc-provider's storage port on ours: each model is one kind of record, and what has none cannot be stored. */
import type { Store } from '../store/store.ts';
import { accessTokens, clientCredentials } from './access-tokens.ts';
import type { AuthorizationDetail } from './authorization-details.ts';
import { consentKey } from './consents.ts';
import { deviceCodes } from './device-codes.ts';
import { createFamilies, type Families } from './families.ts';
import type { JwtAccessTokens } from './jwt-access-tokens.ts';
import { createPolling } from './polling.ts';
import { pushedRequests } from './pushed-requests.ts';
import { familiesOfSession } from './session-end.ts';
import { interactions, sessions } from './sessions.ts';
import { spendable } from './spendable.ts';
import { orStaticTokens } from './static-tokens.ts';

/** What oidc-provider hands us and wants back; it has more fields than we name. */
export interface Payload {
  jti?: string;
  uid?: string;
  kind?: string;
  clientId?: string;
  accountId?: string;
  grantId?: string;
  scope?: string;
  aud?: string | string[];
  iat?: number;
  exp?: number;
  rar?: AuthorizationDetail[];
  /** The key, or the certificate, that a token is bound to. */
  jkt?: string;
  'x5t#S256'?: string;
  extra?: Extra;
  /** Of a session: the clients that it was used for, and what each knows it by. */
  authorizations?: Record<string, { sid?: string }>;
  /** Of a grant that lasts no longer than a session. */
  session_uid?: string;
  /** Of whoever is at a stop on the way. */
  session?: { accountId?: string; uid?: string; cookie?: string };
  /** When it was, in unix seconds: it was used before, and this use ends its family. */
  consumed?: number;
  /** The same, so shortly before that who has it may only have lost the answer. */
  spent?: number;
}

/** What of a token's record the library has no field for. All of it but the generations is what introspection tells. */
export interface Extra {
  generation?: number;
  person_generation?: number;
  org?: string;
  sub?: string;
  /** The one resource it was asked for: the library's `aud` also says what was not asked for. */
  resource?: string;
}

export interface Adapter {
  upsert(id: string, payload: Payload, expiresIn: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  findByUserCode(userCode: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

/** What the library is told where something can be used no more, not yet, or not by everybody. */
export interface Refusals {
  /** Its family was ended meanwhile. */
  ended(): Error;
  /** Whether it is this client that asks. */
  isAsking(clientId: string): boolean;
  /** A device that asks too often. */
  tooSoon(intervalSeconds: number): Error;
  /** Of several at once another one came first. May answer as that one was answered. */
  lost(model: string, id: string): Promise<Error>;
}

export function createAdapters(
  store: Store,
  refusals: Refusals,
  jwts: Pick<JwtAccessTokens<never>, 'find' | 'end'>,
): (model: string) => Adapter {
  const families = createFamilies(store);
  const models: Record<string, () => Partial<Adapter>> = {
    ClientCredentials: () => orStaticTokens(store, clientCredentials(store, jwts)),
    AccessToken: () => ({ ...accessTokens(store, families, refusals, jwts), ...ending(families) }),
    AuthorizationCode: () => ({
      ...spendable('AuthorizationCode', 'authorization-code', { store, families, refusals }),
      ...ending(families),
    }),
    RefreshToken: () => ({
      ...spendable('RefreshToken', 'refresh-token', { store, families, refusals }),
      ...ending(families),
    }),
    DeviceCode: () => ({
      ...deviceCodes({ store, families, refusals, polling: createPolling(store) }),
      ...ending(families),
    }),
    PushedAuthorizationRequest: () => pushedRequests(store, refusals),
    Grant: () => grants(families),
    Session: () => sessions(store),
    Interaction: () => interactions(store),
  };
  return (model) => ({ ...notStored(model), ...(Object.hasOwn(models, model) && models[model]?.()) });
}

function ending(families: Families): Pick<Adapter, 'revokeByGrantId'> {
  return { revokeByGrantId: (grantId) => families.end(grantId) };
}

function grants(families: Families): Partial<Adapter> {
  return {
    upsert: (id, { jti: _jti, ...payload }, expiresIn) => {
      const { accountId, clientId, session_uid } = payload;
      if (!accountId || !clientId) throw new Error('oidc-provider made a grant without a person or a client');
      const parents = [consentKey(accountId, clientId), ...(session_uid ? [familiesOfSession(session_uid)] : [])];
      return families.begin(id, JSON.stringify(payload), expiresIn, parents);
    },
    find: async (id) => {
      const text = await families.find(id);
      return text === undefined ? undefined : { ...(JSON.parse(text) as Payload), jti: id };
    },
    destroy: (id) => families.end(id),
  };
}

function notStored(model: string): Adapter {
  const nothing = () => Promise.resolve(undefined);
  const refuse = () => Promise.reject(new Error(`${model} is not kept: no grant that needs it is offered`));
  return {
    upsert: refuse,
    find: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}
