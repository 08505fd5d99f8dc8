/**
 * A restriction: narrower than any scope. It ties whoever holds it to an actor, an activity, a registration, verbs, kinds
 * of data, documents, or bars from voiding and from writing some documents.
 *
 * A call must meet every field of a restriction, one restriction of each source, and every source: see
 * {@link Restrictions}. What a field needs to see and cannot, because it is absent, malformed or there in two spellings,
 * does not meet it. Nothing meets a restriction that has no fields, or one that is not known here.
 *
 * On a statement (restricted-statement.ts):
 * - `actor`: it has that Agent as actor, its SubStatement too, and its contextAgents and contextGroups name nobody else.
 *   Who teaches (instructor, team) and whom something is done to (an Agent as object) may be anybody.
 * - `activity`: its object, or its SubStatement's object, is that Activity. Activities in its context may be any.
 * - `registration`: its context.registration is that one, whatever the case of its letters.
 * - `verbs`: its verb is one of them, exactly.
 * - `no-void`: it does not void.
 *
 * On documents, agents and activities (restricted-parameters.ts): `actor`, `activity` and `registration` each need the
 * parameter that names it. A resource that has none of those parameters is closed to whoever is tied to one of the three.
 * `verbs` and `no-void` have no bearing on them.
 *
 * On documents alone (restricted-documents.ts):
 * - `documents`: its stateId or profileId is one of them, exactly; so it is no list, and no DELETE of all.
 * - `no-write`: it only reads, or its id is none of them, in whatever case; a DELETE of all would be of them, too.
 *
 * On everything, `datatypes`: its resource is one of them. So alternatives can say different things of different resources.
 */
import type { Agent } from './actor.ts';
import type { Datatype, Resource } from './permissions.ts';
import { FIELDS } from './read-restriction.ts';
import { objectionToCall, type Asked } from './restricted-parameters.ts';
import { isVoiding, objectionToOne } from './restricted-statement.ts';

export { readRestriction } from './read-restriction.ts';

export interface Restriction {
  /** Who acts. */
  actor?: Agent;
  /** The activity's id; with `*` at its end, every id that begins so. */
  activity?: string;
  /** A UUID. */
  registration?: string;
  /** Ids of the only verbs. */
  verbs?: string[];
  'no-void'?: true;
  /** The only resources. @see RFC 9396 §2.2 "the kinds of data being requested from the resource" */
  datatypes?: Datatype[];
  /** Ids of the only documents. */
  documents?: string[];
  /** Ids of documents that stay as they are. */
  'no-write'?: string[];
}

/**
 * All that holds for a caller. Each source (the client's registration, the token, a launch) is a list of alternatives, any
 * one of which is enough (RFC 9396 §2: each object is a permission of its own); every source must be content.
 */
export type Restrictions = readonly (readonly Restriction[])[];

/**
 * Whether a statement may be written. One that voids has no activity and no registration of its own: those two are to be
 * asked of the statement that it voids, which the caller looks up; actor, verbs and `no-void` are asked of it here.
 *
 * @param statement parsed, otherwise unchecked.
 * @returns undefined: it may. Otherwise the end of a sentence that begins with "statement [0] ", without anything that
 *   the statement says.
 */
export function objectionTo(statement: unknown, restrictions: Restrictions): string | undefined {
  const voids = isVoiding(statement);
  return firstObjection('statements', restrictions, (restriction) => objectionToOne(statement, restriction, voids));
}

/**
 * Whether a statement may be read. As {@link objectionTo}, but one that voids does not meet `activity` or `registration`:
 * it says who voided something and when, and nobody looks up whether that was about the same.
 */
export function objectionToReading(statement: unknown, restrictions: Restrictions): string | undefined {
  return firstObjection('statements', restrictions, (restriction) => objectionToOne(statement, restriction, false));
}

/**
 * Whether documents, agents and activities may be asked for, or written, with these parameters.
 *
 * @returns undefined: they may. Otherwise a sentence.
 */
export function objectionToParameters(asked: Asked, restrictions: Restrictions): string | undefined {
  const objection = firstObjection(asked.resource, restrictions, (one) => objectionToCall(asked, one));
  return objection === OUTSIDE ? `this call ${OUTSIDE}` : objection;
}

/**
 * Parameters of a statement query by which the LRS can leave out what {@link objectionToReading} would object to. They
 * narrow only: what comes back is still to be looked at.
 *
 * @returns some of agent, activity, registration and verb: none in which alternatives differ, and no prefix.
 */
export function narrowing(restrictions: Restrictions): Map<string, string> {
  const { actor, activity, registration, verbs = [] } = Object.assign({}, ...restrictions.map(inCommon)) as Restriction;
  const parameters = new Map<string, string>();
  if (actor) parameters.set('agent', JSON.stringify({ ...actor, name: undefined }));
  if (activity !== undefined && !activity.endsWith('*')) parameters.set('activity', activity);
  if (registration !== undefined) parameters.set('registration', registration);
  if (verbs[0] !== undefined && verbs.length === 1) parameters.set('verb', verbs[0]);
  return parameters;
}

/** What all alternatives that are about statements say alike. */
function inCommon(alternatives: readonly Restriction[]): Restriction {
  const [first, ...others] = alternatives.filter((one) => isAbout(one, 'statements'));
  const isCommon = ([field, value]: [string, unknown]) =>
    others.every((other) => JSON.stringify(other[field as keyof Restriction]) === JSON.stringify(value));
  return Object.fromEntries(Object.entries(first ?? {}).filter(isCommon));
}

const OUTSIDE = 'is outside of everything that this token is tied to';

function firstObjection(
  resource: Resource,
  restrictions: Restrictions,
  objectionOf: (restriction: Restriction) => string | undefined,
): string | undefined {
  for (const alternatives of restrictions) {
    const objections = alternatives.filter((one) => isKnown(one) && isAbout(one, resource)).map(objectionOf);
    if (objections.includes(undefined)) continue;
    /* What all of them say is what has to be mended. */
    return new Set(objections).size === 1 ? objections[0] : OUTSIDE;
  }
  return undefined;
}

function isAbout({ datatypes }: Restriction, resource: Resource): boolean {
  return datatypes === undefined || datatypes.some((datatype) => datatype === resource);
}

/** What a later version wrote into the store must not count for less here. */
function isKnown(restriction: Restriction): boolean {
  const fields = Object.keys(restriction);
  return fields.length > 0 && fields.every((field) => FIELDS.some((known) => known === field));
}
