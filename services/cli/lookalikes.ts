/**
 * Clients that their LRS could not tell from one another: `statements/read/mine` would give each the statements of both.
 */
import { createHash } from 'node:crypto';
import { PROFILES } from '../gateway/jwt-profiles.ts';
import type { Client } from '../shared/client.ts';
import type { Organization } from '../shared/organization.ts';
import { identityOf, type Agent, type Authority } from '../shared/xapi/actor.ts';
import { fillAuthority, usualAuthority } from '../shared/xapi/authority.ts';

export interface Registered {
  issuer: string;
  clients: readonly Client[];
  /** The one of the settings among them. */
  organizations: readonly Organization[];
  /** Those that whoever asks may be told of; absent: all. */
  seen?: readonly Client[];
}

/** What somebody is known by, and where: two organizations may share one LRS. */
interface Mark {
  is: 'authority' | 'user name at the LRS';
  key: string;
}

/** What is said of two that are alike. */
export const CONSEQUENCE = "the LRS could not tell them apart, and each would read the other's statements as its own";

/** @returns client id → the end of a sentence that says what it has in common with whom; in the order of the clients. */
export function likenessesIn(registered: Registered): Map<string, string> {
  const first = new Map<string, { client?: Client; label: string }>();
  for (const { org, lrs } of registered.organizations)
    if (lrs.username !== undefined)
      first.set(usernameMark(placeOf(org, lrs.url), lrs.username).key, { label: `organization ${org} itself` });

  const likenesses = new Map<string, string>();
  const isLike = (client: Client, { is }: Mark, label: string) => {
    if (!likenesses.has(client.client_id)) likenesses.set(client.client_id, `the ${is} of ${label}`);
  };
  const { seen } = registered;
  for (const client of registered.clients) {
    const isSeen = seen?.some(({ client_id }) => client_id === client.client_id) ?? true;
    const own = { client, label: isSeen ? `client ${client.client_id}` : 'another client' };
    for (const mark of marksOf(client, registered)) {
      const owner = first.get(mark.key);
      if (!owner) first.set(mark.key, own);
      else if (owner.client !== client) {
        if (owner.client) isLike(owner.client, mark, own.label);
        isLike(client, mark, owner.label);
      }
    }
  }
  return likenesses;
}

/** @returns the same of one client, be it registered so or about to be. */
export function likenessOf(client: Client, registered: Registered): string | undefined {
  const others = registered.clients.filter(({ client_id }) => client_id !== client.client_id);
  return likenessesIn({ ...registered, clients: [...others, client] }).get(client.client_id);
}

/** Whether a change gives it other marks: one that does not is no reason to look for others with the same. */
export function hasOtherMarks(before: Client, after: Client, registered: Registered): boolean {
  return JSON.stringify(marksOf(before, registered)) !== JSON.stringify(marksOf(after, registered));
}

function marksOf(client: Client, { issuer, organizations }: Registered): Mark[] {
  const organization = organizations.find(({ org }) => org === client.org);
  const place = placeOf(client.org, organization?.lrs.url);
  const authorities = [givenTo(client, organization, issuer), recordedFor(client, organization, issuer)];
  const marks = authorities.flatMap((authority): Mark[] =>
    authority ? [{ is: 'authority', key: JSON.stringify([place, 'authority', identitiesIn(authority)]) }] : [],
  );
  return client.lrs_credential ? [usernameMark(place, client.lrs_credential.username), ...marks] : marks;
}

function placeOf(org: string, url: string | undefined): string {
  return url || `organization ${org}`;
}

function usernameMark(place: string, username: string): Mark {
  return { is: 'user name at the LRS', key: JSON.stringify([place, 'username', username]) };
}

/** The same for what `isSameAuthority` takes for the same: members in any order, an mbox and its mbox_sha1sum. */
function identitiesIn(authority: Authority): (string | undefined)[] {
  return ('member' in authority ? authority.member : [authority]).map(identityIn).sort();
}

function identityIn({ mbox, ...agent }: Agent): string | undefined {
  if (mbox === undefined) return identityOf(agent);
  return identityOf({ ...agent, mbox_sha1sum: createHash('sha1').update(mbox).digest('hex') });
}

/** What the gateway gives its statements. The person is left to the token: here it is the same for all. */
function givenTo(client: Client, organization: Organization | undefined, issuer: string): Authority | undefined {
  const tokenEndpoint = `${issuer}/oauth2/token`;
  const template = client.authority ?? organization?.lrs.authority_template;
  if (!template) return usualAuthority({ tokenEndpoint, issuer, clientId: client.client_id });
  const values = {
    client_id: client.client_id,
    client_name: client.client_name,
    org: client.org,
    issuer,
    token_endpoint: tokenEndpoint,
    subject: 'anybody',
    ...(client.lrs_credential && { lrs_username: client.lrs_credential.username }),
  };
  try {
    return fillAuthority(template, values);
  } catch {
    /* With a placeholder that has no value, it has no authority that anything could be mistaken for. */
    return undefined;
  }
}

/** What the LRS makes of its assertions. */
function recordedFor(client: Client, organization: Organization | undefined, issuer: string): Authority | undefined {
  if (organization?.lrs.auth !== 'jwt') return undefined;
  const id = client.client_id;
  return PROFILES[organization.lrs.jwt_profile].authority?.(issuer, id, id);
}
