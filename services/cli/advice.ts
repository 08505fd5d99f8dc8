/** What is not wrong, and will not do what its author most likely expects. */
import { warningsOn } from '../gateway/warnings.ts';
import { scopesHeld, type Client } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';

/** Settings and options for the same thing have the same name, but for how it is written. */
const SETTING = /HALLPASS_(LRS_[A-Z_]+)(=?)/g;

/** @returns sentences, in the names of the options where it is no setting that describes the organization. */
export function adviceOn(organization: Organization, issuer: string): string[] {
  const sentences = [...warningsOn(organization, issuer), ...withoutCredential(organization)];
  if (organization.org === DEFAULT_ORGANIZATION) return sentences;
  const asOption = (_: string, name: string, is: string) => `--${name.toLowerCase().replaceAll('_', '-')}${is && ' '}`;
  return sentences.map((sentence) => sentence.replace(SETTING, asOption));
}

function withoutCredential({ lrs }: Organization): string[] {
  if (lrs.auth !== 'basic' || lrs.username !== undefined || lrs.url === '') return [];
  return ['HALLPASS_LRS_USERNAME is not set: the LRS is called without a credential'];
}

interface Membership {
  client: Client;
  organization: Organization;
}

const READS_OWN = /(?:^| )statements\/read\/mine(?: |$)/;

interface Advice {
  when: (membership: Membership) => boolean;
  say: (org: string) => string;
}

const ON_CLIENT: readonly Advice[] = [
  {
    when: ({ client }) => client.scim_configuration !== undefined && !scopesHeld(client).includes('scim'),
    say: () => 'its SCIM configuration has no bearing: it has not the scope scim',
  },
  {
    when: ({ client }) => client.scim_configuration !== undefined && client.org !== DEFAULT_ORGANIZATION,
    say: () => `its SCIM configuration has no bearing: SCIM is for the clients of organization ${DEFAULT_ORGANIZATION}`,
  },
  {
    when: ({ client }) => client.redirect_uris !== undefined && !client.grant_types.includes('authorization_code'),
    say: () => 'nobody is ever sent to its redirect URIs: it has no --grant-type authorization_code',
  },
  {
    when: ({ client, organization: { lrs } }) => client.authority !== undefined && lrs.authority === 'shared',
    say: (org) => `its authority has no bearing: all clients of organization ${org} have the same one at its LRS`,
  },
  {
    when: ({ client, organization: { lrs } }) => client.lrs_credential !== undefined && lrs.auth === 'jwt',
    say: (org) => `its credential at the LRS is not used: organization ${org} signs an assertion for each client`,
  },
  {
    when: ({ client, organization: { lrs } }) =>
      lrs.authority === 'per-credential' &&
      lrs.auth === 'basic' &&
      client.lrs_credential === undefined &&
      READS_OWN.test(client.scope),
    say: (org) =>
      `it has no credential of its own at the LRS of organization ${org} (--lrs-username), so statements/read/mine is refused`,
  },
];

export function adviceOnClient(client: Client, organization: Organization): string[] {
  return ON_CLIENT.filter(({ when }) => when({ client, organization })).map(({ say }) => say(organization.org));
}
