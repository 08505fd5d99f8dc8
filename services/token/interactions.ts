/** What the pages of `sign-in/` and the provider say to each other: where a person stands in a flow, and what was answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Person } from '../shared/person.ts';
import type { WaitingDevice } from './devices.ts';

/** A stop on the way from `/oauth2/authorize` back to the client: a person has to say something. */
export interface Interaction {
  uid: string;
  prompt: 'login' | 'consent';
  client: {
    client_id: string;
    client_name: string;
    org: string;
    description?: string;
    client_uri?: string;
    owner?: string;
    /** It registered itself: nobody here has looked at what it says of itself. */
    unverified?: boolean;
  };
  /** asked ∩ client, and where it is known who is asked (consent), ∩ person. */
  scopes: readonly string[];
  /** Those of `openid`, `email`, `profile` and `offline_access` that were asked for. */
  identityScopes: readonly string[];
  /** Who is signed in. */
  personId: string | undefined;
  /** `ui_locales`, the most wanted first. */
  uiLocales: readonly string[];
  /** `login_hint`. */
  hint: string | undefined;
}

/** Each but the first ends the response with the redirect back into the flow. */
export interface Interactions {
  /** `undefined`: there is none of this id, it has expired, or another browser began it. */
  find(req: IncomingMessage, res: ServerResponse): Promise<Interaction | undefined>;
  signIn(req: IncomingMessage, res: ServerResponse, person: Person): Promise<void>;
  /** @param granted of `scopes` and `identityScopes`, what the person left. */
  consent(req: IncomingMessage, res: ServerResponse, granted: readonly string[]): Promise<void>;
  deny(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** The flow of a person who goes on with the code of a device. @param isAnother than who is signed in. */
  beginDevice(req: IncomingMessage, res: ServerResponse, device: WaitingDevice, isAnother: boolean): Promise<void>;
  /** Goes on with it after a stop: to the next one, or to how it ended. */
  resumeDevice(req: IncomingMessage, res: ServerResponse): Promise<void>;
}
