/** What a client may be given of what it asks for. */
import { scopesHeld, type Client } from '../shared/client.ts';
import { narrow, readScopes } from '../shared/scopes.ts';
import type { Restriction } from '../shared/xapi/restriction.ts';
import { readAuthorizationDetails } from './authorization-details.ts';
import type { Target, Targets } from './targets.ts';

/** The parameters, as they were sent; an empty one is an omitted one (RFC 6749 §3.2). */
export interface TokenRequest {
  scope?: string | undefined;
  resource?: string | readonly string[] | undefined;
  authorization_details?: string | undefined;
}

export interface Grant {
  /** Never empty. */
  scopes: string[];
  /** The one it is for; absent: whatever its scopes reach. */
  resource?: string;
  restrictions?: Restriction[];
}

/** The error that it becomes, and the sentence beside it. */
export interface Refused {
  error: 'invalid_scope' | 'invalid_target' | 'invalid_authorization_details';
  refused: string;
}

export function grantRequest(client: Client, request: TokenRequest, targets: Targets): Grant | Refused {
  const { resource, authorization_details: details } = request;
  if (Array.isArray(resource))
    return { error: 'invalid_target', refused: 'a token is for one resource: send resource once, or not at all' };
  const target = resource ? targets.named(resource as string, client.org) : undefined;
  if (resource && !target)
    return { error: 'invalid_target', refused: `the resource should be one of ${targets.identifiers.join(', ')}` };
  if (details && target && target !== targets.lrs) {
    const refused = `authorization_details of type xapi are about the LRS, and this token is for ${target.identifier}`;
    return { error: 'invalid_authorization_details', refused };
  }
  const restrictions = details ? restrict(client, details) : undefined;
  if (restrictions && 'refused' in restrictions) return restrictions;
  /* What is restricted at the LRS must not be free of restrictions elsewhere. */
  const granted = grantScopes(client, request.scope, restrictions ? targets.lrs : target);
  if ('refused' in granted) return granted;
  return { ...granted, ...(target && { resource: target.identifier }), ...(restrictions && { restrictions }) };
}

/** What `authorization_details` say, within what the client is restricted to. */
export function restrict(client: Client, details: string): Restriction[] | Refused {
  try {
    return readAuthorizationDetails(details, client.restrictions);
  } catch (error) {
    return { error: 'invalid_authorization_details', refused: (error as Error).message };
  }
}

/**
 * Narrows silently to what the client has (Watershed; RFC 6749 §3.3), unless it is registered strict. Never grants
 * nothing: a token without a scope looks like success and works nowhere.
 *
 * @param target where the scopes must mean something; absent: anywhere.
 */
export function grantScopes(client: Client, asked: string | undefined, target: Target | undefined): Grant | Refused {
  const all = scopesHeld(client);
  const held = target ? all.filter(target.knows) : all;
  const there = target ? ` at ${target.identifier}` : '';
  const refuse = (refused: string): Refused => ({ error: 'invalid_scope', refused });
  if (held.length === 0) return refuse(`this client has no scope${there}: an administrator can add some`);

  const { known, unknown } = readScopes(asked ?? '');
  if (known.length === 0 && unknown.length === 0) {
    const usual = client.default_scope === undefined ? held : narrow(client.default_scope.split(' '), held);
    return usual.length > 0
      ? { scopes: usual }
      : refuse(`this client gets no scope${there} unless it asks for one: it may ask for ${held.join(' ')}`);
  }
  const scopes = narrow(known, held);
  const beyond = [...unknown, ...known.filter((scope) => !scopes.includes(scope))];
  if (scopes.length === 0 || (client.strict && beyond.length > 0))
    return refuse(`this client may not have ${beyond.join(' ')}${there}; it may ask for ${held.join(' ')}`);
  return { scopes };
}

/**
 * Watershed's `expire_seconds` shortens the life of a token, and lengthens it up to the client's cap.
 *
 * @returns `undefined` where it is not a whole number of at least one second.
 */
export function tokenLifeSeconds(client: Client, expireSeconds: string | undefined): number | undefined {
  if (expireSeconds === undefined || expireSeconds === '')
    return Math.min(client.token_seconds, client.max_token_seconds);
  if (!/^\d+$/.test(expireSeconds) || Number(expireSeconds) < 1) return undefined;
  return Math.min(Number(expireSeconds), client.max_token_seconds);
}
