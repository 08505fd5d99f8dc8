/**
 * Which statements a query returns, from the specification, and not from any code under test.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3
 */
import { isSame, type Statement } from './recipes.ts';
import type { Held } from './world.ts';

export interface Filter {
  agent?: object;
  related_agents?: boolean;
  verb?: string;
  activity?: string;
  related_activities?: boolean;
  registration?: string;
}

/** "Statements which target another Statement will meet the filter condition if the targeted Statement meets [it]": among those the reader may see. */
export function meets(one: Held, filter: Filter, seen: readonly Held[], passed: readonly string[] = []): boolean {
  if (meetsItself(one.statement, filter)) return true;
  const { object } = one.statement;
  if (object.objectType !== 'StatementRef' || passed.includes(one.id)) return false;
  const target = seen.find(({ id }) => id === object.id);
  return target !== undefined && meets(target, filter, seen, [...passed, one.id]);
}

function meetsItself(statement: Statement, filter: Filter): boolean {
  return (
    (filter.verb === undefined || statement.verb.id === filter.verb) &&
    (filter.registration === undefined || statement.context?.registration === filter.registration) &&
    (filter.agent === undefined || meetsAgent(statement, filter.agent, filter.related_agents ?? false)) &&
    (filter.activity === undefined || meetsActivity(statement, filter.activity, filter.related_activities ?? false))
  );
}

function meetsAgent(statement: Statement, agent: object, related: boolean): boolean {
  const { actor, object, context = {} } = statement;
  const named: unknown[] = [actor, ...(object.objectType === 'Agent' ? [object] : [])];
  if (related) {
    named.push(statement.authority, context.instructor, ...agentsIn(context));
    if (object.objectType === 'SubStatement') named.push(object.actor);
  }
  return named.some((one) => one !== undefined && isSame(one, agent));
}

function agentsIn(context: Record<string, unknown>): unknown[] {
  return ((context.contextAgents ?? []) as { agent: object }[]).map(({ agent }) => agent);
}

function meetsActivity(statement: Statement, id: string, related: boolean): boolean {
  const { object, context = {} } = statement;
  const named: unknown[] = [isActivity(object) ? object.id : undefined];
  if (related) {
    const { parent = [] } = (context.contextActivities ?? {}) as { parent?: { id: string }[] };
    named.push(...parent.map((one) => one.id));
    if (object.objectType === 'SubStatement') named.push((object.object as { id?: string }).id);
  }
  return named.includes(id);
}

function isActivity({ objectType = 'Activity' }: { objectType?: string }): boolean {
  return objectType === 'Activity';
}
