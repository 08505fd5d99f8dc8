/**
 * Agents and Groups: who they are, and when two of them are the same.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.2
 */
import { arrayOf, isObject, iri, mailto, object, oneOf, refuse, sha1, string, type Check } from './data-types.ts';

export interface Account {
  homePage: string;
  name: string;
}

interface Identifiers {
  mbox?: string;
  mbox_sha1sum?: string;
  openid?: string;
  account?: Account;
}

export interface Agent extends Identifiers {
  objectType?: 'Agent';
  name?: string;
}

export interface Group extends Identifiers {
  objectType: 'Group';
  name?: string;
  member?: Agent[];
}

export type Actor = Agent | Group;

/** The Inverse Functional Identifiers, of which an Agent has exactly one. */
const IDENTIFIERS: Record<keyof Identifiers, Check> = {
  mbox: mailto,
  mbox_sha1sum: sha1,
  openid: iri,
  account: object({ homePage: iri, name: string }),
};

export const IDENTIFIER_NAMES = Object.keys(IDENTIFIERS) as (keyof Identifiers)[];

const agentProperties = object({}, { objectType: oneOf('Agent'), name: string, ...IDENTIFIERS });

export const agent: Check = (value, where) => {
  agentProperties(value, where);
  if (identifierCount(value) !== 1) refuse(where, `have exactly one of ${IDENTIFIER_NAMES.join(', ')}`);
};

const members = arrayOf(agent);
const groupProperties = object({ objectType: oneOf('Group') }, { name: string, member: members, ...IDENTIFIERS });

export const group: Check = (value, where) => {
  groupProperties(value, where);
  const identifiers = identifierCount(value);
  if (identifiers > 1) refuse(where, `have at most one of ${IDENTIFIER_NAMES.join(', ')}`);
  if (identifiers === 0 && (value as Group).member === undefined) refuse(where, 'have members or an identifier');
};

export const actor: Check = (value, where) => (isGroup(value) ? group(value, where) : agent(value, where));

/** What may be asked for: an anonymous Group is distinct from every other, so no query can mean it. */
export const identifiedActor: Check = (value, where) => {
  actor(value, where);
  if (identifierCount(value) !== 1) refuse(where, 'be an Agent or an identified Group');
};

/**
 * "The authority property MUST be an Agent, except in 3-legged OAuth, where it MUST be a Group with two Agents."
 *
 * @see xAPI 1.0.3 Part 2 §2.4.9
 */
export const authority: Check = (value, where) => {
  actor(value, where);
  if (!isGroup(value)) return;
  if (identifierCount(value) > 0 || value.member?.length !== 2) {
    refuse(where, 'be an Agent or an anonymous Group of exactly two Agents');
  }
};

export function isGroup(value: unknown): value is Group {
  return isObject(value) && value.objectType === 'Group';
}

/** Equal for two Agents or Groups exactly where they are the same one; nothing for an anonymous Group. */
export function identityOf(who: Actor): string | undefined {
  const name = IDENTIFIER_NAMES.find((identifier) => who[identifier] !== undefined);
  if (name === undefined) return undefined;
  if (name === 'account') return JSON.stringify([name, who.account?.homePage, who.account?.name]);
  return JSON.stringify([name, who[name]]);
}

/** Its own identity and those of its members, which a search for an Agent must also find. */
export function identitiesOf(who: Actor): string[] {
  const everyone: Actor[] = isGroup(who) ? [who, ...(who.member ?? [])] : [who];
  return everyone.map(identityOf).filter((identity) => identity !== undefined);
}

function identifierCount(value: unknown): number {
  return IDENTIFIER_NAMES.filter((name) => isObject(value) && Object.hasOwn(value, name)).length;
}
