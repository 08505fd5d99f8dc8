/** A new person, with everything that was not said at its default, and a user name that nobody has. */
import { randomBytes } from 'node:crypto';
import { nowSeconds } from '../shared/clock.ts';
import type { Person } from '../shared/person.ts';
import { usernamesFor } from '../shared/person-name.ts';
import type { PersonRegister } from './people.ts';

export type NewPerson = Pick<Person, 'org' | 'email' | 'email_verified' | 'name' | 'scope'> &
  Partial<Pick<Person, 'username' | 'password' | 'locale' | 'links'>>;

const USERNAMES_TRIED = 50;

/**
 * @param said where there is no user name in it, one is made of the e-mail address
 * @returns `undefined` where the e-mail address, or the user name or link that was said, is somebody else's
 */
export async function addPerson(people: PersonRegister, said: NewPerson): Promise<Person | undefined> {
  const usernames = usernamesFor(said.email);
  for (let attempt = 0; attempt < USERNAMES_TRIED; attempt++) {
    const person = newPerson(said, said.username ?? usernames.next().value);
    if (await people.add(person)) return person;
    if (said.username !== undefined || (await people.findByEmail(said.email))) return undefined;
    if (await isLinked(people, said)) return undefined;
  }
  throw new Error(`no user name could be found for ${said.email}; say one`);
}

async function isLinked(people: PersonRegister, { org, links = [] }: NewPerson): Promise<boolean> {
  for (const link of links) if (await people.findByLink(org, link)) return true;
  return false;
}

function newPerson(said: NewPerson, username: string): Person {
  const now = nowSeconds();
  return {
    person_id: `person:${randomBytes(12).toString('hex')}`,
    active: true,
    /* An id is never another's again, so that nothing can come to life under it that had ended. */
    generation: 0,
    created_at: now,
    updated_at: now,
    ...said,
    username,
  };
}
