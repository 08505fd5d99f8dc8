/** People of tests. */
import { randomBytes } from 'node:crypto';
import { hashPassword } from '../../services/shared/password.ts';
import type { Person } from '../../services/shared/person.ts';

/** Somebody who may do everything at the LRS, without a password, unless it is said otherwise. */
export function newPerson(said: Partial<Person> = {}): Person {
  const id = randomBytes(12).toString('hex');
  const now = Math.floor(Date.now() / 1000);
  return {
    person_id: `person:${id}`,
    org: 'default',
    email: `ann-${id}@example.org`,
    email_verified: true,
    username: `ann-${id}`,
    name: 'Ann Other',
    scope: 'all',
    active: true,
    generation: 0,
    created_at: now,
    updated_at: now,
    ...said,
  };
}

export const PASSWORD = 'correct horse battery staple';

let hashed: Promise<NonNullable<Person['password']>> | undefined;

/** The same, with {@link PASSWORD}: hashed once, because that is slow on purpose. */
export async function newPersonWithPassword(said: Partial<Person> = {}): Promise<Person> {
  hashed ??= hashPassword(PASSWORD, Math.floor(Date.now() / 1000));
  return newPerson({ password: await hashed, ...said });
}
