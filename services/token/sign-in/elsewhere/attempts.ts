/** Sign-ins that are under way at another provider: each belongs to one browser and one flow, and ends once. */
import { createHmac } from 'node:crypto';
import { generateSecret } from '../../../shared/secret.ts';
import { keyOf, type Store } from '../../../store/store.ts';
import type { Binding } from './openid-provider.ts';

export interface Attempt {
  /** The stop in the flow that it began at. */
  uid: string;
  /** The provider's id. */
  provider: string;
}

export interface Attempts {
  /** @param browser the browser's own secret. */
  begin(attempt: Attempt, browser: string): Promise<Binding>;
  /** What was begun in this browser under this state, and has not ended. */
  find(state: string, browser: string): Promise<Attempt | undefined>;
  /** Of any number of answers, exactly one ends it: a replayed one gets `undefined`. */
  end(state: string, attempt: Attempt, browser: string): Promise<Binding | undefined>;
}

/** To sign in there, however slowly; the flow waits no longer. */
const ATTEMPT_SECONDS = 1800;

const KIND = 'sign-in-elsewhere';

/**
 * The key is of both, so in another browser there is nothing under a state: an attacker who signs in, and has somebody else
 * open the callback, would make them go on in the attacker's name (login CSRF).
 */
const keyFor = (state: string, browser: string) => keyOf(`${state} ${browser}`);

/** Nonce and verifier come of the browser's secret, so they are in no store. */
function bindingOf(state: string, browser: string): Binding {
  const made = (what: string) => createHmac('sha256', browser).update(`${what} ${state}`).digest('base64url');
  return { state, nonce: made('nonce'), verifier: made('verifier') };
}

export function createAttempts(store: Store): Attempts {
  const attempts: Attempts = {
    begin: async (attempt, browser) => {
      const state = generateSecret();
      await store.write(KIND, keyFor(state, browser), JSON.stringify(attempt), ATTEMPT_SECONDS);
      return bindingOf(state, browser);
    },

    find: async (state, browser) => {
      const kept = await store.readOnce(KIND, keyFor(state, browser));
      return kept && kept.consumedAt === undefined ? (JSON.parse(kept.value) as Attempt) : undefined;
    },

    end: async (state, { uid, provider }, browser) => {
      const begun = await attempts.find(state, browser);
      if (begun?.uid !== uid || begun.provider !== provider) return undefined;
      return (await store.consume(KIND, keyFor(state, browser))) ? bindingOf(state, browser) : undefined;
    },
  };
  return attempts;
}
