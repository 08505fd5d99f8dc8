/** Who is signed in in a browser, by a session that still counts: theirs, and begun under the generation they have. */
import { personStands, type Person } from '../shared/person.ts';
import type { PersonRegister } from '../store/people.ts';
import type { BrowserSession } from './browser-sessions.ts';

export async function signedIn(
  people: Pick<PersonRegister, 'find'>,
  session: BrowserSession | undefined,
): Promise<Person | undefined> {
  const found = session?.accountId === undefined ? undefined : await people.find(session.accountId);
  return found && personStands(found, session?.generation ?? -1) ? found : undefined;
}
