/** What a person agreed to, and what they took away: remembered for each client, so that only what is new is asked. */
import type { Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { covers } from '../shared/scopes.ts';
import { keyOf, type Key, type Store } from '../store/store.ts';
import { createFamilies } from './families.ts';

export interface Consent {
  granted: readonly string[];
  refused: readonly string[];
}

/** What a person let a client do, and when they first did. */
export interface Standing {
  client_id: string;
  granted: readonly string[];
  /** Unix seconds. */
  since: number;
}

export interface Consents {
  /** What is known of these scopes; `undefined` where nothing could be granted without asking. */
  recall(personId: string, client: Client, asked: readonly string[]): Promise<Consent | undefined>;
  remember(personId: string, client: Client, asked: readonly string[], granted: readonly string[]): Promise<void>;
  /** Of one person: all that they could withdraw, in no order. */
  list(personId: string): Promise<(Standing & Pick<Stored, 'client_since'>)[]>;
  /** Forgets it, and ends all that came of it. */
  withdraw(personId: string, clientId: string): Promise<void>;
}

interface Stored extends Consent, Standing {
  /** When it was last agreed to, in unix seconds. */
  agreed_at: number;
  /** When the client was registered, or became another to whoever sees it: that one was never agreed to. */
  client_since: number;
}

const YEAR_SECONDS = 365 * 24 * 3600;
/** A family that begins on the last day of the year lives for another: until then its person has to be able to end it. */
const KEPT_SECONDS = 2 * YEAR_SECONDS + 24 * 3600;

/** What ends everything that a person lets a client do. */
export function consentKey(personId: string, clientId: string): Key {
  return keyOf(JSON.stringify(['consent', personId, clientId]));
}

const allOf = (personId: string) => keyOf(JSON.stringify(['consents of', personId]));

export function createConsents(store: Store): Consents {
  const families = createFamilies(store);

  async function readAt(key: Key): Promise<Stored | undefined> {
    const text = await store.read('grant', key);
    return text === undefined ? undefined : (JSON.parse(text) as Stored);
  }

  async function read(personId: string, client: Client): Promise<Stored | undefined> {
    const stored = await readAt(consentKey(personId, client.client_id));
    return stored?.client_since === sinceWhen(client) ? stored : undefined;
  }

  return {
    recall: async (personId, client, asked) => {
      const stored = await read(personId, client);
      if (!stored || stored.agreed_at + YEAR_SECONDS <= nowSeconds()) return undefined;
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
        client_id: client.client_id,
        client_since: sinceWhen(client),
        since: before?.since ?? nowSeconds(),
        agreed_at: nowSeconds(),
      };
      const key = consentKey(personId, client.client_id);
      await store.link(allOf(personId), 'grant', key, KEPT_SECONDS);
      await store.write('grant', key, JSON.stringify(stored), KEPT_SECONDS);
    },

    list: async (personId) => {
      const links = await store.linked(allOf(personId));
      const all = await Promise.all(links.map(({ key }) => readAt(key)));
      return all.filter((stored) => stored !== undefined);
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

/** Since when it is what people were shown. */
function sinceWhen({ created_at, known_since = created_at }: Client): number {
  return known_since;
}
