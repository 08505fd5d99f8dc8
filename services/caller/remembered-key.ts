/** Keys of what comes again with call after call: to digest it costs as much as to look it up. In this process only. */
import { remembered } from '../shared/remembered.ts';
import { keyOf, type Key } from '../store/store.ts';

/** Our tokens and ids are shorter. */
const LONGEST = 64;

/** @returns the same as `keyOf`. */
export function createRememberedKeyOf(): (id: string) => Key {
  return remembered(keyOf, { most: 5000, longest: LONGEST });
}
