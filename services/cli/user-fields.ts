/** What can be said of a person on the command line, and what is wrong with it. */
import { readLabel } from '../shared/administrator.ts';
import { passwordFault, type Known } from '../shared/password.ts';
import type { Person } from '../shared/person.ts';
import { readEmail, readUsername } from '../shared/person-name.ts';
import { isLrsScope, readScopes } from '../shared/scopes.ts';
import { LRS_SCOPES } from '../shared/xapi/permissions.ts';
import { onlySaid, type Changes } from './changes.ts';
import { UsageError, type Context } from './context.ts';
import { notBoth, oneLine, readAs, type ValuesOf } from './options.ts';

export const PERSON_OPTIONS = {
  email: { type: 'string' },
  name: { type: 'string' },
  permissions: { type: 'string' },
  username: { type: 'string' },
  locale: { type: 'string' },
  'admin-label': { type: 'string', multiple: true },
  'admin-all': { type: 'boolean' },
  'no-admin': { type: 'boolean' },
} as const;

const OPPOSITES = [
  ['admin-label', 'admin-all'],
  ['admin-label', 'no-admin'],
  ['admin-all', 'no-admin'],
] as const;

/** @throws UsageError naming the option and what it should be. */
export function readPerson(values: ValuesOf<typeof PERSON_OPTIONS>): Changes<Person> {
  notBoth({ ...values }, OPPOSITES);
  const { email, name, permissions, username, locale, 'admin-label': labels } = values;
  return {
    said: onlySaid({
      /* Who registers it here answers for it. */
      ...(email !== undefined && { email: readAs('email', email, readEmail), email_verified: true }),
      name: oneLine('name', name),
      scope: permissions === undefined ? undefined : permitted(permissions),
      username: username === undefined ? undefined : readAs('username', username, readUsername),
      locale: locale ? readAs('locale', locale, language) : undefined,
      administers: values['admin-all']
        ? ('all' as const)
        : labels && [...new Set(labels.map((text) => readAs('admin-label', text, readLabel)))].sort(),
    }),
    dropped: [
      ...(locale === '' ? (['locale'] as const) : []),
      ...(values['no-admin'] ? (['administers'] as const) : []),
    ],
  };
}

/** Scopes of the LRS only: what is granted by name is for software, and a person could not give it to a client. */
function permitted(text: string): string {
  const { known, unknown } = readScopes(text);
  const refused = [...unknown, ...known.filter((scope) => !isLrsScope(scope))];
  if (refused.length > 0)
    throw new UsageError(
      `--permissions: there is none for people called ${refused.join(', ')}; there are ${Object.keys(LRS_SCOPES).join(', ')}`,
    );
  return known.join(' ');
}

/** @see RFC 5646 */
function language(text: string): string {
  try {
    return Intl.getCanonicalLocales(text)[0] ?? text;
  } catch {
    throw new Error(`should be a language like de or en-GB, not ${JSON.stringify(text)}`);
  }
}

/** The first line of standard input. @throws UsageError */
export async function readPassword({ readInput }: Context, person: Known): Promise<string> {
  const password = (await readInput()).replace(/\r?\n$/, '');
  /* What stands for bytes that are no UTF-8: kept so, it would be a password that nobody can type. */
  const isText = !password.includes('\ufffd');
  const fault = isText ? passwordFault(password, person) : 'should be text in UTF-8';
  if (fault !== undefined) throw new UsageError(`the password ${fault}`);
  return password;
}
