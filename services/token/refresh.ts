/**
 * The answer to a refresh, kept for the moment in which it may have been lost: a client that asks again with the token it
 * used gets the same tokens, not others. It is sealed with a key that only the used token gives, so the store has none of
 * them.
 *
 * @see RFC 9700 §4.14.2
 */
import { hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createSeal, type Seal } from '../shared/seal.ts';
import { keyOf, type Store } from '../store/store.ts';
import { GRACE_SECONDS, spentKey } from './spendable.ts';

export interface Answer {
  access_token: string;
  refresh_token?: string;
}

export interface Successors {
  /** @param asked what else the request said: the same token with another wish is another request. */
  keep(token: string, asked: string, answer: Answer): Promise<void>;
  /** The answer, waited for while it is being made; `undefined` where there is none to this request. */
  find(token: string, asked: string): Promise<Answer | undefined>;
  /** Whether somebody has gone on with it: then it was not lost. */
  isUsed(answer: Answer): Promise<boolean>;
}

const WAIT_MS = 3000;
const LOOK_MS = 20;

export function createSuccessors(store: Store): Successors {
  const at = (token: string) => keyOf(`RefreshToken successor ${token}`);
  return {
    keep: (token, asked, answer) =>
      store.write('replay', at(token), sealOf(token).seal(JSON.stringify(answer), asked), GRACE_SECONDS + 1),

    find: async (token, asked) => {
      for (const until = Date.now() + WAIT_MS; ; await setTimeout(LOOK_MS)) {
        const sealed = await store.read('replay', at(token));
        const text = sealed === undefined ? undefined : sealOf(token).open(sealed, asked);
        if (text !== undefined) return JSON.parse(text) as Answer;
        if (sealed !== undefined || Date.now() > until) return undefined;
      }
    },

    isUsed: async ({ refresh_token: token }) => {
      const next =
        token === undefined ? undefined : await store.readOnce('refresh-token', spentKey('RefreshToken', token));
      return next?.consumedAt !== undefined;
    },
  };
}

function sealOf(token: string): Seal {
  return createSeal([hash('sha256', `RefreshToken seal ${token}`, 'buffer')], 'refresh successor');
}
