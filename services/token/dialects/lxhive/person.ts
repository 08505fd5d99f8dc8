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

export interface Entitled {
  person: Person;
  isNew: boolean;
  /** What the credential may do: what the client that asks and the person both may. */
  scopes: readonly string[];
}

/** @throws Refusal 400, and then nobody was added. */
export type Entitle = (asked: Asked, caller: Caller) => Promise<Entitled>;

/** How often it is looked again, where others add the same person at once. */
const ATTEMPTS = 5;

export function createEntitle(people: PersonRegister): Entitle {
  /** Whoever may hand out credentials could otherwise set the password of an account, and so take it over. */
  async function find({ email }: AskedPerson, { org }: Caller): Promise<Person | undefined> {
    const person = await people.findByEmail(email);
    if (!person) return undefined;
    if (person.org === org && person.active) return person;
    /* In the same words for either: whether another organization has somebody is not ours to tell. */
    throw new Refusal('invalid_request', 'nobody with this user.email can be given a credential here');
  }

  return async (asked, caller) => {
    const permissions = within('user.permissions', asked.person.permissions, [caller.scopes]);
    const scopesBy = (held: readonly string[]) => within('scopes', asked.scopes, [held, caller.scopes]);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await find(asked.person, caller);
      if (found) return { person: found, isNew: false, scopes: scopesBy(permissionsOf(found)) };
      const scopes = scopesBy(permissions);
      const { email, name, password } = asked.person;
      const person = await addPerson(people, {
        ...{ org: caller.org, email, email_verified: false, name, scope: permissions.join(' ') },
        ...(password !== undefined && { password: await hashPassword(password, nowSeconds()) }),
      });
      if (person) return { person, isNew: true, scopes };
    }
    throw new Refusal('temporarily_unavailable', 'others are adding this user at the same time; try again');
  };
}
