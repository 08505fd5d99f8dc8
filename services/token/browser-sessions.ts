/** Who is signed in in a browser, where the library's own flow is not under way. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Person } from '../shared/person.ts';
import { LIVES } from './configuration.ts';
import type { SessionEnd } from './session-end.ts';

export interface BrowserSession {
  uid: string;
  accountId?: string | undefined;
  /** The person's, when they signed in. */
  generation?: number | undefined;
}

export interface BrowserSessions {
  /** Whatever its cookie names; whether the person still stands is not looked at. */
  find(req: IncomingMessage, res: ServerResponse): Promise<BrowserSession | undefined>;
  /** Signs somebody in under a new id: one that was planted before is worth nothing after (session fixation). */
  begin(req: IncomingMessage, res: ServerResponse, person: Person): Promise<void>;
  /** Takes the cookie from the browser. */
  forget(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

interface LibrarySession extends BrowserSession {
  id: string;
  loginAccount(details: { accountId: string; transient: boolean }): void;
  save(ttlSeconds: number): Promise<unknown>;
}

/** The library, as far as sessions go. */
export interface SessionLibrary {
  createContext(req: IncomingMessage, res: ServerResponse): { cookies: Cookies };
  cookieName(type: 'session'): string;
  Session: { new (): LibrarySession; get(ctx: object): Promise<LibrarySession> };
}

interface Cookies {
  set(name: string, value: string | null, options: object): unknown;
}

/** @param library asked for when it is needed: its pages need this before there is one. */
export function createBrowserSessions(
  library: () => SessionLibrary,
  ending: Pick<SessionEnd, 'endSession'>,
  cookie: object,
): BrowserSessions {
  const setCookie = (req: IncomingMessage, res: ServerResponse, value: string | null) =>
    library().createContext(req, res).cookies.set(library().cookieName('session'), value, cookie);

  const find: BrowserSessions['find'] = async (req, res) => {
    const { uid, accountId, generation } = await library().Session.get(library().createContext(req, res));
    return accountId === undefined ? undefined : { uid, accountId, generation };
  };

  return {
    find,
    begin: async (req, res, { person_id, generation }) => {
      const before = await find(req, res);
      if (before) await ending.endSession(before.uid);
      const { Session } = library();
      const session = new Session();
      /* Until the browser is closed: it may be one of a classroom. */
      session.loginAccount({ accountId: person_id, transient: true });
      session.generation = generation;
      await session.save(LIVES.Session);
      setCookie(req, res, session.id);
    },
    forget: (req, res) => {
      setCookie(req, res, null);
      return Promise.resolve();
    },
  };
}
