/** What a client may be given by a person: what it asks for, what it may have, and what the person has and agrees to. */
import { randomBytes } from 'node:crypto';
import type { Client } from '../shared/client.ts';
import { permissionsOf, type Person } from '../shared/person.ts';
import { narrow } from '../shared/scopes.ts';
import type { Consents } from './consents.ts';
import { apart } from './identity-scopes.ts';
import type { Targets } from './targets.ts';
import { grantScopes, type Refused } from './token-request.ts';

/** What is asked, as the library has it. */
export interface Asked {
  scope?: string | undefined;
  resource?: string | readonly string[] | undefined;
}

/** The part of the library's Grant that is written here. */
export interface Family {
  jti?: string;
  addOIDCScope(scope: string): void;
  rejectOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  rejectResourceScope(resource: string, scope: string): void;
}

/**
 * What a client asks for, as far as it may: before it is known which person it asks. A client that is registered for
 * refresh tokens gets them by `offline_access`, which a person sees and may take away; where it does not speak OpenID
 * Connect, which is where that scope comes from, it asks for it by being registered.
 *
 * @returns scopes as they are called in here.
 */
export function settleScopes(client: Client, { scope, resource }: Asked, targets: Targets): string[] | Refused {
  const { identity, ours, unknown } = apart(scope);
  const target = typeof resource === 'string' ? targets.named(resource, client.org) : undefined;
  if (resource !== undefined && !target) return { error: 'invalid_target', refused: wrongTarget(targets) };
  const who = identity.filter((name) => name !== 'offline_access');
  const isOnlyWho = who.length > 0 && ours.length === 0 && !(client.strict && unknown.length > 0);
  const granted = isOnlyWho ? { scopes: [] } : grantScopes(client, [...ours, ...unknown].join(' '), target);
  if ('refused' in granted) return granted;
  const mayRefresh = client.grant_types.includes('refresh_token');
  const wantsRefresh = identity.includes('offline_access') || !identity.includes('openid');
  return [...who, ...(mayRefresh && wantsRefresh ? ['offline_access'] : []), ...granted.scopes];
}

function wrongTarget({ identifiers }: Targets): string {
  return `a token is for one resource, and resource should be one of ${identifiers.join(', ')}; send it once, or not at all`;
}

/**
 * The same, once it is known who is asked.
 *
 * @param settled by {@link settleScopes}.
 */
export function narrowToPerson(
  person: Person,
  client: Client,
  settled: readonly string[],
): string[] | { denied: string } {
  if (person.org !== client.org) return { denied: 'this account belongs to another organization than this client' };
  const { identity, ours } = apart(settled.join(' '));
  const held = narrow(ours, permissionsOf(person));
  if (ours.length > 0 && held.length === 0) {
    const has = person.scope === '' ? 'none' : person.scope;
    return { denied: `this account may not allow ${ours.join(' ')}; its permissions: ${has}` };
  }
  return [...identity, ...held];
}

/**
 * Begins a family with what the person agreed to before. It is kept once a code is issued.
 *
 * @param resources that are asked for, as they are spelled there.
 * @returns `undefined` where nothing was agreed to.
 */
export async function recallConsent<F extends Family>(
  consents: Consents,
  {
    person,
    client,
    asked,
    resources,
  }: { person: Person; client: Client; asked: readonly string[]; resources: string[] },
  begin: () => F,
): Promise<F | undefined> {
  const consent = await consents.recall(person.person_id, client, asked);
  if (!consent) return undefined;
  const family = begin();
  family.jti = randomBytes(16).toString('base64url');
  const [granted, refused] = [consent.granted.join(' '), consent.refused.join(' ')];
  family.addOIDCScope(granted);
  if (refused) family.rejectOIDCScope(refused);
  for (const resource of resources) {
    family.addResourceScope(resource, granted);
    if (refused) family.rejectResourceScope(resource, refused);
  }
  return family;
}
