/** What is asked for in the body of a POST or PUT: read strictly, before anything is done. */
import type { Client } from '../../../shared/client.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { passwordFault } from '../../../shared/password.ts';
import { readEmail, usernamesFor } from '../../../shared/person-name.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { isObject, type Properties } from '../../../shared/xapi/property.ts';
import { asDescription } from '../../advice.ts';
import { readExpiry } from './expiry.ts';
import { readNames } from './names.ts';

export interface Asked {
  person: AskedPerson;
  name?: string;
  description?: string;
  /** Absent: all that there can be. */
  scopes?: readonly string[];
  /** Unix seconds. */
  askedAt: number;
  expiresAt: number;
}

/** Of somebody who is here already nothing but the address counts. */
export interface AskedPerson {
  email: string;
  name: string;
  password?: string;
  /** Absent: all that there can be. */
  permissions?: readonly string[];
}

const MAX_NAME = 200;
const MAX_DESCRIPTION = 2000;

/** Members that lxHive does not have are passed over, as it does. @throws Refusal 400 */
export function readAsked(body: unknown, client: Client, prefix: string): Asked {
  if (!isObject(body)) throw new Refusal('invalid_request', 'the body should be a JSON object');
  const { user, name, description, scopes, expiresAt } = body;
  const askedAt = nowSeconds();
  /* Left out, it stands for everything: a slip of the pen must not. */
  if (body.scope !== undefined) throw new Refusal('invalid_request', 'it is called scopes, not scope');
  if (!isObject(user)) throw new Refusal('invalid_request', 'user should be an object, with an email');
  return {
    person: readPerson(user, prefix),
    ...said('name', textOf('name', name, MAX_NAME)),
    ...said('description', textOf('description', description, MAX_DESCRIPTION)),
    ...said('scopes', isAbsent(scopes) ? undefined : readNames('scopes', scopes, prefix)),
    askedAt,
    expiresAt: readExpiry(expiresAt, client, askedAt),
  };
}

function readPerson({ email: address, name: called, password, permissions }: Properties, prefix: string): AskedPerson {
  const email = emailIn(address);
  const name = textOf('user.name', called, MAX_NAME) ?? email;
  const [username = ''] = usernamesFor(email);
  return {
    email,
    name,
    ...said('password', isAbsent(password) ? undefined : passwordIn(password, { email, name, username })),
    ...said('permissions', isAbsent(permissions) ? undefined : readNames('user.permissions', permissions, prefix)),
  };
}

function emailIn(value: unknown): string {
  if (typeof value !== 'string') throw new Refusal('invalid_request', 'user.email should be an e-mail address');
  try {
    return readEmail(value);
  } catch (cause) {
    throw new Refusal('invalid_request', `user.email ${asDescription((cause as Error).message)}`, { cause });
  }
}

/** Nothing of it is repeated. */
function passwordIn(value: unknown, person: { email: string; name: string; username: string }): string {
  const fault = typeof value === 'string' ? passwordFault(value, person) : 'should be text';
  if (fault !== undefined) throw new Refusal('invalid_request', `user.password ${fault}; or leave it out`);
  return value as string;
}

function textOf(field: string, value: unknown, maxLength: number): string | undefined {
  if (isAbsent(value)) return undefined;
  const isText = typeof value === 'string' && value.isWellFormed() && !/\p{Cc}/u.test(value);
  if (!isText || value.trim() === '' || value.length > maxLength)
    throw new Refusal('invalid_request', `${field} should be one line of 1 to ${maxLength} characters`);
  return value;
}

/** Clients write `null` for what they do not say. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function said<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}
