/** Holds calls for documents, agents and activities to the caller's restrictions. Statements have rules of their own. */
import { Refusal } from '../../shared/refusal.ts';
import { objectionToParameters } from '../../shared/xapi/restriction.ts';
import { discharged, owes, withParameters, type Rule } from '../call.ts';

/** @returns a rule that throws Refusal 403 with the parameter that is missing or says something else. */
export function createRestrictParameters(): Rule {
  return async (call, ask) => {
    const { caller, operation } = call;
    if (!caller || operation.resource === 'statements' || !owes(call, 'restrict')) return ask(call);
    const objection = objectionToParameters(operation, caller.restrictions);
    if (objection !== undefined) throw new Refusal('access_denied', objection);
    /* As they were read here: whether a "+" is a space is not left to the LRS. */
    return ask(withParameters(discharged(call, 'restrict'), operation.parameters));
  };
}
