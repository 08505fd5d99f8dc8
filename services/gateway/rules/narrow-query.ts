/**
 * Lets the LRS leave out of a list what its caller may not see, as far as it can. What comes back is filtered all the same:
 * this only makes for fewer statements to look at.
 */
import type { Agent, Authority } from '../../shared/xapi/actor.ts';
import { narrowing } from '../../shared/xapi/restriction.ts';
import { owes, type Call } from '../call.ts';

/**
 * @param call that still owes what this narrows. @returns the parameters to ask the LRS with, or `undefined` where
 * there is nothing to add.
 */
export function narrowedParameters(call: Call): Map<string, string> | undefined {
  const parameters = new Map(call.operation.parameters);
  for (const [name, value] of owes(call, 'restrict') ? narrowing(call.caller?.restrictions ?? []) : [])
    if (!parameters.has(name) && (name !== 'agent' || isFoundByIt(JSON.parse(value) as Agent)))
      parameters.set(name, value);
  /* An activity may be that of a SubStatement, which only the broad search finds. */
  if (parameters.has('activity') && !call.operation.parameters.has('activity'))
    parameters.set('related_activities', 'true');
  const agent = owes(call, 'mine') && !parameters.has('agent') ? agentOf(authorityOf(call)) : undefined;
  if (agent) parameters.set('agent', agent).set('related_agents', 'true');
  return parameters.size > call.operation.parameters.size ? parameters : undefined;
}

function authorityOf({ caller, lrs }: Call): Authority | undefined {
  return caller && lrs.authorityOf(caller);
}

/** "agent … An anonymous Group can't be asked for": its member that fewer statements have, the person. */
function agentOf(authority: Authority | undefined): string | undefined {
  if (!authority) return undefined;
  const { name: _, ...identified } = 'member' in authority ? authority.member[1] : authority;
  return isFoundByIt(identified) ? JSON.stringify(identified) : undefined;
}

/** An mbox and its own mbox_sha1sum are the same Agent to a policy, and two to an LRS: it would leave out the other one. */
function isFoundByIt({ mbox, mbox_sha1sum }: Agent): boolean {
  return mbox === undefined && mbox_sha1sum === undefined;
}
