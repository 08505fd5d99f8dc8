/** The register of clients. Every change is told to the processes that have the old one cached. */
import { type Client } from '../shared/client.ts';
import { keyOf, type Store } from './store.ts';

export interface ClientRegister {
  find(clientId: string): Promise<Client | undefined>;
  /** `false` where the id is taken. */
  add(client: Client): Promise<boolean>;
  /** Applies `change` to the client as it is now, however many others change it at once. */
  change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined>;
  /** `false` where there was none. */
  remove(clientId: string): Promise<boolean>;
  /** By name, then id. */
  list(): Promise<Client[]>;
}

/** How often a change is tried again because another came first. */
const CHANGE_ATTEMPTS = 50;

export function decodeClient(text: string): Client {
  return JSON.parse(text) as Client;
}

export function createClientRegister(store: Store): ClientRegister {
  return {
    find: async (clientId) => {
      const text = await store.read('client', keyOf(clientId));
      return text === undefined ? undefined : decodeClient(text);
    },

    add: (client) => store.writeNew('client', keyOf(client.client_id), JSON.stringify(client)),

    change: async (clientId, change) => {
      const key = keyOf(clientId);
      for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
        const text = await store.read('client', key);
        if (text === undefined) return undefined;
        const changed = change(decodeClient(text));
        if (!(await store.swap('client', key, text, JSON.stringify(changed)))) continue;
        await store.announce('client', key);
        return changed;
      }
      throw new Error(`client ${clientId} is being changed by too many others at once; try again`);
    },

    remove: async (clientId) => {
      const key = keyOf(clientId);
      if ((await store.read('client', key)) === undefined) return false;
      await store.remove('client', key);
      await store.announce('client', key);
      return true;
    },

    list: async () => {
      const clients = (await Array.fromAsync(store.list('client'))).map(decodeClient);
      const order = (client: Client) => `${client.client_name}\u0000${client.client_id}`;
      return clients.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    },
  };
}
