/** Who is signed in in a browser, where they still are who they were then. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { personStands, type Person } from '../../../shared/person.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import type { BrowserSessions } from '../../browser-sessions.ts';

export type SignedIn = (req: IncomingMessage, res: ServerResponse) => Promise<Person | undefined>;

export function createSignedIn(sessions: Pick<BrowserSessions, 'find'>, people: Reader<Person>): SignedIn {
  return async (req, res) => {
    const { accountId, generation = -1 } = (await sessions.find(req, res)) ?? {};
    const person = accountId === undefined ? undefined : await people.read(keyOf(accountId));
    return person && personStands(person, generation) ? person : undefined;
  };
}
