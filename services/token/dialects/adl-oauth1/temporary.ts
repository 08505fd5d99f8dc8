/**
 * Temporary credentials: what a client has while its person is asked. Answered once, by one person; redeemed once.
 *
 * @see RFC 5849 §2.1
 */
import { opened } from '../../../caller/signer.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { tokenSecretContext } from '../../../shared/oauth1/secrets.ts';
import type { Seal } from '../../../shared/seal.ts';
import { generateSecret } from '../../../shared/secret.ts';
import { keyOf, type Store } from '../../../store/store.ts';

/** To sign in and to read what is asked. */
export const ANSWER_SECONDS = 600;
/** To type what the page shows, or to come back by a redirect. */
const REDEEM_SECONDS = 600;
/** Ten digits then have to be guessed in five attempts, each of them signed by the client. */
const MOST_TRIES = 5;

export interface Temporary {
  client_id: string;
  /** The client's, when it asked. */
  generation: number;
  /** One that is registered, or `oob`. */
  callback: string;
  /** What was asked for, as far as the client may have it. */
  scope: string;
  /** Until when a person can answer, in unix seconds. */
  exp: number;
}

/** What a person lets the client have. */
export interface Allowed {
  person_id: string;
  person_generation: number;
  /** Never empty. */
  scope: string;
  verifier: string;
}

export interface Answer {
  /** The stop at which it was given. */
  at: string;
  /** Absent where they said no. */
  allowed?: Allowed;
}

export interface Found extends Temporary {
  secret: string;
  isRedeemed: boolean;
}

export interface TemporaryCredentials {
  issue(said: Omit<Temporary, 'exp'>): Promise<{ token: string; secret: string }>;
  find(token: string): Promise<Found | undefined>;
  /** Of any number of answers at once, one counts. @returns whether it is this. */
  answer(token: string, answer: Answer): Promise<boolean>;
  answerTo(token: string): Promise<Answer | undefined>;
  /** Before a verifier is compared. @returns `false` where too many were wrong. */
  mayTry(token: string): Promise<boolean>;
  /** Of any number at once, exactly one is told `true`. */
  redeem(token: string): Promise<boolean>;
  /** What it was redeemed for, once the client has been told; a second use then ends that. */
  noteFamily(token: string, grantId: string): Promise<void>;
  familyOf(token: string): Promise<string | undefined>;
}

/** With its secret sealed. */
type Kept = Temporary & { secret: string };

export function createTemporaryCredentials(store: Store, seal: Seal): TemporaryCredentials {
  const at = (token: string) => keyOf(`OAuth 1 temporary ${token}`);
  const answerAt = (token: string) => keyOf(`OAuth 1 answer ${token}`);
  const familyAt = (token: string) => keyOf(`OAuth 1 family ${token}`);
  const tryAt = (token: string, place: number) => keyOf(`OAuth 1 try ${token} ${place}`);
  const lifeSeconds = ANSWER_SECONDS + REDEEM_SECONDS;

  return {
    issue: async (said) => {
      const [token, secret] = [generateSecret(), generateSecret()];
      const sealed = seal.seal(secret, tokenSecretContext(token));
      const kept: Kept = { ...said, exp: nowSeconds() + ANSWER_SECONDS, secret: sealed };
      await store.write('oauth1-temporary', at(token), JSON.stringify(kept), lifeSeconds);
      return { token, secret };
    },

    find: async (token) => {
      const found = await store.readOnce('oauth1-temporary', at(token));
      if (!found) return undefined;
      const kept = JSON.parse(found.value) as Kept;
      return {
        ...kept,
        secret: opened(seal, kept.secret, tokenSecretContext(token)),
        isRedeemed: found.consumedAt !== undefined,
      };
    },

    answer: (token, { at, allowed }) => {
      const verifier = seal.seal(allowed?.verifier ?? '', VERIFIER_CONTEXT);
      const kept: Answer = { at, ...(allowed && { allowed: { ...allowed, verifier } }) };
      return store.writeNew('oauth1-answer', answerAt(token), JSON.stringify(kept), lifeSeconds);
    },

    answerTo: async (token) => {
      const text = await store.read('oauth1-answer', answerAt(token));
      if (text === undefined) return undefined;
      const { at, allowed } = JSON.parse(text) as Answer;
      return {
        at,
        ...(allowed && { allowed: { ...allowed, verifier: opened(seal, allowed.verifier, VERIFIER_CONTEXT) } }),
      };
    },

    /* A place is taken before anything is compared: of many at once no more are looked at than there are places. */
    mayTry: async (token) => {
      for (let place = 0; place < MOST_TRIES; place++)
        if (await store.writeNew('oauth1-answer', tryAt(token, place), '', lifeSeconds)) return true;
      return false;
    },

    redeem: (token) => store.consume('oauth1-temporary', at(token)),
    noteFamily: (token, grantId) => store.write('oauth1-answer', familyAt(token), grantId, lifeSeconds),
    familyOf: (token) => store.read('oauth1-answer', familyAt(token)),
  };
}

const VERIFIER_CONTEXT = 'oauth1-verifier';
