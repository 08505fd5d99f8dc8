/** Walks a statement: every Actor, Verb and Activity in it, at any depth the specification allows. */
import type { Actor, Agent, Group } from './actor.ts';
import {
  isActor,
  isStatementRef,
  isSubStatement,
  type Activity,
  type Claim,
  type Context,
  type SubmittedStatement,
  type Verb,
} from './statement.ts';

/** What a mapping makes of each Actor, Verb and Activity, wherever in the statement it stands. */
export interface Mapping {
  actor(actor: Actor): Actor;
  verb(verb: Verb): Verb;
  activity(activity: Activity): Activity;
}

export function mapStatement<S extends SubmittedStatement>(statement: S, to: Mapping): S {
  const mapped = mapClaim(statement, to);
  return statement.authority ? { ...mapped, authority: to.actor(statement.authority) } : mapped;
}

function mapClaim<C extends Claim>(claim: C, to: Mapping): C {
  const mapped = {
    ...claim,
    actor: to.actor(claim.actor),
    verb: to.verb(claim.verb),
    object: mapObject(claim.object, to),
  };
  return claim.context ? { ...mapped, context: mapContext(claim.context, to) } : mapped;
}

function mapObject(object: Claim['object'], to: Mapping): Claim['object'] {
  if (isSubStatement(object)) return mapClaim(object, to);
  if (isStatementRef(object)) return object;
  return isActor(object) ? to.actor(object) : to.activity(object);
}

function mapContext(context: Context, to: Mapping): Context {
  const mapped = { ...context };
  if (context.instructor) mapped.instructor = to.actor(context.instructor);
  if (context.team) mapped.team = to.actor(context.team) as Group;
  if (context.contextActivities) {
    const kinds = Object.entries(context.contextActivities);
    mapped.contextActivities = Object.fromEntries(
      kinds.map(([kind, list]) => [kind, list.map((one) => to.activity(one))]),
    );
  }
  if (context.contextAgents) {
    mapped.contextAgents = context.contextAgents.map((one) => ({ ...one, agent: to.actor(one.agent) as Agent }));
  }
  if (context.contextGroups) {
    mapped.contextGroups = context.contextGroups.map((one) => ({ ...one, group: to.actor(one.group) as Group }));
  }
  return mapped;
}
