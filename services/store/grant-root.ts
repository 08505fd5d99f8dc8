/** Where the root of a family of tokens is: while it is there, what came of that authorization counts. */
import { keyOf, type Key } from './store.ts';

export function grantRoot(grantId: string): Key {
  return keyOf(`Grant ${grantId}`);
}
