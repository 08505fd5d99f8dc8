/** How often a device may ask whether its person has answered. @see RFC 8628 §3.5 */
import { keyOf, type Key, type Store } from '../store/store.ts';

/** "If no value is provided, clients MUST use 5 as the default"; and what each `slow_down` adds. */
export const INTERVAL_SECONDS = 5;
/** A minute at most, so that whoever heeds it is still told in time. */
const MOST_SLOWED = 11;
/** Of two requests that are sent five seconds apart the second can be the quicker one on its way. */
const TOLERANCE_SECONDS = 1;

export interface Polling {
  /**
   * Asks once. Of any number at once, in however many processes, one is in time.
   *
   * @param lifeSeconds how long the device has left.
   * @returns `undefined` where it is in time; otherwise how long to wait between requests from now on.
   */
  ask(device: string, lifeSeconds: number): Promise<number | undefined>;
}

export function createPolling(store: Store): Polling {
  const gateOf = (device: string) => keyOf(`Device poll ${device}`);
  const placesOf = (device: string) =>
    Array.from({ length: MOST_SLOWED }, (_, place) => keyOf(`Device poll ${device} slowed ${place}`));

  async function slowed(places: readonly Key[]): Promise<number> {
    const held = await Promise.all(places.map((place) => store.read('device-poll', place)));
    return held.filter((text) => text !== undefined).length;
  }

  /** "The interval MUST be increased by 5 seconds for this and all subsequent requests": each takes a place of its own. */
  async function slowDown(places: readonly Key[], lifeSeconds: number): Promise<number> {
    for (const [place, key] of places.entries())
      if (await store.writeNew('device-poll', key, '', lifeSeconds)) return place + 1;
    return MOST_SLOWED;
  }

  return {
    ask: async (device, lifeSeconds) => {
      const [gate, places] = [gateOf(device), placesOf(device)];
      const interval = INTERVAL_SECONDS * (1 + (await slowed(places)));
      if (await store.writeNew('device-poll', gate, '', interval - TOLERANCE_SECONDS)) return undefined;
      const longer = INTERVAL_SECONDS * (1 + (await slowDown(places, lifeSeconds)));
      await store.write('device-poll', gate, '', longer - TOLERANCE_SECONDS);
      return longer;
    },
  };
}
