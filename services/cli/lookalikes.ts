/**
 * Clients that their LRS could not tell from one another: `statements/read/mine` would give each the statements of both.
 */
import { PROFILES } from '../gateway/jwt-profiles.ts';
import type { Client } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import { fillAuthority, isSameAuthority, usualAuthority } from '../shared/xapi/authority.ts';

export interface Registered {
  issuer: string;
  clients: readonly Client[];
  /** The one of the settings among them. */
  organizations: readonly Organization[];
}

/** What one client is known by at its LRS. */
interface Marks {
  /** Where: two organizations may share one LRS. */
  place: string;
  username: string | undefined;
  /** What the gateway gives its statements, and what the LRS makes of its assertions. */
  authorities: readonly Authority[];
}

/** @returns the end of a sentence that says what this client has in common with which other one, if it has. */
export function likenessOf(client: Client, registered: Registered): string | undefined {
  const marks = marksOf(client, registered);
  const organization = registered.organizations.find(({ org }) => org === client.org);
  if (marks.username !== undefined && marks.username === organization?.lrs.username)
    return `the user name at the LRS of organization ${client.org} itself`;
  for (const other of registered.clients) {
    if (other.client_id === client.client_id) continue;
    const theirs = marksOf(other, registered);
    if (theirs.place !== marks.place) continue;
    if (marks.username !== undefined && marks.username === theirs.username)
      return `the user name at the LRS of client ${other.client_id}`;
    if (marks.authorities.some((mine) => theirs.authorities.some((its) => isSameAuthority(mine, its))))
      return `the authority of client ${other.client_id}`;
  }
  return undefined;
}

/** Whether a change gives it other marks: one that does not is no reason to look for others with the same. */
export function hasOtherMarks(before: Client, after: Client, registered: Registered): boolean {
  return JSON.stringify(marksOf(before, registered)) !== JSON.stringify(marksOf(after, registered));
}

function marksOf(client: Client, { issuer, organizations }: Registered): Marks {
  const organization = organizations.find(({ org }) => org === client.org);
  return {
    place: organization?.lrs.url || `organization ${client.org}`,
    username: client.lrs_credential?.username,
    authorities: [authorityOf(client, organization, issuer), recordedFor(client, organization, issuer)].filter(
      (authority) => authority !== undefined,
    ),
  };
}

/** As the gateway fills it. The person is left to the token: here it is the same for all. */
function authorityOf(client: Client, organization: Organization | undefined, issuer: string): Authority | undefined {
  const tokenEndpoint = `${issuer}/oauth2/token`;
  const template = client.authority ?? organization?.lrs.authority_template;
  if (!template) return usualAuthority({ tokenEndpoint, issuer, clientId: client.client_id });
  const values = {
    client_id: client.client_id,
    client_name: client.client_name,
    org: organization?.org ?? DEFAULT_ORGANIZATION,
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

function recordedFor(client: Client, organization: Organization | undefined, issuer: string): Authority | undefined {
  if (organization?.lrs.auth !== 'jwt') return undefined;
  const id = client.client_id;
  return PROFILES[organization.lrs.jwt_profile].authority?.(issuer, id, id);
}
