/** The register of organizations. The one that the settings describe, `default`, is not in it. */
import type { Organization } from '../shared/organization.ts';
import { createRegister, type Register } from './register.ts';
import type { Store } from './store.ts';

export type OrganizationRegister = Register<Organization>;

export function decodeOrganization(text: string): Organization {
  return JSON.parse(text) as Organization;
}

export function createOrganizationRegister(store: Store): OrganizationRegister {
  return createRegister<Organization>(store, {
    kind: 'organization',
    idOf: ({ org }) => org,
    nameOf: ({ name }) => name,
    decode: decodeOrganization,
  });
}
