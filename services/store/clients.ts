/** The register of clients. */
import type { Client } from '../shared/client.ts';
import { createRegister, type Register } from './register.ts';
import type { Store } from './store.ts';

export type ClientRegister = Register<Client>;

export function decodeClient(text: string): Client {
  return JSON.parse(text) as Client;
}

export function createClientRegister(store: Store): ClientRegister {
  return createRegister<Client>(store, {
    kind: 'client',
    idOf: ({ client_id }) => client_id,
    nameOf: ({ client_name }) => client_name,
    decode: decodeClient,
  });
}
