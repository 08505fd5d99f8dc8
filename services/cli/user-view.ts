/** How a person is shown: the names of OpenID Connect's claims, and never a hash. @see OpenID Connect Core §5.1 */
import type { Person } from '../shared/person.ts';
import type { Context } from './context.ts';

export function personAsJson({
  person_id,
  username,
  scope,
  password,
  links,
  ...person
}: Person): Record<string, unknown> {
  const { name, email, email_verified, org, active, locale, administers, created_at, updated_at } = person;
  return {
    sub: person_id,
    ...{ name, preferred_username: username, email, email_verified },
    ...(locale !== undefined && { locale }),
    permissions: scope,
    ...{ org, active },
    ...(administers !== undefined && { administers }),
    has_password: password !== undefined,
    ...(password && { password_changed_at: password.created_at }),
    ...(links && { links }),
    ...{ created_at, updated_at },
  };
}

export function personAsText(person: Person): string[] {
  const rows: [string, string | undefined][] = [
    ['sub', person.person_id],
    ['name', person.name],
    ['preferred_username', person.username],
    ['email', person.email_verified ? person.email : `${person.email}  (not verified)`],
    ['locale', person.locale],
    ['permissions', person.scope || 'none'],
    ['organization', person.org],
    ['administers', administeredBy(person)],
    ['active', person.active ? 'yes' : 'no'],
    ['password', person.password ? `kept since ${iso(person.password.created_at)}` : 'none'],
    ...(person.links ?? []).map(({ issuer, sub }): [string, string] => ['linked', `${sub} of ${issuer}`]),
    ['made', iso(person.created_at)],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => `${name.padEnd(20)}${value}`);
}

export function showPerson({ print }: Context, asJson: boolean | undefined, person: Person): void {
  if (asJson) print(JSON.stringify(personAsJson(person), null, 2));
  else for (const row of personAsText(person)) print(row);
}

function administeredBy({ administers }: Person): string | undefined {
  return administers === 'all' ? 'all clients of its organization' : administers?.join(' ');
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
