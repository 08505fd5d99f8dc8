/** What one restriction has against a statement; restriction.ts says what each field means. */
import { hasSameIdentity, isAnonymous, isGroup, isSameAgent, type Agent } from './actor.ts';
import { isWithinActivity } from './activity-pattern.ts';
import { isObject, propertyOf } from './property.ts';
import type { Restriction } from './restriction.ts';

/** @see xAPI 1.0.3 Part 2 §2.3.2 */
export const VOIDED = 'http://adlnet.gov/expapi/verbs/voided';

const OBJECT_TYPES: readonly unknown[] = [undefined, 'Activity', 'Agent', 'Group', 'StatementRef', 'SubStatement'];

/** Whether it voids another. @param statement parsed, otherwise unchecked. */
export function isVoiding(statement: unknown): boolean {
  return verbOf(statement) === VOIDED && propertyOf(propertyOf(statement, 'object'), 'objectType') === 'StatementRef';
}

/**
 * @param targetDecides leaves activity and registration to the statement that this one is about.
 * @returns the end of a sentence, or undefined.
 */
export function objectionToOne(
  statement: unknown,
  { actor, activity, registration, verbs, 'no-void': noVoid }: Restriction,
  targetDecides: boolean,
): string | undefined {
  const verb = noVoid === undefined && verbs === undefined ? undefined : verbOf(statement);
  /* In any case: some stores compare without regard to it, and nobody has another use for the name. */
  if (noVoid !== undefined && (typeof verb !== 'string' || verb.toLowerCase() === VOIDED))
    return 'voids another, or has no verb, and this token may not void';
  if (verbs !== undefined && !verbs.some((one) => one === verb)) return 'has a verb that this token may not use';
  if (actor !== undefined) {
    const objection = objectionToActors(statement, actor);
    if (objection !== undefined) return objection;
  }
  if (targetDecides) return undefined;
  if (activity !== undefined && !isAbout(statement, activity))
    return 'is not about the activity that this token is tied to';
  if (registration !== undefined && !isIn(statement, registration))
    return 'does not have the registration that this token is tied to in its context';
  return undefined;
}

function verbOf(statement: unknown): unknown {
  return propertyOf(propertyOf(statement, 'verb'), 'id');
}

function objectionToActors(statement: unknown, actor: Agent): string | undefined {
  if (!isSameAgent(propertyOf(statement, 'actor'), actor)) return 'has another actor than this token is tied to';
  const object = propertyOf(statement, 'object');
  const type = propertyOf(object, 'objectType');
  if (!isObject(object) || !OBJECT_TYPES.includes(type)) return 'has an object of no kind that xAPI knows';
  if (type === 'SubStatement' && !isSameAgent(propertyOf(object, 'actor'), actor))
    return 'has a SubStatement with another actor than this token is tied to';
  const parts = type === 'SubStatement' ? [statement, object] : [statement];
  if (!parts.every((part) => namesNobodyElse(propertyOf(part, 'context'), actor)))
    return 'names somebody else in contextAgents or contextGroups than the actor that this token is tied to';
  return undefined;
}

/**
 * A search with `related_agents` finds statements by these: with a stranger there, one learner's token would write into
 * another's record.
 *
 * @see IEEE 9274.1.1, context: contextAgents, contextGroups
 */
function namesNobodyElse(context: unknown, actor: Agent): boolean {
  if (context === undefined) return true;
  if (!isObject(context)) return false;
  return (
    isEach(propertyOf(context, 'contextAgents'), (entry) => isSameAgent(propertyOf(entry, 'agent'), actor)) &&
    isEach(propertyOf(context, 'contextGroups'), (entry) => consistsOf(propertyOf(entry, 'group'), actor))
  );
}

function consistsOf(group: unknown, actor: Agent): boolean {
  if (!isGroup(group)) return false;
  const members = propertyOf(group, 'member');
  if (isAnonymous(group) ? members === undefined : !hasSameIdentity(group, actor)) return false;
  return isEach(members, (member) => isSameAgent(member, actor));
}

/** Nothing is as good as an empty list; what is no list is neither. */
function isEach(list: unknown, holds: (entry: unknown) => boolean): boolean {
  return list === undefined || (Array.isArray(list) && list.every(holds));
}

function isAbout(statement: unknown, activity: string): boolean {
  const object = propertyOf(statement, 'object');
  const isPart = propertyOf(object, 'objectType') === 'SubStatement';
  const about = isPart ? propertyOf(object, 'object') : object;
  const type = propertyOf(about, 'objectType');
  return (type === undefined || type === 'Activity') && isWithinActivity(propertyOf(about, 'id'), activity);
}

function isIn(statement: unknown, registration: string): boolean {
  const own = propertyOf(propertyOf(statement, 'context'), 'registration');
  return typeof own === 'string' && own.toLowerCase() === registration.toLowerCase();
}
