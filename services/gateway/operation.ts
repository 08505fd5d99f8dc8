/** What is asked: path, method and parameters, compared exactly with the tables, or nothing. */
import { ORGANIZATION_ID } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import { accessOf, methodsOf, resourceNamed } from '../shared/xapi/decide.ts';
import { parametersOf } from '../shared/xapi/parameters.ts';
import type { Access, Resource } from '../shared/xapi/permissions.ts';
import { readQuery, type XapiRequest } from './request.ts';

export interface Operation {
  resource: Resource;
  method: string;
  access: Access;
  /** Decoded; each name once. For deciding only: the LRS gets the query as it came. */
  parameters: ReadonlyMap<string, string>;
}

/** The LRS as a caller addresses it. */
export interface Place {
  resource: Resource;
  /** Absent at `/xapi/`: there the caller's own organization is meant. */
  org: string | undefined;
  /** The path before the resource's name, as it came. */
  prefix: string;
}

/** Where the LRS is mounted: by itself, and by organization (Watershed's URLs). */
export const XAPI_PREFIX = '/xapi/';
const OF_ORGANIZATION = /^\/api\/organizations\/(?<org>[^/]*)\/lrs\//;

/** Whether a target is an LRS's at all, in any spelling; {@link placeOf} says which. */
export function isLrsTarget(target: string): boolean {
  return target.startsWith(XAPI_PREFIX) || OF_ORGANIZATION.test(target);
}

const OAUTH1 = /^\/xapi\/OAuth\/(?:initiate|authorize|token)(?:\?|$)/;

/** Where OAuth 1 is spoken: "relative to the xAPI endpoint" (xAPI 1.0.3 Part 3 §4.2), and by the token service. */
export function isOAuth1Target(target: string): boolean {
  return OAUTH1.test(target);
}

const LXHIVE = /^\/xapi\/auth\/tokens(?:\?|$)/;

/** Where lxHive hands out credentials: beside its statements, and here by the token service. */
export function isLxHiveTarget(target: string): boolean {
  return LXHIVE.test(target);
}

/**
 * The resource a path names. The LRS is asked by this name, never by what the caller wrote, so the path decided upon is
 * the path forwarded: `/xapi/../admin`, `/xapi/%73tatements` and `//xapi` name nothing. Nor does an organization's id in
 * another spelling (`ACME`, `%61cme`, `..`).
 *
 * @throws Refusal 404
 */
export function placeOf(path: string): Place {
  const match = OF_ORGANIZATION.exec(path);
  const org = match?.groups?.org;
  const prefix = match ? match[0] : XAPI_PREFIX;
  const isPlace = org === undefined ? path.startsWith(prefix) : ORGANIZATION_ID.test(org);
  const resource = isPlace ? resourceNamed(path.slice(prefix.length)) : undefined;
  if (!resource) throw new Refusal('not_found', 'there is no such xAPI resource; paths are compared exactly');
  return { resource, org, prefix };
}

/** @throws Refusal 405 for a method the resource does not have, 400 for a parameter the operation does not have. */
export function operationOf(request: XapiRequest, resource: Resource): Operation {
  const { method } = request;
  const access = accessOf(resource, method);
  if (!access) throw new Refusal('method_not_allowed', `${resource} has no ${method}`, { allow: methodsOf(resource) });
  if (access === 'preflight') return { resource, method, access, parameters: new Map() };
  return { resource, method, access, parameters: parametersIn(request.query, parametersOf(resource, method)) };
}

const NONE: ReadonlyMap<string, string> = new Map();

/** "400 Bad Request … any request … with unrecognized or wrongly cased parameters" @see xAPI 1.0.3 Part 3 §3.2 */
function parametersIn(query: string, known: readonly string[]): ReadonlyMap<string, string> {
  if (query === '') return NONE;
  refuseMalformed(query);
  const parameters = new Map<string, string>();
  for (const [name, value] of readQuery(query)) {
    if (!known.includes(name))
      throw new Refusal('invalid_request', `${JSON.stringify(name)} is not a parameter here; ${offered(known)}`);
    if (parameters.has(name)) throw new Refusal('invalid_request', `${name} must not be sent more than once`);
    parameters.set(name, value);
  }
  return parameters;
}

function offered(known: readonly string[]): string {
  return known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
}

/**
 * A query that is not percent-encoded UTF-8 is read differently by everyone, and one with a bare `;` by those who take it
 * for `&` (Python before 3.10, some Java): `registration=A;registration=B` would be decided upon as one parameter and
 * answered as two.
 */
function refuseMalformed(query: string): void {
  if (query.includes(';'))
    throw new Refusal('invalid_request', 'the query has a ";" that some take for "&": write %3B where you mean it');
  try {
    decodeURIComponent(query);
  } catch (cause) {
    throw new Refusal('invalid_request', 'the query is not percent-encoded UTF-8', { cause });
  }
}
