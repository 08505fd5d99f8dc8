/**
 * The access-token record: what the token service writes and the gateway reads. This file is the contract between
 * them; test/shared/access-token.test.ts pins its bytes. Change both in one commit.
 *
 * The store has it as JSON under SHA-256 of the token. Names are those of RFC 7662 §2.2 where it has one; what is at
 * its default is left out, because there may be a hundred million of these.
 */
import { DEFAULT_ORGANIZATION } from './organization.ts';
import { isObject } from './xapi/property.ts';
import { readConfirmation, type Confirmation } from './confirmation.ts';
import type { Restriction, Restrictions } from './xapi/restriction.ts';

export interface AccessTokenRecord {
  client_id: string;
  /** The client's generation when it was issued. */
  generation: number;
  org: string;
  /** Our vocabulary, separated by spaces; never empty. For a person also identity scopes, which open nothing at an LRS. */
  scope: string;
  /** The person it was issued for; absent where a client acts for itself. */
  sub?: string;
  /** The person's generation when it was issued; with `sub` only. */
  person_generation?: number;
  /** The family of tokens it belongs to: what came of one authorization. */
  grant?: string;
  /** The one resource it was asked for (RFC 8707); absent: whatever its scopes reach. */
  resource?: string;
  /** Whom a JWT says it is for; in no record. */
  audience?: readonly string[];
  /** RFC 9396 `authorization_details` of type `xapi`: alternatives. */
  restrictions?: readonly Restriction[];
  /** What holds as well: what the token that it was handed out with is held to. */
  within?: Restrictions;
  /** Whoever sends it has to show that it is theirs; absent: whoever has it may use it. */
  cnf?: Confirmation;
  /** Unix seconds. */
  iat: number;
  exp: number;
}

interface Stored {
  client_id: string;
  gen?: number;
  org?: string;
  scope: string;
  sub?: string;
  sub_gen?: number;
  grant?: string;
  aud?: string;
  authorization_details?: readonly Restriction[];
  within?: Restrictions;
  cnf?: Confirmation;
  iat: number;
  exp: number;
}

export function encodeAccessToken(record: AccessTokenRecord): string {
  const stored: Stored = {
    client_id: record.client_id,
    ...(record.generation !== 0 && { gen: record.generation }),
    ...(record.org !== DEFAULT_ORGANIZATION && { org: record.org }),
    scope: record.scope,
    ...(record.sub !== undefined && { sub: record.sub }),
    ...(record.person_generation && { sub_gen: record.person_generation }),
    ...(record.grant !== undefined && { grant: record.grant }),
    ...(record.resource !== undefined && { aud: record.resource }),
    ...(record.restrictions && { authorization_details: record.restrictions }),
    ...(record.within && { within: record.within }),
    ...(record.cnf && { cnf: record.cnf }),
    iat: record.iat,
    exp: record.exp,
  };
  return JSON.stringify(stored);
}

/** @throws Error where the text is not a record: something else wrote to the store, and no guess would be safe. */
export function decodeAccessToken(text: string): AccessTokenRecord {
  const stored = JSON.parse(text) as Partial<Stored>;
  const { client_id, gen = 0, org = DEFAULT_ORGANIZATION, scope, iat, exp } = stored;
  const { sub, sub_gen = 0, grant, aud, authorization_details, within, cnf } = stored;
  const isText = typeof client_id === 'string' && typeof scope === 'string' && typeof org === 'string';
  const isCount =
    typeof gen === 'number' && typeof sub_gen === 'number' && typeof iat === 'number' && typeof exp === 'number';
  const isOptional = [sub, grant, aud].every(isTextOrAbsent) && isListOrAbsent(authorization_details);
  const isWithin = within === undefined || (Array.isArray(within) && within.every(isList));
  if (!isText || !isCount || !isOptional || !isWithin)
    throw new Error('a record under access-token is not an access-token record');
  return {
    client_id,
    generation: gen,
    org,
    scope,
    ...(sub !== undefined && { sub, person_generation: sub_gen }),
    ...(grant !== undefined && { grant }),
    ...(aud !== undefined && { resource: aud }),
    ...(authorization_details && { restrictions: authorization_details }),
    ...(within && { within }),
    ...(cnf !== undefined && { cnf: readConfirmation(cnf) }),
    iat,
    exp,
  };
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/** Of restrictions: what is none must not be taken for one, nor passed over. */
function isListOrAbsent(value: unknown): boolean {
  return value === undefined || isList(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}
