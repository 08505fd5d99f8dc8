/**
 * Which statements a query returns, and in what order.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3
 */
import { identityOf } from './actor.ts';
import * as read from './parameters.ts';
import type { StatementStore, StoredStatement } from './statement-store.ts';

/** The parameters that choose from the list of statements. */
export const FILTERS = {
  agent: read.identifiedActor,
  verb: read.iri,
  activity: read.iri,
  registration: read.uuid,
  related_activities: read.boolean,
  related_agents: read.boolean,
  since: read.timestamp,
  until: read.timestamp,
  limit: read.nonNegativeInteger,
  ascending: read.boolean,
};

export type StatementQuery = read.Parameters<typeof FILTERS>;

export interface Page {
  statements: StoredStatement[];
  /** Where the next page begins, if there is one. */
  next: number | undefined;
}

/** Reads in the order of storing from a place on, so that what is stored meanwhile neither shifts nor repeats anything. */
export function pageOf(store: StatementStore, query: StatementQuery, size: number, from?: number): Page {
  const step = query.ascending ? 1 : -1;
  const statements: StoredStatement[] = [];
  const start = from ?? (query.ascending ? 0 : store.count() - 1);
  for (let at = start, one = store.at(at); one; at += step, one = store.at(at)) {
    if (!isReturned(one, query, store)) continue;
    if (statements.length === size) return { statements, next: at };
    statements.push(one);
  }
  return { statements, next: undefined };
}

/** The voided are never returned, and time applies to the statement itself, whatever it targets. */
function isReturned(one: StoredStatement, query: StatementQuery, store: StatementStore): boolean {
  const { since = -Infinity, until = Infinity } = query;
  return one.stored > since && one.stored <= until && !store.isVoided(one.statement) && isMatch(one, query, store);
}

/**
 * "Statements which target another Statement will meet the filter condition if the targeted Statement meets the filter
 * condition ... This rule applies recursively."
 */
function isMatch(one: StoredStatement, query: StatementQuery, store: StatementStore): boolean {
  const seen = new Set<StoredStatement>();
  let current: StoredStatement | undefined = one;
  while (current && !seen.has(current)) {
    if (meets(current, query)) return true;
    seen.add(current);
    const { target }: { target: string | undefined } = current.found;
    current = target === undefined ? undefined : store.find(target);
  }
  return false;
}

function meets({ statement, found }: StoredStatement, query: StatementQuery): boolean {
  const { agent, verb, activity, registration } = query;
  const agents = query.related_agents ? found.relatedAgents : found.agents;
  const activities = query.related_activities ? found.relatedActivities : new Set([found.activity]);
  return (
    (agent === undefined || agents.has(identityOf(agent) ?? '')) &&
    (verb === undefined || statement.verb.id === verb) &&
    (activity === undefined || activities.has(activity)) &&
    (registration === undefined || statement.context?.registration?.toLowerCase() === registration)
  );
}
