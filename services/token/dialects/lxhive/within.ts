/** Nobody hands on more than they hold. */
import { Refusal } from '../../../shared/refusal.ts';
import { covers, isLrsScope, narrow } from '../../../shared/scopes.ts';

/** What lxHive means where nothing is said. */
const DEFAULT = ['all'];

/**
 * @param asked scopes; absent: `all`, which is as much of it as there is. @param holders what each holds of whom it depends.
 * @returns never nothing.
 * @throws Refusal 400 where more is asked than one of them holds, or where it would be nothing.
 */
export function within(field: string, asked: readonly string[] | undefined, holders: readonly (readonly string[])[]) {
  const held = holders.reduce((all, one) => narrow(all, one), DEFAULT).filter(isLrsScope);
  const beyond = asked?.find((scope) => !holders.every((one) => one.some((wide) => covers(wide, scope))));
  if (beyond !== undefined)
    throw new Refusal('invalid_request', `${field} has ${beyond}, which is more than there is: ${shown(held)}`);
  const scopes = asked ?? held;
  if (scopes.length === 0)
    throw new Refusal('invalid_request', `${field} would be nothing at the LRS; there is ${shown(held)}`);
  return narrow(scopes, held);
}

function shown(held: readonly string[]): string {
  return held.join(' ') || 'nothing';
}
