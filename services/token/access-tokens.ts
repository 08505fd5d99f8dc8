/** Access tokens, as oidc-provider has them and as the gateway reads them: of clients, and of people. */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { confirmationOf } from '../shared/confirmation.ts';
import { keyOf, type Store } from '../store/store.ts';
import type { Adapter, Payload, Refusals } from './adapter.ts';
import { detailsOf, restrictionsOf } from './authorization-details.ts';
import type { Families } from './families.ts';
import { isJwt, type JwtAccessTokens } from './jwt-access-tokens.ts';

type Jwts = Pick<JwtAccessTokens<never>, 'find' | 'end'>;

/** Those of clients that act for themselves. */
export function clientCredentials(store: Store, jwts: Jwts): Pick<Adapter, 'upsert' | 'find' | 'destroy'> {
  return {
    upsert: (id, payload, expiresIn) => writeOwnToken(store, id, recordOf(payload), expiresIn),
    ...reading(store, jwts, ({ sub }) => sub === undefined),
  };
}

/** Of a client that acts for itself. */
export function writeOwnToken(
  store: Store,
  token: string,
  record: AccessTokenRecord,
  ttlSeconds: number,
): Promise<void> {
  return store.write('access-token', keyOf(token), encodeAccessToken(record), ttlSeconds);
}

/** Those that were issued for a person. */
export function accessTokens(store: Store, families: Families, refusals: Refusals, jwts: Jwts): Partial<Adapter> {
  return {
    upsert: async (id, payload, expiresIn) => {
      const { grant, ...record } = recordOf(payload);
      if (grant === undefined) throw new Error('oidc-provider made a token of a person without the person');
      const text = encodeAccessToken({ ...record, grant });
      const isWritten = await families.write(grant, 'access-token', keyOf(id), text, expiresIn);
      if (!isWritten) throw refusals.ended();
    },
    ...reading(store, jwts, ({ sub }) => sub !== undefined),
  };
}

function reading(
  store: Store,
  jwts: Jwts,
  isOurs: (record: AccessTokenRecord) => boolean,
): Pick<Adapter, 'find' | 'destroy'> {
  async function find(id: string): Promise<AccessTokenRecord | undefined> {
    if (isJwt(id)) return jwts.find(id);
    const text = await store.read('access-token', keyOf(id));
    return text === undefined ? undefined : decodeAccessToken(text);
  }

  return {
    find: async (id) => {
      const record = await find(id);
      return record && isOurs(record) ? payloadOf(id, record) : undefined;
    },
    destroy: async (id) => {
      if (isJwt(id)) return jwts.end(id);
      await store.remove('access-token', keyOf(id));
      await store.announce('access-token', keyOf(id));
    },
  };
}

/** @throws Error where the library left out what a token's record cannot be without. */
export function recordOf(payload: Payload): AccessTokenRecord {
  const { clientId, scope, rar, iat, exp, extra } = payload;
  const cnf = confirmationOf(payload);
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
    ...(payload.accountId !== undefined && personOf(payload)),
    ...(cnf && { cnf }),
    iat,
    exp,
  };
}

function personOf({ accountId, grantId, extra }: Payload): Partial<AccessTokenRecord> {
  if (!accountId || !grantId || extra?.person_generation === undefined)
    throw new Error('oidc-provider made a token of a person without the person, their generation or a grant');
  return { sub: accountId, person_generation: extra.person_generation, grant: grantId };
}

function payloadOf(id: string, record: AccessTokenRecord): Payload {
  const { client_id, generation, org, scope, resource, restrictions, iat, exp } = record;
  const { sub, person_generation, grant, cnf } = record;
  return {
    jti: id,
    kind: sub === undefined ? 'ClientCredentials' : 'AccessToken',
    clientId: client_id,
    ...(sub !== undefined && { accountId: sub }),
    ...(grant !== undefined && { grantId: grant }),
    scope,
    ...(resource !== undefined && { aud: resource }),
    ...(restrictions && { rar: detailsOf(restrictions) }),
    ...cnf,
    iat,
    exp,
    extra: { generation, org, ...(person_generation !== undefined && { person_generation }) },
  };
}
