/** What is not wrong, and will not do what its author most likely expects. */
import type { Client } from '../shared/client.ts';
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';

interface Advice<T> {
  when: (subject: T) => boolean;
  /** @param name how an option is called where the organization is described: on the command line or in the settings. */
  say: (subject: T, name: (option: string) => string) => string;
}

const ON_ORGANIZATION: readonly Advice<Organization>[] = [
  {
    when: ({ lrs }) => lrs.authority === 'shared',
    say: (_, name) =>
      'all clients look alike to the LRS, so statements/read/mine is refused; ' +
      `${name('lrs-authority')} says where that is not so (kept, per-credential)`,
  },
  {
    when: ({ lrs }) => lrs.authority === 'kept' && lrs.auth === 'jwt' && lrs.jwt_profile !== 'generic',
    say: ({ lrs }, name) =>
      `an LRS that reads assertions of profile ${lrs.jwt_profile} makes its own authority of them and keeps none that ` +
      `it is sent: with ${name('lrs-authority')} kept, statements/read/mine would find nothing; use per-credential`,
  },
  {
    when: ({ lrs }) => lrs.authority === 'per-credential' && lrs.auth !== 'jwt' && !lrs.authority_template,
    say: (_, name) =>
      'nobody said which authority the LRS records for a credential, so statements/read/mine is refused to clients ' +
      `without an authority of their own; say it by ${name('lrs-authority-template')}`,
  },
  {
    when: ({ lrs }) => lrs.auth === 'basic' && lrs.username === undefined && lrs.url !== '',
    say: (_, name) => `${name('lrs-username')} is not set: the LRS is called without a credential`,
  },
  {
    when: ({ lrs }) => lrs.auth !== 'jwt' && lrs.jwt_profile !== 'generic',
    say: ({ lrs }, name) => `${name('lrs-jwt-profile')} has no bearing: ${name('lrs-auth')} is ${lrs.auth}`,
  },
];

interface Membership {
  client: Client;
  organization: Organization;
}

const READS_OWN = /(?:^| )statements\/read\/mine(?: |$)/;

const ON_CLIENT: readonly Advice<Membership>[] = [
  {
    when: ({ client, organization: { lrs } }) => client.authority !== undefined && lrs.authority === 'shared',
    say: ({ organization: { org } }) =>
      `its authority has no bearing: all clients of organization ${org} have the same one at its LRS`,
  },
  {
    when: ({ client, organization: { lrs } }) => client.lrs_credential !== undefined && lrs.auth === 'jwt',
    say: ({ organization: { org } }) =>
      `its credential at the LRS is not used: organization ${org} signs an assertion for each client`,
  },
  {
    when: ({ client, organization: { lrs } }) =>
      lrs.authority === 'per-credential' &&
      lrs.auth !== 'jwt' &&
      client.lrs_credential === undefined &&
      READS_OWN.test(client.scope),
    say: ({ organization: { org } }) =>
      `it has no credential of its own at the LRS of organization ${org} (--lrs-username), so statements/read/mine is refused`,
  },
];

/** @returns sentences, without a full stop. */
export function adviceOn(organization: Organization): string[] {
  return advise(ON_ORGANIZATION, organization, organization);
}

export function adviceOnClient(client: Client, organization: Organization): string[] {
  return advise(ON_CLIENT, { client, organization }, organization);
}

function advise<T>(rows: readonly Advice<T>[], subject: T, { org }: Organization): string[] {
  const asSetting = (option: string) => `HALLPASS_${option.toUpperCase().replaceAll('-', '_')}`;
  const asOption = (option: string) => `--${option}`;
  const name = org === DEFAULT_ORGANIZATION ? asSetting : asOption;
  return rows.filter(({ when }) => when(subject)).map(({ say }) => say(subject, name));
}
