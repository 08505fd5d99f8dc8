/** The key of a token's record. A client shows the same token with call after call, and to digest it costs as much as to look it up. */
import { keyOf, type Key } from '../store/store.ts';

/** Twice as many are remembered at most, in this process only. */
const REMEMBERED = 5000;
/** Ours are shorter, and what anybody sends is not to be held. */
const LONGEST = 64;

/** @returns the same as `keyOf`, whatever is remembered. */
export function createKeyOfToken(): (token: string) => Key {
  let recent = new Map<string, Key>();
  let before = new Map<string, Key>();

  return (token) => {
    const known = recent.get(token);
    if (known !== undefined) return known;
    if (token.length > LONGEST) return keyOf(token);
    const key = before.get(token) ?? keyOf(token);
    if (recent.size === REMEMBERED) [before, recent] = [recent, new Map<string, Key>()];
    recent.set(token, key);
    return key;
  };
}
