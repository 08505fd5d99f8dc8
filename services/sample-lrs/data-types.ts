/**
 * The special data types of xAPI, and the few words with which statement-rules.ts and actor.ts say what a value must be.
 *
 * Absence means refusal: an object may have the properties that its rule names and no other, and null is none of these types.
 *
 * @see xAPI 1.0.3 Part 2 §2.2, §4
 */
import { LrsError } from './lrs-error.ts';
import { microsecondsOf } from './clock.ts';

/** Throws a 400 that says where the value is and what it must be. */
export type Check = (value: unknown, where: string) => void;

export function refuse(where: string, must: string): never {
  throw new LrsError(400, `${where} must ${must}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const a = (what: string, holds: (value: unknown) => boolean): Check => {
  return (value, where) => {
    if (!holds(value)) refuse(where, `be ${what}`);
  };
};

const text = (what: string, pattern: RegExp) => a(what, (value) => typeof value === 'string' && pattern.test(value));

export const string = a('a string', (value) => typeof value === 'string');
export const boolean = a('true or false', (value) => typeof value === 'boolean');
export const number = a('a number', (value) => typeof value === 'number');
export const octetCount = a('a non-negative integer', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

export const uuid = text('a UUID', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i);
export const iri = text('an IRI with a scheme', /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i);
export const mailto = text('a mailto: IRI with one address', /^mailto:[^\s@:]+@[^\s@]+$/i);
export const sha1 = text('a SHA-1 digest in hexadecimal', /^[0-9a-f]{40}$/i);
export const sha2 = text(
  'a SHA-2 digest in hexadecimal',
  /^(?:[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i,
);
export const mediaType = text('an Internet media type', /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;.*)?$/);
export const languageTag = text('an RFC 5646 language tag', /^(?:[a-z]{2,8}|x|i)(?:-[a-z0-9]{1,8})*$/i);
export const duration = text(
  'an ISO 8601 duration',
  /^P(?=[\dT])(?:\d+(?:[.,]\d+)?W|(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)$/,
);
export const timestamp = a(
  'an ISO 8601 date and time',
  (value) => typeof value === 'string' && microsecondsOf(value) !== undefined,
);

export function oneOf(...allowed: string[]): Check {
  return a(`one of ${allowed.join(', ')}`, (value) => typeof value === 'string' && allowed.includes(value));
}

export function arrayOf(check: Check): Check {
  return (value, where) => {
    if (!Array.isArray(value)) refuse(where, 'be an array');
    value.forEach((item, index) => check(item, `${where}[${index}]`));
  };
}

/** An object whose keys are not known beforehand: a language map, extensions. */
export function mapOf(key: Check, check: Check): Check {
  return (value, where) => {
    if (!isObject(value)) refuse(where, 'be an object');
    for (const [name, item] of Object.entries(value)) {
      key(name, `the key "${name}" of ${where}`);
      check(item, `${where}["${name}"]`);
    }
  };
}

export function object(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  const known = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (value, where) => {
    if (!isObject(value)) refuse(where, 'be an object');
    for (const name of Object.keys(required)) {
      if (!Object.hasOwn(value, name)) refuse(where, `have the property "${name}"`);
    }
    for (const [name, item] of Object.entries(value)) {
      const check = known.get(name) ?? refuse(where, `not have the property "${name}"`);
      check(item, `${where}.${name}`);
    }
  };
}

export const languageMap = mapOf(languageTag, string);

const iriKeys = mapOf(iri, () => undefined);

/** @see xAPI 1.0.3 Part 2 §4.1: the keys are IRIs; what they hold, null included, is not the LRS's business. */
export const extensions: Check = (value, where) => {
  iriKeys(value, where);
  checkDepth(value, where, MAXIMUM_DEPTH);
};

/** Deeper values than this could be stored and then never be written out again, for want of stack. */
const MAXIMUM_DEPTH = 200;

function checkDepth(value: unknown, where: string, left: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) refuse(where, `be nested at most ${MAXIMUM_DEPTH} deep`);
  for (const item of Object.values(value)) checkDepth(item, where, left - 1);
}
