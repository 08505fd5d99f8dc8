/**
 * When a key signs, and for how long it is published. Whoever has the record decides by the clock: nothing has to be
 * told to anybody at the moment when one takes over from another.
 */

/** Unix seconds. */
export interface KeyTimes {
  /** It signs from then on, until another does; absent: from the beginning. */
  from?: number;
  /** It is not published any more; absent: while none takes over from it. */
  until?: number;
}

/** Published before it signs, and after, while what it signed is still good. */
export type KeyState = 'published' | 'current' | 'retired';

const ORDER: Readonly<Record<KeyState, number>> = { current: 0, published: 1, retired: 2 };

/**
 * @param keys those for one purpose. Of two from the same second the first is the newer one.
 * @returns those that are published: the one that signs, those that will, those that did, newest first.
 */
export function publishedAt<T extends KeyTimes>(keys: readonly T[], now: number): { key: T; state: KeyState }[] {
  const published = newestFirst(keys).filter((key) => !isOver(key, now));
  const begun = published.findIndex(({ from = 0 }) => from <= now);
  /* None has, where this clock is behind that of whoever made them: the first to do so signs, rather than none. */
  const current = begun === -1 ? published.length - 1 : begun;
  return published
    .map((key, place) => ({ key, state: stateOf(place - current) }))
    .toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
}

function stateOf(beyondCurrent: number): KeyState {
  if (beyondCurrent === 0) return 'current';
  return beyondCurrent < 0 ? 'published' : 'retired';
}

/**
 * Those for one purpose, without those whose time is over, and each that another takes over from with an end.
 *
 * @param keepSeconds how long what it signed last can live.
 */
export function withEnds<T extends KeyTimes>(keys: readonly T[], now: number, keepSeconds: number): T[] {
  const ends = new Map<T, number>();
  let successor: number | undefined;
  for (const key of newestFirst(keys)) {
    if (successor !== undefined) ends.set(key, Math.max(key.until ?? 0, successor + keepSeconds));
    successor = key.from ?? successor;
  }
  return keys
    .filter((key) => !isOver(key, now))
    .map((key) => {
      const { until: _, ...endless } = key;
      const until = ends.get(key);
      return { ...endless, ...(until !== undefined && { until }) } as T;
    });
}

function isOver({ until }: KeyTimes, now: number): boolean {
  return until !== undefined && until <= now;
}

function newestFirst<T extends KeyTimes>(keys: readonly T[]): T[] {
  return keys.toSorted((a, b) => (b.from ?? 0) - (a.from ?? 0));
}
