/** Which statements a caller may see at all. What nobody has narrowed for it is nothing. */
import { isSameAuthority } from '../../shared/xapi/authority.ts';
import { propertyOf } from '../../shared/xapi/property.ts';
import { objectionToReading } from '../../shared/xapi/restriction.ts';
import { owes, type Call } from '../call.ts';

/** @param statement parsed, otherwise unchecked. */
export type IsVisible = (statement: unknown) => boolean;

/**
 * @param call that still owes what this narrows.
 * @throws Error where whose statements are the caller's cannot be told.
 */
export function visibleTo(call: Call): IsVisible {
  const { caller, lrs } = call;
  if (!caller) throw new Error('statements are to be narrowed to nobody');
  const restrictions = owes(call, 'restrict') ? caller.restrictions : [];
  const isAllowed: IsVisible = (statement) => objectionToReading(statement, restrictions) === undefined;
  if (!owes(call, 'mine')) return isAllowed;
  const authority = lrs.authorityOf(caller);
  if (!authority) throw new Error('statements are to be narrowed to an authority that nobody can tell');
  return (statement) => isSameAuthority(propertyOf(statement, 'authority'), authority) && isAllowed(statement);
}
