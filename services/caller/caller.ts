/** A caller: who it is, and what it may do now. */
import type { AccessTokenRecord } from '../shared/access-token.ts';
import { scopesHeld, type Client } from '../shared/client.ts';
import { permissionsOf, type Person } from '../shared/person.ts';
import { remembered } from '../shared/remembered.ts';
import { narrow } from '../shared/scopes.ts';
import type { Restrictions } from '../shared/xapi/restriction.ts';

export interface Caller {
  readonly clientId: string;
  readonly org: string;
  readonly scopes: readonly string[];
  /** The person it acts for; absent: the client acts for itself. */
  readonly subject: string | undefined;
  /** The one resource its token is for; absent: whatever its scopes reach. */
  readonly resource: string | undefined;
  /** Whom its token says it is for; absent: its token says nothing of that. */
  readonly audience?: readonly string[] | undefined;
  readonly restrictions: Restrictions;
  /** Whether what it writes loses its definitions unless it holds `define`. */
  readonly enforcesDefine: boolean;
  /** The registration, as it was when this call came. */
  readonly client: Client;
}

/** Who acts by its registration alone. */
export function callerItself(client: Client): Caller {
  return callerOf(client, scopesHeld(client));
}

/** Who acts by a token. @param person whom the token is for, where it is for one. */
export function callerByToken(record: AccessTokenRecord, client: Client, person?: Person): Caller {
  if (saysScopesOnly(record)) return callerWithScopes(client, record.scope);
  const known = callers.get(record);
  if (known?.caller.client === client && known.person === person) return known.caller;
  const caller = callerOf(client, effectiveScopes(record, client, person), record);
  callers.set(record, { caller, person });
  return caller;
}

/** Worked out once for each cached record, and the client and the person as they were then. */
const callers = new WeakMap<AccessTokenRecord, { caller: Caller; person: Person | undefined }>();

/** As most do: all such tokens of a client with the same scopes make the same caller. */
function saysScopesOnly({ sub, resource, audience, restrictions, within }: AccessTokenRecord): boolean {
  return (
    sub === undefined &&
    resource === undefined &&
    audience === undefined &&
    restrictions === undefined &&
    within === undefined
  );
}

/** Worked out once for each cached client, as it was then. */
const callersWithScopes = new WeakMap<Client, (scope: string) => Caller>();
const MOST_SCOPES = 20;

function callerWithScopes(client: Client, scope: string): Caller {
  const known = callersWithScopes.get(client);
  if (known) return known(scope);
  const workOut = remembered((asked) => callerOf(client, scopesLeft(asked, client)), { most: MOST_SCOPES });
  callersWithScopes.set(client, workOut);
  return workOut(scope);
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
  const clients = scopesLeft(record.scope, client);
  return person ? narrow(clients, permissionsOf(person)) : clients;
}

function scopesLeft(given: string, client: Client): readonly string[] {
  return narrow(given.split(' '), scopesHeld(client));
}
