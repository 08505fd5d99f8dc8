/**
 * Client secrets, compared so that nobody can go through many. "The authorization server MUST protect any endpoint
 * utilizing it against brute force attacks" (RFC 6749 §2.3.1).
 *
 * What is counted is different secrets, for a client from one network: a machine that goes on with the old one after a
 * rotation guesses nothing, and stops nobody. Past the most, wrong secrets are told to wait, and imported ones, which a
 * person may have chosen, are not compared any more. Generated ones always are: 256 bits cannot be guessed, so their
 * client cannot be locked out either. A right secret costs nothing: what is counted is looked at in memory, and the store
 * only asked, and told, where one was wrong.
 */
import { hasSecret, type Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import { networkOf } from '../shared/network.ts';
import type { Seal } from '../shared/seal.ts';
import { isGenerated } from '../shared/secret.ts';
import { keyOf, StoreUnavailable, type Key, type Store } from './store.ts';

export type Compared = 'right' | 'wrong' | { retryAfterSeconds: number };

/** @param address where it came from; `undefined`, or one that may be anybody's, is not counted. */
export type CompareSecret = (client: Client, secret: string, address: string | undefined) => Promise<Compared>;

/** What the caller is told to wait for. */
export const TOO_MANY_WRONG =
  'too many different secrets were wrong for this client; wait, and use one that is registered for it';

export const MOST_WRONG = 20;
export const WINDOW_SECONDS = 3600;

/** Of clients and networks; the oldest is forgotten, and read again when it fails once more. */
const MOST_TALLIES = 10_000;

/** Of base64url: 96 bits. */
const MARK_LENGTH = 16;

/** Shared by the processes through the store. Two that write at once can lose one: each still has its own. */
interface Tally {
  marks: Set<string>;
  /** Unix seconds. */
  until: number;
  /** How many of them the store was seen to have. */
  kept: number;
}

/** @param now unix seconds. */
export function createCompareSecret(store: Store, seal: Seal, now: () => number = nowSeconds): CompareSecret {
  const tallies = new Map<Key, Tally>();

  function tallyOf(key: Key): Tally {
    const known = tallies.get(key);
    if (known && known.until > now()) return known;
    tallies.delete(key);
    const [oldest] = tallies.keys();
    if (oldest !== undefined && tallies.size >= MOST_TALLIES) tallies.delete(oldest);
    const fresh = { marks: new Set<string>(), until: now() + WINDOW_SECONDS, kept: 0 };
    tallies.set(key, fresh);
    return fresh;
  }

  async function share(key: Key, tally: Tally): Promise<void> {
    if (tally.kept === tally.marks.size || tally.kept > MOST_WRONG) return;
    const text = await store.read('wrong-secrets', key);
    const kept = text === undefined ? undefined : (JSON.parse(text) as { marks: string[]; until: number });
    if (kept && kept.until > now()) {
      for (const mark of kept.marks) tally.marks.add(mark);
      tally.until = Math.min(tally.until, kept.until);
    }
    const marks = [...tally.marks].slice(0, MOST_WRONG + 1);
    const { until } = tally;
    await store.write('wrong-secrets', key, JSON.stringify({ marks, until }), Math.max(1, until - now()));
    tally.kept = tally.marks.size;
  }

  return async (client, secret, address) => {
    const network = networkOf(address);
    if (network === undefined) return (await hasSecret(client, secret, now())) ? 'right' : 'wrong';
    const key = keyOf(JSON.stringify([client.client_id, network]));
    const generated = client.secrets.filter(isGenerated);
    if (await hasSecret({ ...client, secrets: generated }, secret, now())) return 'right';

    const tally = tallyOf(key);
    const isOver = () => tally.marks.size > MOST_WRONG;
    const mark = markOf(seal, client, secret);
    const isNew = !tally.marks.has(mark);
    /* Before it is compared: of many at once, no more are looked at than are allowed. */
    if (!isOver()) tally.marks.add(mark);
    if (!isOver() && generated.length < client.secrets.length && (await hasSecret(client, secret, now()))) {
      if (isNew) tally.marks.delete(mark);
      return 'right';
    }
    await share(key, tally).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error;
    });
    return isOver() ? { retryAfterSeconds: Math.max(1, tally.until - now()) } : 'wrong';
  };
}

/**
 * What tells one wrong secret from another. A keyed hash (a sealed text begins with one), by a key that no dump of the
 * store has: somebody may only have mistyped the right one.
 */
function markOf(seal: Seal, { client_id }: Client, secret: string): string {
  return seal.sealStable(secret, `wrong secret of ${client_id}`).slice(0, MARK_LENGTH);
}
