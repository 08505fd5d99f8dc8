/**
 * How often somebody may try to sign in. Each attempt takes a place before the password is looked at, and gives it back
 * if it was right, so of any number at once, in however many processes, no more are looked at than there are places.
 *
 * Places are an account's from one address, so that nobody locks a person out from elsewhere; an address's, against one
 * password tried on many accounts; and an account's from everywhere, against many addresses. A browser that the person
 * has signed in from before has places of its own, so that none of these can keep them out for ever (OWASP, "Slow down
 * online guessing attacks with device cookies").
 */
import { digest } from '../../shared/digest.ts';
import { keyOf, type Key, type Store } from '../../store/store.ts';

export interface Attempt {
  /** The person's id, or what was typed where there is no such account: both are throttled alike. */
  account: string;
  /** Where the request came from; absent where that cannot be known. */
  address: string | undefined;
  /** The secret of a browser that this person is known by. */
  knownBrowser: string | undefined;
}

export interface Admitted {
  /** The password was right: what the attempt, and those before it in its own place, took is given back. */
  succeeded(): Promise<void>;
}

export type Admission = Admitted | { retryAfterSeconds: number };

export const WINDOW_SECONDS = 15 * 60;
const PER_ACCOUNT_AND_ADDRESS = 10;
const PER_BROWSER = 10;
/** A class of learners comes from one address. */
const PER_ADDRESS = 100;
const PER_ACCOUNT = 100;

/** After the third attempt the next has to wait a second, then two, four … a minute. */
const FREE_ATTEMPTS = 3;
const LONGEST_DELAY_SECONDS = 60;

export interface Bucket {
  places: readonly Key[];
  /** Whether each attempt makes the next wait longer. */
  isSlowed: boolean;
}

export function bucket(most: number, isSlowed: boolean, ...what: string[]): Bucket {
  const places = Array.from({ length: most }, (_, place) => keyOf(JSON.stringify([...what, place])));
  return { places, isSlowed };
}

function bucketsOf({ account, address, knownBrowser }: Attempt): [own: Bucket, ...shared: Bucket[]] {
  const whose = digest(account);
  if (knownBrowser !== undefined) return [bucket(PER_BROWSER, true, 'browser', knownBrowser, whose)];
  const everywhere = bucket(PER_ACCOUNT, false, 'account', whose);
  if (address === undefined) return [everywhere];
  return [
    bucket(PER_ACCOUNT_AND_ADDRESS, true, 'account and address', whose, address),
    bucket(PER_ADDRESS, false, 'address', address),
    everywhere,
  ];
}

/** @param nowMs the clock, in milliseconds. */
export function createThrottle(store: Store, nowMs: () => number = Date.now): (attempt: Attempt) => Promise<Admission> {
  const admit = createAdmission(store, nowMs);
  return (attempt) => admit(bucketsOf(attempt));
}

/** An attempt takes a place in each of the buckets; what is given back of its own is all of it. */
export function createAdmission(
  store: Store,
  nowMs: () => number = Date.now,
): (buckets: readonly [own: Bucket, ...shared: Bucket[]]) => Promise<Admission> {
  return async (buckets) => {
    const taken: Key[] = [];
    const giveBack = (places: readonly Key[]) =>
      Promise.all(places.map((place) => store.remove('sign-in-attempt', place)));
    for (const each of buckets) {
      const place = await takePlace(store, each, nowMs());
      if (typeof place !== 'string') {
        await giveBack(taken);
        return { retryAfterSeconds: Math.max(1, Math.ceil(place.waitMs / 1000)) };
      }
      taken.push(place);
    }
    const [own] = buckets;
    return {
      succeeded: async () => {
        await giveBack([...new Set([...(own.isSlowed ? own.places : []), ...taken])]);
      },
    };
  };
}

/** The first place that is free, or how long to wait. */
async function takePlace(store: Store, { places, isSlowed }: Bucket, nowMs: number): Promise<Key | { waitMs: number }> {
  const held = await Promise.all(places.map((place) => store.read('sign-in-attempt', place)));
  const times = held.filter((text) => text !== undefined).map(Number);
  if (isSlowed && times.length > 0) {
    const waitMs = Math.max(...times) + delaySeconds(times.length) * 1000 - nowMs;
    if (waitMs > 0) return { waitMs };
  }
  for (const [index, place] of places.entries()) {
    const isFree = held[index] === undefined;
    if (isFree && (await store.writeNew('sign-in-attempt', place, String(nowMs), WINDOW_SECONDS))) return place;
  }
  const oldest = times.length > 0 ? Math.min(...times) : nowMs;
  return { waitMs: oldest + WINDOW_SECONDS * 1000 - nowMs };
}

function delaySeconds(attempts: number): number {
  if (attempts < FREE_ATTEMPTS) return 0;
  return Math.min(2 ** (attempts - FREE_ATTEMPTS), LONGEST_DELAY_SECONDS);
}
