/** Who is signed in in a browser, where they still are who they were then. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Person } from '../../../shared/person.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import type { BrowserSessions } from '../../browser-sessions.ts';
import { signedIn } from '../../signed-in.ts';

export type SignedIn = (req: IncomingMessage, res: ServerResponse) => Promise<Person | undefined>;

export function createSignedIn(sessions: Pick<BrowserSessions, 'find'>, people: Reader<Person>): SignedIn {
  const found = { find: async (personId: string) => people.read(keyOf(personId)) };
  return async (req, res) => signedIn(found, await sessions.find(req, res));
}
