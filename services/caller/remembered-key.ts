/** Keys of what comes again with call after call: to digest it costs as much as to look it up. */
import { keyOf, type Key } from '../store/store.ts';

/** Twice as many are remembered at most, in this process only. */
const REMEMBERED = 5000;
/** Our tokens and ids are shorter, and what anybody sends is not to be held. */
const LONGEST = 64;

/** @returns the same as `keyOf`, whatever is remembered. */
export function createRememberedKeyOf(): (id: string) => Key {
  let recent = new Map<string, Key>();
  let before = new Map<string, Key>();

  return (id) => {
    const known = recent.get(id);
    if (known !== undefined) return known;
    if (id.length > LONGEST) return keyOf(id);
    const key = before.get(id) ?? keyOf(id);
    if (recent.size === REMEMBERED) [before, recent] = [recent, new Map<string, Key>()];
    recent.set(id, key);
    return key;
  };
}
