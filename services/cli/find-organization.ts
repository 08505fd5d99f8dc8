/** The organization that a command names, among those there are. */
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import { CommandFailed, UsageError } from './context.ts';
import type { Registered } from './lookalikes.ts';
import type { Registers } from './with-registers.ts';

/** The one of the settings first. */
export async function allOrganizations({ standing, organizations }: Registers): Promise<Organization[]> {
  return [standing, ...(await organizations.list())];
}

/** @throws CommandFailed naming those that there are. */
export async function findOrganization(registers: Registers, id: string): Promise<Organization> {
  return (await lookUp(registers, id)) ?? noSuchOrganization(registers, id);
}

export async function noSuchOrganization(registers: Registers, id: string): Promise<never> {
  throw new CommandFailed(await absence(registers, id));
}

/** @param id as an option has it. @throws UsageError naming those that there are. */
export async function organizationOfOption(registers: Registers, id: string): Promise<Organization> {
  const found = await lookUp(registers, id);
  if (!found) throw new UsageError(`--org: ${await absence(registers, id)}`);
  return found;
}

async function lookUp({ standing, organizations }: Registers, id: string): Promise<Organization | undefined> {
  return id === DEFAULT_ORGANIZATION ? standing : organizations.find(id);
}

async function absence(registers: Registers, id: string): Promise<string> {
  const names = (await allOrganizations(registers)).map(({ org }) => org);
  return `there is no organization ${JSON.stringify(id)}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
}

/** All clients and organizations as they are now, to hold a change against. */
export async function allRegistered(registers: Registers): Promise<Registered> {
  const { issuer, clients: administered, allClients } = registers;
  const [clients, organizations] = await Promise.all([allClients.list(), allOrganizations(registers)]);
  return { issuer, clients, organizations, ...(administered !== allClients && { seen: await administered.list() }) };
}
