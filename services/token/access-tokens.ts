/** Access tokens, as oidc-provider has them and as the gateway reads them: of clients, and of people. */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { keyOf, type Store } from '../store/store.ts';
import type { Adapter, Payload, Refusals } from './adapter.ts';
import { detailsOf, restrictionsOf } from './authorization-details.ts';
import type { Families } from './families.ts';

/** Those of clients that act for themselves. */
export function clientCredentials(store: Store): Partial<Adapter> {
  return {
    upsert: (id, payload, expiresIn) =>
      store.write('access-token', keyOf(id), encodeAccessToken(recordOf(payload)), expiresIn),
    ...reading(store, ({ sub }) => sub === undefined),
  };
}

/** Those that were issued for a person. */
export function accessTokens(store: Store, families: Families, refusals: Refusals): Partial<Adapter> {
  return {
    upsert: async (id, payload, expiresIn) => {
      const { accountId, grantId, extra } = payload;
      if (!accountId || !grantId || extra?.person_generation === undefined)
        throw new Error('oidc-provider made a token of a person without the person, their generation or a grant');
      const record = {
        ...recordOf(payload),
        sub: accountId,
        person_generation: extra.person_generation,
        grant: grantId,
      };
      const isWritten = await families.write(grantId, 'access-token', keyOf(id), encodeAccessToken(record), expiresIn);
      if (!isWritten) throw refusals.ended();
    },
    ...reading(store, ({ sub }) => sub !== undefined),
  };
}

function reading(store: Store, isOurs: (record: AccessTokenRecord) => boolean): Pick<Adapter, 'find' | 'destroy'> {
  return {
    find: async (id) => {
      const text = await store.read('access-token', keyOf(id));
      const record = text === undefined ? undefined : decodeAccessToken(text);
      return record && isOurs(record) ? payloadOf(id, record) : undefined;
    },
    destroy: async (id) => {
      await store.remove('access-token', keyOf(id));
      await store.announce('access-token', keyOf(id));
    },
  };
}

function recordOf({ clientId, scope, rar, iat, exp, extra }: Payload): AccessTokenRecord {
  if (!clientId || !scope || !iat || !exp || extra?.generation === undefined || !extra.org)
    throw new Error('oidc-provider made a token without client, scope, life, generation or organization');
  const { generation, org, resource } = extra;
  return {
    client_id: clientId,
    generation,
    org,
    scope,
    ...(resource !== undefined && { resource }),
    ...(rar && { restrictions: restrictionsOf(rar) }),
    iat,
    exp,
  };
}

function payloadOf(id: string, record: AccessTokenRecord): Payload {
  const { client_id, generation, org, scope, resource, restrictions, iat, exp } = record;
  const { sub, person_generation, grant } = record;
  return {
    jti: id,
    kind: sub === undefined ? 'ClientCredentials' : 'AccessToken',
    clientId: client_id,
    ...(sub !== undefined && { accountId: sub }),
    ...(grant !== undefined && { grantId: grant }),
    scope,
    ...(resource !== undefined && { aud: resource }),
    ...(restrictions && { rar: detailsOf(restrictions) }),
    iat,
    exp,
    extra: { generation, org, ...(person_generation !== undefined && { person_generation }) },
  };
}
