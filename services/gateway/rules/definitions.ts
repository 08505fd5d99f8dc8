/**
 * What would define an activity, wherever in a statement it can be. Without `define` it goes no further: "SHOULD NOT update
 * its internal representation of any Actors or Activities".
 *
 * @see xAPI 1.0.3 Part 3 §4.2
 */
import type { JsonPart } from '../../shared/json-text.ts';

const SIGNATURE = 'http://adlnet.gov/expapi/attachments/signature';

/** Objects that are no activities. A misspelt type is none of them: then it may be one. */
const NO_ACTIVITY: readonly unknown[] = ['Agent', 'Group', 'StatementRef'];

/** The activities with a definition: as object, or in the context, of the statement and of its SubStatement. */
export function definedIn(statement: JsonPart): JsonPart[] {
  const activities: JsonPart[] = [];
  /* A loop: the LRS refuses a SubStatement within another, but not before it was sent, and it may be deep. */
  let claim: JsonPart | undefined = statement;
  while (claim) {
    const object: JsonPart | undefined = claim.members?.get('object');
    const type: unknown = object?.members?.get('objectType')?.value;
    if (object && !NO_ACTIVITY.includes(type)) activities.push(object);
    /* One by one: as arguments, some hundred thousand of them would be too many for the stack. */
    for (const activity of inContext(claim)) activities.push(activity);
    claim = type === 'SubStatement' ? object : undefined;
  }
  return activities.filter(({ members }) => members?.has('definition'));
}

/** "Activity Object, or array of Activity Objects", of whatever kind. @see Part 2 §2.4.6.2 */
function inContext(claim: JsonPart): JsonPart[] {
  const kinds = claim.members?.get('context')?.members?.get('contextActivities')?.members?.values();
  return [...(kinds ?? [])].flatMap((kind) => kind.items ?? [kind]);
}

/** What is signed is the statement as it was: it could not be changed without breaking the signature. @see Part 2 §2.6 */
export function isSigned(statement: JsonPart): boolean {
  const attachments = statement.members?.get('attachments')?.items ?? [];
  return attachments.some(({ members }) => members?.get('usageType')?.value === SIGNATURE);
}
