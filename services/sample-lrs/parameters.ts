/**
 * Query parameters, read once at the door: each resource says in a table what it takes, and everything else is refused.
 *
 * @see xAPI 1.0.3 Part 3 §3.2: "MUST reject with 400 any requests that use any parameters which the LRS does not recognize in
 * their intended context", and "any parameters matching parameters described in this specification in all but case".
 */
import type { Request } from 'express';
import { agent as agentCheck, identifiedActor as identifiedActorCheck, type Actor, type Agent } from './actor.ts';
import { microsecondsOf } from './clock.ts';
import { iri as iriCheck, oneOf, timestamp as timestampCheck, uuid as uuidCheck, type Check } from './data-types.ts';
import { LrsError } from './lrs-error.ts';

export type Reader<T> = (text: string, where: string) => T;
type Readers = Record<string, Reader<unknown>>;

export type Parameters<R extends Readers, Needed extends keyof R = never> = {
  [Name in Needed]: ReturnType<R[Name]>;
} & { [Name in Exclude<keyof R, Needed>]?: ReturnType<R[Name]> };

/** The parameters of a request's query string. */
export function queryOf(req: Request): URLSearchParams {
  const [, query = ''] = req.originalUrl.split(/\?(.*)/s);
  return new URLSearchParams(query);
}

export function readParameters<R extends Readers, Needed extends keyof R & string = never>(
  query: URLSearchParams,
  readers: R,
  needed: readonly Needed[] = [],
): Parameters<R, Needed> {
  const found: Record<string, unknown> = {};
  for (const [name, text] of query) {
    if (!Object.hasOwn(readers, name)) throw new LrsError(400, unknown(name, Object.keys(readers)));
    if (Object.hasOwn(found, name)) throw new LrsError(400, `the parameter "${name}" is given more than once`);
    found[name] = readers[name]?.(text, `the parameter "${name}"`);
  }
  for (const name of needed) {
    if (!Object.hasOwn(found, name)) throw new LrsError(400, `the parameter "${name}" is missing`);
  }
  return found as Parameters<R, Needed>;
}

function unknown(name: string, known: string[]): string {
  if (name === 'method') return 'the Alternate Request Syntax is not supported here: send the plain request';
  const meant = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (meant !== undefined) return `the parameter "${name}" is spelled "${meant}"`;
  return `the parameter "${name}" is not known here; known are: ${known.join(', ') || 'none'}`;
}

function checked(check: Check): Reader<string> {
  return (text, where) => {
    check(text, where);
    return text;
  };
}

function json<T>(check: Check): Reader<T> {
  return (text, where) => {
    const value = parse(text, where);
    check(value, where);
    return value as T;
  };
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LrsError(400, `${where} must be JSON`);
  }
}

export const iri = checked(iriCheck);
export const id: Reader<string> = (text) => text;
export const agent = json<Agent>(agentCheck);
export const identifiedActor = json<Actor>(identifiedActorCheck);

/** UUIDs that differ only in case are the same one (RFC 4122 §3). */
export const uuid: Reader<string> = (text, where) => checked(uuidCheck)(text, where).toLowerCase();

export const timestamp: Reader<number> = (text, where) => microsecondsOf(checked(timestampCheck)(text, where)) ?? 0;

export const boolean: Reader<boolean> = (text, where) => checked(oneOf('true', 'false'))(text, where) === 'true';

export const format = checked(oneOf('exact', 'ids', 'canonical')) as Reader<'exact' | 'ids' | 'canonical'>;

export const nonNegativeInteger: Reader<number> = (text, where) => {
  if (!/^\d{1,15}$/.test(text)) throw new LrsError(400, `${where} must be a non-negative integer`);
  return Number(text);
};
