/** oidc-provider's storage port on ours: each model is one kind of record, and what has none cannot be stored. */
import { decodeAccessToken, encodeAccessToken, type AccessTokenRecord } from '../shared/access-token.ts';
import { keyOf, type Store } from '../store/store.ts';

/** What oidc-provider hands us and wants back; it has more fields than we name. */
export interface Payload {
  jti?: string;
  kind?: string;
  clientId?: string;
  scope?: string;
  aud?: string | string[];
  iat?: number;
  exp?: number;
  extra?: { generation?: number; org?: string };
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

/** @param audience of the LRS: left out of the record, because every token has it. */
export function createAdapters(store: Store, audience: string): (model: string) => Adapter {
  return (model) => (model === 'ClientCredentials' ? clientCredentials(store, audience) : notStored(model));
}

function clientCredentials(store: Store, audience: string): Adapter {
  return {
    ...notStored('ClientCredentials'),
    upsert: (id, payload, expiresIn) =>
      store.write('access-token', keyOf(id), encodeAccessToken(recordOf(payload)), expiresIn),
    find: async (id) => {
      const text = await store.read('access-token', keyOf(id));
      return text === undefined ? undefined : payloadOf(id, decodeAccessToken(text), audience);
    },
    destroy: async (id) => {
      await store.remove('access-token', keyOf(id));
      await store.announce('access-token', keyOf(id));
    },
  };
}

function recordOf({ clientId, scope, iat, exp, extra }: Payload): AccessTokenRecord {
  if (!clientId || !scope || !iat || !exp || extra?.generation === undefined || !extra.org)
    throw new Error('oidc-provider made a token without client, scope, life, generation or organization');
  return { client_id: clientId, generation: extra.generation, org: extra.org, scope, iat, exp };
}

function payloadOf(id: string, record: AccessTokenRecord, audience: string): Payload {
  const { client_id, generation, org, scope, iat, exp } = record;
  return {
    jti: id,
    kind: 'ClientCredentials',
    clientId: client_id,
    scope,
    aud: audience,
    iat,
    exp,
    extra: { generation, org },
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
