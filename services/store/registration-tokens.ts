/**
 * What lets somebody register clients: given out by an administrator, for so many, until a time, with all that they may
 * ever get. The token itself is in no record.
 *
 * @see RFC 7591 §1.2 ("Initial Access Token"), §3
 */
import type { GrantType } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { generateSecret } from '../shared/secret.ts';
import { keyOf, type Key, type Store } from './store.ts';

export interface Allowance {
  org: string;
  /** All that a client may ever ask for: our vocabulary, separated by spaces. */
  scope: string;
  grant_types: GrantType[];
  /** For how many clients it is good. */
  uses: number;
  /** Unix seconds. */
  exp: number;
}

export interface RegistrationToken extends Allowance {
  /** Names it without being it. */
  id: string;
}

export interface RegistrationTokens {
  /** @returns the token, which is shown once, and its id. */
  create(allowance: Allowance): Promise<{ token: string; id: string }>;
  find(token: string): Promise<RegistrationToken | undefined>;
  /** By its id, and for how many more clients it is good. */
  look(id: string): Promise<(RegistrationToken & { left: number }) | undefined>;
  /** Takes one of its uses: of any number at once, as many are told `true` as it is good for. */
  use(token: RegistrationToken): Promise<boolean>;
  /** `false` where there is none of this id. */
  revoke(id: string): Promise<boolean>;
}

/** Each use is a look-up of its own. */
export const MOST_USES = 100;

const ID = /^[\w-]{43}$/;

export function createRegistrationTokens(store: Store): RegistrationTokens {
  return {
    create: async (allowance) => {
      const token = generateSecret();
      const id = keyOf(`registration ${token}`);
      await store.write('registration-token', id, JSON.stringify(allowance), leftSeconds(allowance));
      return { token, id };
    },

    find: async (token) => {
      const id = keyOf(`registration ${token}`);
      const text = await store.read('registration-token', id);
      return text === undefined ? undefined : { ...(JSON.parse(text) as Allowance), id };
    },

    look: async (id) => {
      const text = ID.test(id) ? await store.read('registration-token', id as Key) : undefined;
      if (text === undefined) return undefined;
      const token = { ...(JSON.parse(text) as Allowance), id };
      const taken = await Promise.all(usesOf(token).map((key) => store.read('registration-use', key)));
      return { ...token, left: taken.filter((use) => use === undefined).length };
    },

    use: async (token) => {
      for (const [place, key] of usesOf(token).entries()) {
        if (!(await store.writeNew('registration-use', key, '', leftSeconds(token)))) continue;
        /* It may have been revoked since it was found. */
        const isThere = (await store.read('registration-token', token.id as Key)) !== undefined;
        if (place === token.uses - 1) await store.remove('registration-token', token.id as Key);
        return isThere;
      }
      return false;
    },

    revoke: async (id) => {
      if (!ID.test(id) || (await store.read('registration-token', id as Key)) === undefined) return false;
      await store.remove('registration-token', id as Key);
      return true;
    },
  };
}

function usesOf({ id, uses }: RegistrationToken): Key[] {
  return Array.from({ length: uses }, (_, place) => keyOf(`registration ${id} ${place}`));
}

function leftSeconds({ exp }: Allowance): number {
  return Math.max(1, exp - nowSeconds());
}
