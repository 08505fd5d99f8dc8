/** What ends with a session of a person's with us: what clients may do only for its length, and what they take it for. */
import type { Client } from '../shared/client.ts';
import { keyOf, type Key, type Store } from '../store/store.ts';
import type { Payload } from './adapter.ts';
import type { Tell } from './back-channel-logout.ts';
import { createFamilies } from './families.ts';
import { sessionKeyOf, sessionsOf } from './sessions.ts';

/** What ends every family that lasts no longer than its session. */
export function familiesOfSession(uid: string): Key {
  return keyOf(JSON.stringify(['families of session', uid]));
}

export interface SessionEnd {
  /** Where the library tells the clients, and removes the session, itself. */
  endFamilies: (uid: string) => Promise<void>;
  endSession: (uid: string) => Promise<void>;
  /** Every session of one person. @returns the clients that could not be told. */
  endAllOf: (personId: string) => Promise<string[]>;
}

export interface SessionEndOptions {
  store: Store;
  findClient: (clientId: string) => Promise<Client | undefined>;
  tell: Tell;
}

export function createSessionEnd({ store, findClient, tell }: SessionEndOptions): SessionEnd {
  const families = createFamilies(store);
  const endFamilies = (uid: string) => families.endAllOf(familiesOfSession(uid));

  async function end(key: Key): Promise<string[]> {
    const text = await store.read('session', key);
    if (text === undefined) return [];
    /* First it ends, whoever is not told afterwards. */
    await store.remove('session', key);
    const { uid, accountId, authorizations = {} } = JSON.parse(text) as Payload;
    if (uid !== undefined) await endFamilies(uid);
    if (accountId === undefined) return [];
    const told = await Promise.all(
      Object.entries(authorizations).map(async ([clientId, { sid }]) => {
        const client = await findClient(clientId);
        return !client?.active || (await tell({ client, personId: accountId, sid })) ? [] : [clientId];
      }),
    );
    return told.flat();
  }

  return {
    endFamilies,
    endSession: async (uid) => {
      const key = await sessionKeyOf(store, uid);
      if (key !== undefined) await end(key);
    },
    endAllOf: async (personId) => {
      const untold: string[] = [];
      for (const { key } of await store.linked(sessionsOf(personId))) untold.push(...(await end(key)));
      return [...new Set(untold)];
    },
  };
}
