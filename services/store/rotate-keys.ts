/** Keys take over from one another, while every process runs and whatever was signed goes on being verified. */
import { nowSeconds } from '../shared/clock.ts';
import type { Seal } from '../shared/seal.ts';
import { publishedAt, withEnds, type KeyState, type KeyTimes } from './key-times.ts';
import { changeHeldKeys, KEY_PURPOSES, loadHeldKeys, newKey, type HeldKey, type KeyPurpose } from './signing-keys.ts';
import type { Store } from './store.ts';

/** What may be seen of a key. */
export interface KeyView extends KeyTimes {
  kid: string;
  purpose: KeyPurpose;
  state: KeyState;
}

/** Longer than verifiers keep keys without asking again: jose 10 minutes; PyJWT, Spring Security and Nimbus 5. */
export const PUBLICATION_SECONDS = 900;

/** Longer than a session lives; what is signed for longer lives longer yet, see {@link Rotation.longestLifeSeconds}. */
const KEEP_SECONDS = 30 * 86_400;

export interface Rotation {
  /** From now, when it is published, until it signs. */
  afterSeconds: number;
  /** Of what the present keys sign until then. */
  longestLifeSeconds: number;
}

/**
 * Adds a key for each purpose beside those that there are.
 *
 * @returns the new ones. @throws KeysSealedOtherwise
 */
export async function rotateKeys(store: Store, seal: Seal, rotation: Rotation): Promise<KeyView[]> {
  const fresh = await Promise.all(KEY_PURPOSES.map(newKey));
  const keepSeconds = Math.max(KEEP_SECONDS, rotation.longestLifeSeconds);
  const changed = await changeHeldKeys(store, seal, (held, now) => {
    const added = fresh.map((key) => ({ ...key, from: now + rotation.afterSeconds }));
    return Promise.resolve(tidied([...held, ...added], now, keepSeconds));
  });
  return viewsOf(changed, nowSeconds()).filter(({ kid }) => fresh.some((key) => key.kid === kid));
}

/**
 * Takes a key away at once: it signs no more, and what it signed is good no more. Where it signed, the one that was to
 * be next takes its place, or a new one.
 *
 * @returns it, and what is left; `undefined` where there is no such key. @throws KeysSealedOtherwise
 */
export async function retireKey(
  store: Store,
  seal: Seal,
  kid: string,
): Promise<{ retired: KeyView; left: KeyView[] } | undefined> {
  let retired: KeyView | undefined;
  const changed = await changeHeldKeys(store, seal, async (held, now) => {
    const states = statesOf(held, now);
    const key = [...states.keys()].find((one) => one.kid === kid);
    retired = viewsOf(held, now).find((one) => one.kid === kid);
    if (!key) return held;
    const others = held.filter((one) => one !== key);
    if (states.get(key) !== 'current') return tidied(others, now, KEEP_SECONDS);
    const waiting = [...states.keys()].findLast(
      (one) => one.purpose === key.purpose && states.get(one) === 'published',
    );
    /* From when the other signed, so that a process whose clock is behind does not fall back on one before both. */
    const { from: _, ...next } = waiting ?? (await newKey(key.purpose));
    const successor = { ...next, ...(key.from !== undefined && { from: key.from }) };
    return tidied([...others.filter((one) => one !== waiting), successor], now, KEEP_SECONDS);
  });
  return retired && { retired, left: viewsOf(changed, nowSeconds()) };
}

/** Those that are published. @throws KeysSealedOtherwise */
export async function listKeys(store: Store, seal: Seal): Promise<KeyView[]> {
  return viewsOf(await loadHeldKeys(store, seal), nowSeconds());
}

function tidied(held: readonly HeldKey[], now: number, keepSeconds: number): HeldKey[] {
  return byPurpose(held).flatMap((keys) => withEnds(keys, now, keepSeconds));
}

function statesOf(held: readonly HeldKey[], now: number): Map<HeldKey, KeyState> {
  return new Map(byPurpose(held).flatMap((keys) => publishedAt(keys, now).map(({ key, state }) => [key, state])));
}

function viewsOf(held: readonly HeldKey[], now: number): KeyView[] {
  return [...statesOf(held, now)].map(([{ secret: _, ...seen }, state]) => ({ ...seen, state }));
}

function byPurpose(held: readonly HeldKey[]): HeldKey[][] {
  return KEY_PURPOSES.map((wanted) => held.filter(({ purpose }) => purpose === wanted));
}
