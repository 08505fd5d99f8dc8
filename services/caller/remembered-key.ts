/** Keys of what comes again and again: to digest it costs as much as to look it up. In this process only. */
import { createKnownByEnding } from '../shared/known-by-ending.ts';
import { keyOf, type Key } from '../store/store.ts';

/** Our tokens and ids are shorter: what anybody sends at any length is not to be held. */
const LONGEST = 64;
const PLACES = 16_384;

/** @returns the same as `keyOf`. */
export function createRememberedKeyOf(): (id: string) => Key {
  const keys = createKnownByEnding<Key>(PLACES);
  return (id) => {
    const known = keys.get(id);
    if (known !== undefined) return known;
    const key = keyOf(id);
    if (id.length <= LONGEST) keys.set(id, key);
    return key;
  };
}
