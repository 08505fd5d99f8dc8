/** For whom a temporary credential is: somebody who is here, as they are; or somebody new, who then is here. */
import type { Caller } from '../../../caller/caller.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { hashPassword } from '../../../shared/password.ts';
import { permissionsOf, type Person } from '../../../shared/person.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { addPerson } from '../../../store/new-person.ts';
import type { PersonRegister } from '../../../store/people.ts';
import type { Asked, AskedPerson } from './asked.ts';
import { within } from './within.ts';

export type FindOrAdd = (asked: AskedPerson, caller: Caller) => Promise<{ person: Person; isNew: boolean }>;

/** How often it is looked again, where others add the same person at once. */
const ATTEMPTS = 5;

export function createFindOrAdd(people: PersonRegister): FindOrAdd {
  /** Whoever may hand out credentials could otherwise set the password of an account, and so take it over. */
  async function find({ email }: AskedPerson, { org }: Caller): Promise<Person | undefined> {
    const person = await people.findByEmail(email);
    if (!person) return undefined;
    if (person.org === org && person.active) return person;
    /* In the same words for either: whether another organization has somebody is not ours to tell. */
    throw new Refusal('invalid_request', 'nobody with this user.email can be given a credential here');
  }

  return async (asked, caller) => {
    const scope = within('user.permissions', asked.permissions, [caller.scopes]).join(' ');
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await find(asked, caller);
      if (found) return { person: found, isNew: false };
      const { email, name, password } = asked;
      const stored = password === undefined ? {} : { password: await hashPassword(password, nowSeconds()) };
      const person = await addPerson(people, { org: caller.org, email, email_verified: false, name, scope, ...stored });
      if (person) return { person, isNew: true };
    }
    throw new Refusal('temporarily_unavailable', 'others are adding this user at the same time; try again');
  };
}

/** What the credential may do: what the client that asks and the person both may. */
export function scopesFor({ scopes }: Pick<Asked, 'scopes'>, person: Person, caller: Caller): string[] {
  return within('scopes', scopes, [permissionsOf(person), caller.scopes]);
}
