/**
 * Parameters by which the LRS can leave out of a list what its caller may not see, as far as it can. What comes back is
 * filtered all the same: this only makes for fewer statements to look at.
 */
import type { Agent } from '../../shared/xapi/actor.ts';
import { narrowing } from '../../shared/xapi/restriction.ts';
import { owes, type Call } from '../call.ts';

/** @param call that still owes what this narrows. @returns its parameters, and those that it could have had. */
export function withinRestrictions(call: Call): Map<string, string> {
  const asked = call.operation.parameters;
  const parameters = new Map(asked);
  if (!owes(call, 'restrict')) return parameters;
  for (const [name, value] of narrowing(call.caller?.restrictions ?? []))
    if (!asked.has(name) && (name !== 'agent' || isFoundByIt(JSON.parse(value) as Agent))) parameters.set(name, value);
  /* An activity may be that of a SubStatement, which only the broad search finds. */
  if (parameters.has('activity') && !asked.has('activity')) parameters.set('related_activities', 'true');
  return parameters;
}

/**
 * The agent, as JSON, by whom the LRS may find the statements of this caller's authority: there is no parameter for an
 * authority, and an anonymous Group cannot be asked for, but its member that has the fewer statements can: the person.
 */
export function agentOfAuthority({ caller, lrs }: Call): string | undefined {
  const authority = caller && lrs.authorityOf(caller);
  if (!authority) return undefined;
  const { name: _, ...identified } = 'member' in authority ? authority.member[1] : authority;
  return isFoundByIt(identified) ? JSON.stringify(identified) : undefined;
}

/** An mbox and its own mbox_sha1sum are the same Agent to a policy, and two to an LRS: it would leave out the other one. */
function isFoundByIt({ mbox, mbox_sha1sum }: Agent): boolean {
  return mbox === undefined && mbox_sha1sum === undefined;
}
