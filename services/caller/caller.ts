/** A caller: who it is, and what it may do now. */
import type { AccessTokenRecord } from '../shared/access-token.ts';
import { scopesHeld, type Client } from '../shared/client.ts';
import { permissionsOf, type Person } from '../shared/person.ts';
import { narrow } from '../shared/scopes.ts';
import type { Restrictions } from '../shared/xapi/restriction.ts';

export interface Caller {
  clientId: string;
  org: string;
  scopes: readonly string[];
  /** The person it acts for; absent: the client acts for itself. */
  subject: string | undefined;
  /** The one resource its token is for; absent: whatever its scopes reach. */
  resource: string | undefined;
  /** Whom its token says it is for; absent: its token says nothing of that. */
  audience?: readonly string[] | undefined;
  restrictions: Restrictions;
  /** Whether what it writes loses its definitions unless it holds `define`. */
  enforcesDefine: boolean;
  /** The registration, as it was when this call came. */
  client: Client;
}

/** Who acts by its registration alone. */
export function callerItself(client: Client): Caller {
  return callerOf(client, scopesHeld(client));
}

/** Who acts by a token. @param person whom the token is for, where it is for one. */
export function callerByToken(record: AccessTokenRecord, client: Client, person?: Person): Caller {
  return callerOf(client, effectiveScopes(record, client, person), record);
}

/**
 * What a token that a caller hands on is held to, because the caller's own is. The registration's restrictions hold by
 * themselves; those of the token that it called with would end there.
 */
export function withinOf({ client, restrictions }: Caller): Pick<AccessTokenRecord, 'within'> {
  const within = restrictions.filter((source) => source !== client.restrictions);
  return within.length > 0 ? { within } : {};
}

function callerOf(client: Client, scopes: readonly string[], token?: AccessTokenRecord): Caller {
  const sources = [client.restrictions, token?.restrictions, ...(token?.within ?? [])].filter(
    (source) => source !== undefined,
  );
  return {
    clientId: client.client_id,
    org: client.org,
    scopes,
    subject: token?.sub,
    resource: token?.resource,
    audience: token?.audience,
    restrictions: sources,
    enforcesDefine: client.enforce_define ?? false,
    client,
  };
}

/**
 * What the token was given, as far as the client, and the person it acts for, still have it: a scope that was withdrawn
 * is gone from tokens too.
 */
function effectiveScopes(record: AccessTokenRecord, client: Client, person?: Person): readonly string[] {
  const known = narrowed.get(record);
  if (known?.client === client && known.person === person) return known.scopes;
  const clients = narrow(record.scope.split(' '), scopesHeld(client));
  const scopes = person ? narrow(clients, permissionsOf(person)) : clients;
  narrowed.set(record, { client, person, scopes });
  return scopes;
}

/** Worked out once for each cached record, and the client and the person as they were then. */
const narrowed = new WeakMap<
  AccessTokenRecord,
  { client: Client; person: Person | undefined; scopes: readonly string[] }
>();
