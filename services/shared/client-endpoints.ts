/** Where a client calls, as whoever sets it up has to enter it. */
import type { Client } from './client.ts';
import { DEFAULT_ORGANIZATION } from './organization.ts';
import { identifierOf, scopesAt, type FurtherResource } from './resources.ts';

/** What of an installation is the same for all its clients. */
export interface Installation {
  issuer: string;
  resources: readonly FurtherResource[];
}

export interface ClientEndpoints {
  token_endpoint: string;
  /** Absent where there is no SCIM for it. */
  scim_endpoint?: string;
  /** With a slash at its end, as xAPI clients join a resource's name to it. */
  xapi_endpoint: string;
}

/** Further resources are for the clients of the default organization only. */
export function endpointsOf({ org }: Pick<Client, 'org'>, { issuer, resources }: Installation): ClientEndpoints {
  if (org !== DEFAULT_ORGANIZATION) {
    const base = `${issuer}/api/organizations/${org}`;
    return { token_endpoint: `${base}/oauth2/token`, xapi_endpoint: `${base}/lrs/` };
  }
  const scim = resources.find((resource) => scopesAt(resource).includes('scim'));
  return {
    token_endpoint: `${issuer}/oauth2/token`,
    ...(scim && { scim_endpoint: identifierOf(issuer, scim) }),
    xapi_endpoint: `${issuer}/xapi/`,
  };
}
