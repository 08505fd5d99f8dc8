/**
 * Whether a statement meets the filters of a query, as an LRS would have it: by itself, whatever it targets.
 *
 * @see xAPI 1.0.3 Part 3 §2.1.3; 2.0 (IEEE 9274.1.1) §4.1.6.1 for `contextAgents` and `contextGroups`
 */
import { identityOf } from './actor.ts';

type Fields = Record<string, unknown>;

/**
 * The parameters that a statement can meet through another that it targets: "Statements which target another Statement
 * … will meet the filter condition if the targeted Statement meets the filter condition". Time never is one.
 */
export const FILTERS = ['agent', 'verb', 'activity', 'registration'] as const;

/** @param parameters of a statement query, decoded; what is no filter of {@link FILTERS} is left aside. */
export function meetsQuery(statement: unknown, parameters: ReadonlyMap<string, string>): boolean {
  const isMet: Record<(typeof FILTERS)[number], (value: string) => boolean> = {
    agent: (value) => hasAgent(statement, value, parameters.get('related_agents') === 'true'),
    verb: (value) => fieldsOf(fieldsOf(statement).verb).id === value,
    activity: (value) => hasActivity(statement, value, parameters.get('related_activities') === 'true'),
    registration: (value) => isSameUuid(fieldsOf(fieldsOf(statement).context).registration, value),
  };
  return FILTERS.every((name) => {
    const value = parameters.get(name);
    return value === undefined || isMet[name](value);
  });
}

/** The id of the statement that this one targets. */
export function targetOf(statement: unknown): string | undefined {
  const { objectType, id } = fieldsOf(fieldsOf(statement).object);
  return objectType === 'StatementRef' && typeof id === 'string' ? id.toLowerCase() : undefined;
}

/** "For the purposes of this filter, Groups that have members which match the specified Agent … are considered a match". */
function hasAgent(statement: unknown, parameter: string, isBroad: boolean): boolean {
  const wanted = identityOf(parsed(parameter));
  if (wanted === undefined) return false;
  const actors = isBroad ? relatedActors(statement) : [fieldsOf(statement).actor, actorIn(fieldsOf(statement).object)];
  return actors
    .flatMap((actor) => [actor, ...listOf(fieldsOf(actor).member)])
    .some((one) => identityOf(one) === wanted);
}

/** "Include Statements for which the Agent, Object, Authority, Instructor, Team, or any of these properties in a contained SubStatement match". */
function relatedActors(statement: unknown): unknown[] {
  const { actor, object, authority, context } = fieldsOf(statement);
  const { instructor, team, contextAgents, contextGroups } = fieldsOf(context);
  return [
    actor,
    authority,
    actorIn(object),
    instructor,
    team,
    ...listOf(contextAgents).map((one) => fieldsOf(one).agent),
    ...listOf(contextGroups).map((one) => fieldsOf(one).group),
    ...(isSubStatement(object) ? relatedActors(object) : []),
  ];
}

/** "Include Statements for which the Object, any of the context Activities, or any of those properties in a contained SubStatement match". */
function hasActivity(statement: unknown, id: string, isBroad: boolean): boolean {
  const { object, context } = fieldsOf(statement);
  const { objectType = 'Activity', id: objectId } = fieldsOf(object);
  if (objectType === 'Activity' && objectId === id) return true;
  if (!isBroad) return false;
  const related = Object.values(fieldsOf(fieldsOf(context).contextActivities)).flatMap(listOf);
  return related.some((one) => fieldsOf(one).id === id) || (isSubStatement(object) && hasActivity(object, id, true));
}

function actorIn(object: unknown): unknown {
  const { objectType } = fieldsOf(object);
  return objectType === 'Agent' || objectType === 'Group' ? object : undefined;
}

function isSubStatement(object: unknown): boolean {
  return fieldsOf(object).objectType === 'SubStatement';
}

/** @see RFC 9562 §4: "case insensitive on input" */
function isSameUuid(one: unknown, other: string): boolean {
  return typeof one === 'string' && one.toLowerCase() === other.toLowerCase();
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** In 1.0 a single one may stand for a list of one. */
function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
