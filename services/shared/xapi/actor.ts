/**
 * Agents and Groups as a policy sees them: who is meant, in whatever spelling. What else is in them is the LRS's business.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.2
 */
import { createHash } from 'node:crypto';
import { hasOtherSpelling, isObject, type Properties } from './property.ts';

export interface Account {
  homePage: string;
  name: string;
}

/** With exactly one of the four Inverse Functional Identifiers. */
export interface Agent {
  objectType?: 'Agent';
  name?: string;
  mbox?: string;
  mbox_sha1sum?: string;
  openid?: string;
  account?: Account;
}

/** The only Group that an authority can be: anonymous, of exactly two, the consumer first. @see Part 2 §2.4.9 */
export interface AuthorityGroup {
  objectType: 'Group';
  member: [Agent, Agent];
}

export type Authority = Agent | AuthorityGroup;

/** "An Agent MUST be identified by one (1) of the four types of Inverse Functional Identifiers". @see Part 2 §2.4.2.3 */
export const IDENTIFIERS = ['mbox', 'mbox_sha1sum', 'openid', 'account'] as const;
type Identifier = (typeof IDENTIFIERS)[number];

const NAMES = [...IDENTIFIERS, 'objectType', 'member'];
const ACCOUNT = ['homePage', 'name'];

/**
 * The same text for two Agents, or identified Groups, exactly where they have the same identifier.
 *
 * @returns undefined for what is malformed, is anonymous, or has several identifiers: an LRS may go by any of them.
 */
export function identityOf(actor: unknown): string | undefined {
  const identified = identifierOf(actor);
  return identified && JSON.stringify(identified);
}

/** Whether both are Agents, and the same one: an mbox and its own mbox_sha1sum are. A Group is never an Agent. */
export function isSameAgent(one: unknown, other: unknown): boolean {
  return isAgent(one) && isAgent(other) && hasSameIdentity(one, other);
}

/** As {@link isSameAgent}, of Agents and identified Groups alike. */
export function hasSameIdentity(one: unknown, other: unknown): boolean {
  const [first, second] = [identifierOf(one), identifierOf(other)];
  if (!first || !second) return false;
  return JSON.stringify(first) === JSON.stringify(second) || isSameMailbox(first, second);
}

export function isGroup(value: unknown): value is Properties & { objectType: 'Group' } {
  return isObject(value) && value.objectType === 'Group';
}

/** Whether it says who it is, well or badly. */
export function isAnonymous(value: Properties): boolean {
  return !hasOtherSpelling(value, IDENTIFIERS) && !IDENTIFIERS.some((name) => Object.hasOwn(value, name));
}

function isAgent(value: unknown): boolean {
  return isObject(value) && !isGroup(value);
}

type Identified = [name: Identifier, ...values: string[]];

function identifierOf(actor: unknown): Identified | undefined {
  if (!isObject(actor) || hasOtherSpelling(actor, NAMES) || !hasKnownType(actor)) return undefined;
  const [name, ...others] = IDENTIFIERS.filter((identifier) => Object.hasOwn(actor, identifier));
  if (name === undefined || others.length > 0) return undefined;
  const value = actor[name];
  if (name === 'account') return accountOf(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return [name, name === 'mbox_sha1sum' ? value.toLowerCase() : value];
}

/** An LRS that does not look at objectType knows a Group by its members. */
function hasKnownType(actor: Properties): boolean {
  if (isGroup(actor)) return true;
  return (!Object.hasOwn(actor, 'objectType') || actor.objectType === 'Agent') && !Object.hasOwn(actor, 'member');
}

function accountOf(value: unknown): Identified | undefined {
  if (!isObject(value) || hasOtherSpelling(value, ACCOUNT)) return undefined;
  const { homePage, name } = value;
  return typeof homePage === 'string' && typeof name === 'string' ? ['account', homePage, name] : undefined;
}

/**
 * "The hex-encoded SHA1 hash of a mailto IRI (i.e. the value of an mbox property). An LRS MAY include Agents with a matching
 * hash when a request is based on an mbox."
 *
 * @see Part 2 §2.4.2.3
 */
function isSameMailbox(one: Identified, other: Identified): boolean {
  if (one[0] === other[0]) return false;
  const digest = digestOf(one);
  return digest !== undefined && digest === digestOf(other);
}

function digestOf([name, value = '']: Identified): string | undefined {
  if (name === 'mbox') return createHash('sha1').update(value).digest('hex');
  return name === 'mbox_sha1sum' ? value : undefined;
}
