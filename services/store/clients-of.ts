/** The register of clients, as an administrator has it: what is not theirs is not there. */
import { faultOfChange, mayAdminister, type Administrator } from '../shared/administrator.ts';
import type { Client } from '../shared/client.ts';
import type { ClientRegister } from './clients.ts';

/** What an administrator may not make of a client; the message says why. */
export class NotTheirs extends Error {
  override readonly name = 'NotTheirs';
}

/** Another's, by the time it was to be changed. */
class Unseen extends Error {}

/**
 * Decided upon the client as it is when it is changed, not as it was when somebody looked.
 *
 * @returns a register whose `add` and `change` throw {@link NotTheirs}, and change nothing then.
 */
export function clientsOf(clients: ClientRegister, administrator: Administrator): ClientRegister {
  const isTheirs = (client: Client) => mayAdminister(administrator, client);
  const allowed = (before: Client | undefined, after: Client): Client => {
    const fault = faultOfChange(administrator, before, after);
    if (fault !== undefined) throw new NotTheirs(fault);
    return after;
  };

  async function find(id: string): Promise<Client | undefined> {
    const client = await clients.find(id);
    return client && isTheirs(client) ? client : undefined;
  }

  return {
    find,
    list: async () => (await clients.list()).filter(isTheirs),
    add: async (client) => clients.add(allowed(undefined, client)),
    change: async (id, change) => {
      try {
        return await clients.change(id, (client) => {
          if (!isTheirs(client)) throw new Unseen();
          return allowed(client, change(client));
        });
      } catch (error) {
        if (error instanceof Unseen) return undefined;
        throw error;
      }
    },
    remove: async (id) => (await find(id)) !== undefined && clients.remove(id),
  };
}
