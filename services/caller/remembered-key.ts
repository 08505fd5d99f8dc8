/** Keys of what comes again and again: to digest it costs as much as to look it up. In this process only. */
import { rememberedByEnding } from '../shared/remembered-by-ending.ts';
import { keyOf, type Key } from '../store/store.ts';

/** Our tokens and ids are shorter. */
const LONGEST = 64;
const PLACES = 16_384;

/** @returns the same as `keyOf`. */
export function createRememberedKeyOf(): (id: string) => Key {
  return rememberedByEnding(keyOf, { places: PLACES, longest: LONGEST });
}
