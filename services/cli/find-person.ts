/** Whom a command means. */
import type { Person } from '../shared/person.ts';
import { CommandFailed } from './context.ts';
import type { Registers } from './with-registers.ts';

export const WHO = 'user, by id or e-mail address';

/** No id is an e-mail address, and no user name is either. @throws CommandFailed */
export async function findPerson({ people }: Registers, who: string): Promise<Person> {
  const found = (await people.find(who)) ?? (await people.findByEmail(who)) ?? (await people.findByUsername(who));
  return found ?? noSuchPerson(who);
}

export function noSuchPerson(who: string): never {
  throw new CommandFailed(`there is no user ${JSON.stringify(who)}`);
}
