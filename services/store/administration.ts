/**
 * What administrators changed: a record for each change, numbered within its day, for a bit over a year. Numbers are taken
 * by writing where nothing is, so nobody's record is lost or written over, and the list needs no index that would last.
 */
import { keyOf, type Store } from './store.ts';

export interface AdministrativeChange {
  /** ISO 8601, UTC. */
  at: string;
  /** Who, as the machine has it. */
  user: string;
  /** Who became that, as sudo says. */
  sudo_user?: string;
  host: string;
  /** The person as whom it was done: an administrator of some clients, by id. */
  administrator?: string;
  /** Of the command: `rotate`. */
  action: string;
  /** What it was done to, and its id. */
  subject: 'client' | 'user' | 'organization' | 'key' | 'registration token';
  id: string;
  outcome: 'added' | 'changed' | 'removed';
  /** The names of what is different now; never a value. */
  fields?: readonly string[];
  /** What it may do since, where that is different. */
  scope?: string;
}

export interface Administration {
  record(change: Omit<AdministrativeChange, 'at'>): Promise<void>;
  /** Of so many days, today included; the oldest first. */
  ofDays(days: number): AsyncIterable<AdministrativeChange>;
}

export const KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

export function createAdministration(store: Store, nowMs: () => number = Date.now): Administration {
  const keyAt = (day: number, place: number) => keyOf(JSON.stringify(['administration', day, place]));
  const read = (day: number, place: number) => store.read('administration', keyAt(day, place));
  const isTaken = async (day: number, place: number) => (await read(day, place)) !== undefined;

  /** Found by halving: a day may have thousands, of a script. */
  async function firstFree(day: number): Promise<number> {
    let beyond = 1;
    while (await isTaken(day, beyond - 1)) beyond *= 2;
    let [taken, free] = [Math.floor(beyond / 2) - 1, beyond - 1];
    while (free - taken > 1) {
      const middle = Math.floor((taken + free) / 2);
      if (await isTaken(day, middle)) taken = middle;
      else free = middle;
    }
    return free;
  }

  return {
    record: async (change) => {
      const now = nowMs();
      const day = Math.floor(now / DAY_MS);
      const text = JSON.stringify({ at: new Date(now).toISOString(), ...change });
      /* All of a day expire together: one that is gone before the next would hide it. */
      const ttlSeconds = ((day + 1 + KEPT_DAYS) * DAY_MS - now) / 1000;
      let place = await firstFree(day);
      while (!(await store.writeNew('administration', keyAt(day, place), text, ttlSeconds))) place += 1;
    },

    async *ofDays(days) {
      const today = Math.floor(nowMs() / DAY_MS);
      for (let day = today - days + 1; day <= today; day++)
        for (let place = 0, text = await read(day, place); text !== undefined; text = await read(day, (place += 1)))
          yield JSON.parse(text) as AdministrativeChange;
    },
  };
}
