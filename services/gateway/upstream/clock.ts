/**
 * Time in ticks, for what only has to be noticed soon after it is over: one timer for all calls, where one for each would cost
 * more than the rest of its waiting. A process that stood still has not waited: it counts one tick for that.
 */

export interface Clock {
  /** Ticks so far. */
  now: number;
}

export const TICK_MS = 250;
export const NEVER = Infinity;

/** How many ticks are never less than so long, whenever they begin. */
export function ticksFor(seconds: number): number {
  return Math.ceil((seconds * 1000) / TICK_MS) + 1;
}

/** How many ticks are never more than so long. */
export function ticksWithin(seconds: number): number {
  return Math.floor((seconds * 1000) / TICK_MS);
}
