/** What a person agreed to, and what they took away: remembered for each client, so that only what is new is asked. */
import type { Client } from '../shared/client.ts';
import { covers } from '../shared/scopes.ts';
import { keyOf, type Key, type Store } from '../store/store.ts';
import { createFamilies } from './families.ts';

export interface Consent {
  granted: readonly string[];
  refused: readonly string[];
}

export interface Consents {
  /** What is known of these scopes; `undefined` where nothing could be granted without asking. */
  recall(personId: string, client: Client, asked: readonly string[]): Promise<Consent | undefined>;
  remember(personId: string, client: Client, asked: readonly string[], granted: readonly string[]): Promise<void>;
  /** Forgets it, and ends all that came of it. */
  withdraw(personId: string, clientId: string): Promise<void>;
}

interface Stored extends Consent {
  /** When the client was registered: another one of the same id was never agreed to. */
  client_since: number;
}

const YEAR_SECONDS = 365 * 24 * 3600;

/** What ends everything that a person lets a client do. */
export function consentKey(personId: string, clientId: string): Key {
  return keyOf(JSON.stringify(['consent', personId, clientId]));
}

export function createConsents(store: Store): Consents {
  const families = createFamilies(store);

  async function read(personId: string, client: Client): Promise<Stored | undefined> {
    const text = await store.read('grant', consentKey(personId, client.client_id));
    const stored = text === undefined ? undefined : (JSON.parse(text) as Stored);
    return stored?.client_since === client.created_at ? stored : undefined;
  }

  return {
    recall: async (personId, client, asked) => {
      const stored = await read(personId, client);
      if (!stored) return undefined;
      const granted = asked.filter((scope) => isWithin(scope, stored.granted));
      const refused = asked.filter((scope) => !granted.includes(scope) && stored.refused.includes(scope));
      return granted.length > 0 ? { granted, refused } : undefined;
    },

    remember: async (personId, client, asked, granted) => {
      const before = await read(personId, client);
      const refused = asked.filter((scope) => !granted.includes(scope));
      const kept = (before?.granted ?? []).filter((scope) => !refused.some((taken) => covers(scope, taken)));
      const stored: Stored = {
        granted: [...new Set([...kept, ...granted])],
        refused: [...new Set([...(before?.refused ?? []).filter((scope) => !isWithin(scope, granted)), ...refused])],
        client_since: client.created_at,
      };
      const key = consentKey(personId, client.client_id);
      await store.write('grant', key, JSON.stringify(stored), YEAR_SECONDS);
    },

    withdraw: async (personId, clientId) => {
      const key = consentKey(personId, clientId);
      await store.remove('grant', key);
      await families.endAllOf(key);
    },
  };
}

function isWithin(scope: string, granted: readonly string[]): boolean {
  return granted.some((wide) => covers(wide, scope));
}
