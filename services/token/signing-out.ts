/** All that has to do with the end of a session, put together for the provider. */
import type { Client } from '../shared/client.ts';
import type { Log } from '../shared/log.ts';
import type { Person } from '../shared/person.ts';
import type { Reader } from '../store/records.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { keyOf, type Store } from '../store/store.ts';
import { createBackChannel } from './back-channel-logout.ts';
import { createBrowserSessions, type BrowserSessions, type SessionLibrary } from './browser-sessions.ts';
import { beforeItIsDestroyed } from './library-models.ts';
import { createLogout } from './logout.ts';
import { createSessionEnd } from './session-end.ts';

export interface SigningOutOptions {
  issuer: string;
  store: Store;
  clients: Reader<Client>;
  people: Reader<Person>;
  keys: SigningKeys;
  log: Log;
}

export interface SigningOut extends ReturnType<typeof createLogout> {
  sessions: BrowserSessions;
  endSession: (uid: string) => Promise<void>;
  /** Makes the library's models do their part. */
  attach<Model>(library: AttachedLibrary, registrationOf: (model: Model) => Client): void;
}

interface AttachedLibrary {
  Session: object;
  Client: { prototype: object };
}

/** @param library asked for when it is needed. @param cookie how the session's is set. */
export function createSigningOut(
  { issuer, store, clients, people, keys, log }: SigningOutOptions,
  library: () => SessionLibrary,
  cookie: object,
): SigningOut {
  const tell = createBackChannel({ issuer, keys: () => Promise.resolve(keys), log });
  const ending = createSessionEnd({ store, findClient: async (clientId) => clients.read(keyOf(clientId)), tell });
  const sessions = createBrowserSessions(library, ending, cookie);
  return {
    ...createLogout({ issuer, clients, people, sessions }),
    sessions,
    endSession: ending.endSession,
    attach: <Model>({ Session, Client }: AttachedLibrary, registrationOf: (model: Model) => Client) => {
      beforeItIsDestroyed<{ uid: string }>(Session, ({ uid }) => ending.endFamilies(uid));
      Object.assign(Client.prototype, {
        async backchannelLogout(this: Model, personId: string, sid: string | undefined): Promise<void> {
          await tell({ client: registrationOf(this), personId, sid });
        },
      });
    },
  };
}
