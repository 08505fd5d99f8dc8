/**
 * Our registrations as oidc-provider's client objects: one for each, for as long as the registration is cached. The
 * library's own cache holds a hundred, and every client past it would cost each of its requests a new object.
 */
import type { Client } from '../shared/client.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';

export interface LibraryClients<Model> {
  /** Only one that is active. */
  find: (clientId: string) => Promise<Model | undefined>;
  /** @throws Error for a client that did not come from {@link find}. */
  registrationOf: (model: Model | undefined) => Client;
}

/** @param construct makes the library's object of what the library needs to know. */
export function createLibraryClients<Model extends object>(
  clients: Reader<Client>,
  construct: (metadata: object) => Model,
): LibraryClients<Model> {
  const models = new WeakMap<Client, Model>();
  const registrations = new WeakMap<Model, Client>();

  return {
    find: async (clientId) => {
      const registration = clientId ? await clients.read(keyOf(clientId)) : undefined;
      if (!registration?.active || registration.client_id !== clientId) return undefined;
      const known = models.get(registration);
      if (known) return known;
      const model = construct(metadataOf(registration));
      models.set(registration, model);
      registrations.set(model, registration);
      return model;
    },
    registrationOf: (model) => {
      const registration = model && registrations.get(model);
      if (!registration) throw new Error('a client that is not registered reached a grant');
      return registration;
    },
  };
}

/** The secret is a placeholder that the library's schema wants: secrets are compared with the hashes we have. */
function metadataOf(client: Client): object {
  return {
    client_id: client.client_id,
    client_name: client.client_name,
    client_secret: 'kept as a hash',
    grant_types: client.grant_types,
    redirect_uris: [],
    response_types: [],
  };
}
