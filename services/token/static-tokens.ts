/** Static bearer tokens, as introspection and revocation have them: tokens of their client's, without an end. */
import { nowSeconds } from '../shared/clock.ts';
import { withoutStaticToken } from '../shared/client-credentials.ts';
import type { Client } from '../shared/client.ts';
import { isStaticToken, lacksStaticToken, ownerOfStaticToken } from '../shared/static-token.ts';
import { createClientRegister } from '../store/clients.ts';
import type { Store } from '../store/store.ts';
import type { Adapter, Payload } from './adapter.ts';

type Reading = Pick<Adapter, 'find' | 'destroy'>;

/** Of no client: what a token of it stands for, nobody is told. */
const NO_GENERATION = -1;

/** @param others reads the tokens that are none of these. */
export function orStaticTokens<A extends Partial<Adapter> & Reading>(store: Store, others: A): A {
  const clients = createClientRegister(store);
  const ownerOf = (token: string) => ownerOfStaticToken(token, (clientId) => clients.find(clientId));
  return {
    ...others,
    find: async (id) => {
      if (!isStaticToken(id)) return others.find(id);
      const client = await ownerOf(id);
      return client && payloadOf(id, client);
    },
    destroy: async (id) => {
      if (!isStaticToken(id)) return others.destroy(id);
      const owner = await ownerOf(id);
      if (!owner) return;
      await clients.change(owner.client_id, (client) =>
        /* Another that was generated meanwhile stays. */
        client.static_token?.hash === owner.static_token?.hash
          ? { ...withoutStaticToken(client), updated_at: nowSeconds() }
          : client,
      );
    },
  };
}

/** Revoked it can be whatever has become of its client; introspection looks at whether the client stands. */
function payloadOf(id: string, client: Client): Payload {
  const generation = lacksStaticToken(client) === undefined ? client.generation : NO_GENERATION;
  return {
    jti: id,
    kind: 'ClientCredentials',
    clientId: client.client_id,
    scope: client.scope,
    iat: client.static_token?.created_at ?? client.created_at,
    extra: { generation, org: client.org },
  };
}
