/** A person, as the library asks for one: whether they still stand, and what a client is told of them. */
import type { Client } from '../shared/client.ts';
import { stands } from '../shared/client.ts';
import { addressOf, personStands, type Person } from '../shared/person.ts';
import type { Reader } from '../store/records.ts';
import { keyOf } from '../store/store.ts';
import type { Extra } from './adapter.ts';

export interface Account {
  accountId: string;
  person: Person;
  claims: () => Promise<Claims>;
}

type Claims = { sub: string } & Record<string, string | boolean>;

/** Under which generations something began: of the person, and, where a client has a part in it, of the client. */
export type Began = Pick<Extra, 'generation' | 'person_generation'> & { clientId?: string | undefined };

export type FindAccount = (personId: string, began: Began) => Promise<Account | undefined>;

/** What began before a password change, or before a client's secret was regenerated, ends with it. */
export function createFindAccount(people: Reader<Person>, clients: Reader<Client>): FindAccount {
  return async (personId, { generation, person_generation, clientId }) => {
    const person = await people.read(keyOf(personId));
    if (!person || !personStands(person, person_generation ?? -1)) return undefined;
    if (clientId !== undefined) {
      const client = await clients.read(keyOf(clientId));
      if (!client || !stands(client, generation ?? -1) || client.org !== person.org) return undefined;
    }
    return { accountId: person.person_id, person, claims: () => Promise.resolve(claimsOf(person)) };
  };
}

/** All there are: which of them a client is told depends on its scopes. @see OpenID Connect Core 1.0 §5.1 */
function claimsOf(person: Person): Claims {
  const email = addressOf(person);
  return {
    sub: person.person_id,
    name: person.name,
    preferred_username: person.username,
    ...(email !== undefined && { email, email_verified: person.email_verified }),
    ...(person.locale !== undefined && { locale: person.locale }),
  };
}
