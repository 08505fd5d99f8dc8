/** What a permitted call owes before it may be forwarded, as a table. What is not owed costs nothing. */
import { LRS_SCOPES } from '../shared/xapi/permissions.ts';
import { grants, type Decision } from '../shared/xapi/decide.ts';
import type { Duty } from './call.ts';
import type { Caller } from '../caller/caller.ts';
import type { Lrs } from './lrs.ts';
import type { Operation } from './operation.ts';

interface Situation {
  operation: Operation;
  caller: Caller;
  lrs: Lrs;
  decision: Decision & { allow: true };
}

type Owed = (situation: Situation) => boolean;

const isWrittenStatement: Owed = ({ operation: { resource, access } }) =>
  resource === 'statements' && access === 'write';

const OWED: Readonly<Record<Duty, Owed>> = {
  mine: ({ decision }) => decision.only === 'mine',
  restrict: ({ caller }) => caller.restrictions.length > 0,
  authority: (situation) => situation.lrs.authority === 'kept' && isWrittenStatement(situation),
  define: (situation) =>
    situation.caller.enforcesDefine && isWrittenStatement(situation) && !mayDefine(situation.caller.scopes),
  isolate: ({ operation: { resource }, lrs }) => resource === 'activities/state' && lrs.isolatesState,
};

const DUTIES = Object.keys(OWED) as Duty[];

export function dutiesOf(situation: Situation): readonly Duty[] {
  return DUTIES.filter((duty) => OWED[duty](situation));
}

/** @see xAPI 1.0.3 Part 3 §4.2: `define`: "(re)Define Activities and Actors" */
function mayDefine(scopes: readonly string[]): boolean {
  return scopes.some((scope) => Object.hasOwn(LRS_SCOPES, scope) && grants(scope, 'activities', 'define'));
}
