/** ADL LRS's OAuth 1.0a, three-legged: its three endpoints, and a person's way through ours. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../../../shared/client.ts';
import type { Log } from '../../../shared/log.ts';
import type { Person } from '../../../shared/person.ts';
import type { Seal } from '../../../shared/seal.ts';
import { createUseOnce } from '../../../store/oauth1-nonces.ts';
import type { Reader } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { BrowserSessions } from '../../browser-sessions.ts';
import { createConsents } from '../../consents.ts';
import type { Mounted } from '../../endpoints.ts';
import { createFamilies } from '../../families.ts';
import type { Interactions } from '../../interactions.ts';
import { createBrowsers } from '../../sign-in/browser.ts';
import { createInitiate } from './initiate.ts';
import { createInteractions, createOpenQuestion, eitherOf } from './interactions.ts';
import { createPages, type AnswerOAuth1 } from './pages.ts';
import { OAUTH1 } from './paths.ts';
import { signedEndpoint } from './signed-endpoint.ts';
import { createSignerOf } from './signed.ts';
import { createTemporaryCredentials } from './temporary.ts';
import { createIssue } from './token-credentials.ts';
import { createSignedIn } from './signed-in.ts';
import { createToken } from './token.ts';
import { createVisits } from './visits.ts';

export interface OAuth1Options {
  issuer: string;
  store: Store;
  seal: Seal;
  clients: Reader<Client>;
  people: Reader<Person>;
  interactions: Interactions;
  sessions: Pick<BrowserSessions, 'find' | 'begin'>;
  scopePrefix: string;
  log: Log;
}

export interface OAuth1 {
  /** Of every flow, this one's too. */
  interactions: Interactions;
  pages: AnswerOAuth1;
  /** @param signIn answers whatever is a page. */
  endpoints(signIn: (req: IncomingMessage, res: ServerResponse) => Promise<void>): Mounted[];
}

export function createOAuth1(options: OAuth1Options): OAuth1 {
  const { issuer, store, seal, interactions: flow } = options;
  const temporary = createTemporaryCredentials(store, seal);
  const visits = createVisits(store, seal, createBrowsers(store, issuer));
  const consents = createConsents(store);
  const signedIn = createSignedIn(options.sessions, options.people);
  const openQuestion = createOpenQuestion({ ...options, temporary });
  const steps = createInteractions({ ...options, temporary, visits, signedIn, consents }, openQuestion);
  const signerOf = createSignerOf({ ...options, useOnce: createUseOnce(store) });
  const initiate = createInitiate({ ...options, signerOf, temporary });
  const families = createFamilies(store);
  const issue = createIssue({ ...options, consents, families });
  const token = createToken({ signerOf, temporary, issue, families });
  return {
    interactions: eitherOf(flow, steps),
    pages: createPages({ ...options, openQuestion, temporary, visits, signedIn }),
    endpoints: (signIn) => [
      { at: OAUTH1.initiate, ...signedEndpoint(initiate, options) },
      { at: OAUTH1.authorize, methods: ['GET', 'HEAD'], answer: signIn },
      { at: OAUTH1.token, ...signedEndpoint(token, options) },
    ],
  };
}
