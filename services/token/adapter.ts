/** oidc-provider's storage port on ours: each model is one kind of record, and what has none cannot be stored. */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { keyOf, type Store } from '../store/store.ts';
import { detailsOf, restrictionsOf, type AuthorizationDetail } from './authorization-details.ts';

/** What oidc-provider hands us and wants back; it has more fields than we name. */
export interface Payload {
  jti?: string;
  kind?: string;
  clientId?: string;
  scope?: string;
  aud?: string | string[];
  iat?: number;
  exp?: number;
  rar?: AuthorizationDetail[];
  extra?: Extra;
}

/** What of a token's record the library has no field for. All of it but the generation is what introspection tells. */
export interface Extra {
  generation?: number;
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

export function createAdapters(store: Store): (model: string) => Adapter {
  return (model) => (model === 'ClientCredentials' ? clientCredentials(store) : notStored(model));
}

function clientCredentials(store: Store): Adapter {
  return {
    ...notStored('ClientCredentials'),
    upsert: (id, payload, expiresIn) =>
      store.write('access-token', keyOf(id), encodeAccessToken(recordOf(payload)), expiresIn),
    find: async (id) => {
      const text = await store.read('access-token', keyOf(id));
      return text === undefined ? undefined : payloadOf(id, decodeAccessToken(text));
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
  const { client_id, generation, org, scope, sub, resource, restrictions, iat, exp } = record;
  return {
    jti: id,
    kind: 'ClientCredentials',
    clientId: client_id,
    scope,
    ...(resource !== undefined && { aud: resource }),
    ...(restrictions && { rar: detailsOf(restrictions) }),
    iat,
    exp,
    extra: { generation, org, ...(sub !== undefined && { sub }) },
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
