/** Reads a restriction that an operator or a client has written. */
import { isActivityPattern } from './activity-pattern.ts';
import { RESOURCES, type Datatype } from './permissions.ts';
import { isObject } from './property.ts';
import { IRI, readAgent } from './read-agent.ts';
import type { Restriction } from './restriction.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** In RFC 9396's `authorization_details` every object says of what type it is. */
const TYPE = 'xapi';

const DATATYPES = Object.keys(RESOURCES).filter((resource): resource is Datatype => resource !== 'about');

type Readers = { [Field in keyof Restriction]-?: (value: unknown) => NonNullable<Restriction[Field]> };

const READERS: Readers = {
  actor: (value) => readAgent(value, 'should have as actor'),
  activity: (value) => {
    if (isActivityPattern(value)) return value;
    throw new Error('should have as activity its id, like https://example.org/course, or how ids begin and then a *');
  },
  registration: (value) => {
    if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
    throw new Error('should have as registration a UUID');
  },
  verbs: (value) => {
    if (Array.isArray(value) && value.length > 0 && value.every(isVerb)) return value;
    throw new Error('should have as verbs an array of their ids, at least one');
  },
  'no-void': (value) => {
    if (value === true) return true;
    throw new Error('should have no-void as true, or not at all');
  },
  datatypes: (value) => {
    if (Array.isArray(value) && value.length > 0 && value.every(isDatatype)) return value;
    throw new Error(`should have as datatypes an array of some of ${DATATYPES.join(', ')}`);
  },
  documents: (value) => readIds(value, 'documents'),
  'no-write': (value) => readIds(value, 'no-write'),
};

export const FIELDS = Object.keys(READERS) as readonly (keyof Restriction)[];

/**
 * @param value parsed JSON, with or without `"type": "xapi"`, which the result does not have.
 * @throws Error with a sentence that begins with "should". What is not known is refused, never ignored: "The AS MUST refuse
 *   to process any unknown authorization details type or authorization details not conforming to the respective type
 *   definition."
 * @see RFC 9396 §5
 */
export function readRestriction(value: unknown): Restriction {
  if (!isObject(value)) throw new Error(`should be an object with some of ${FIELDS.join(', ')}`);
  const { type = TYPE, ...fields } = value;
  if (type !== TYPE) throw new Error(`should be of type "${TYPE}"`);
  const stranger = Object.keys(fields).find((field) => !FIELDS.some((known) => known === field));
  if (stranger !== undefined)
    throw new Error(`should have no field ${JSON.stringify(stranger)}: there are ${FIELDS.join(', ')}`);
  const present = FIELDS.filter((field) => fields[field] !== undefined);
  if (present.length === 0) throw new Error(`should have at least one of ${FIELDS.join(', ')}`);
  return Object.fromEntries(present.map((field) => [field, READERS[field](fields[field])]));
}

function isVerb(value: unknown): value is string {
  return typeof value === 'string' && IRI.test(value);
}

function isDatatype(value: unknown): value is Datatype {
  return DATATYPES.some((resource) => resource === value);
}

function readIds(value: unknown, field: string): string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isId)) return value;
  throw new Error(`should have as ${field} an array of ids of documents, at least one`);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
