/** The public door with a person who has an account, in front of the sample LRS. */
import * as openid from 'openid-client';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import type { Client } from '../../services/shared/client.ts';
import type { Person } from '../../services/shared/person.ts';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../support/gateway.ts';
import { newPersonWithPassword } from '../support/people.ts';
import { openBrowser, walk, type Browser, type Walk } from '../support/people-flow.ts';

/** Where the world believes us to be. */
export const ISSUER = 'https://lrs.example.org';

export const STATEMENT = JSON.stringify({
  actor: { mbox: 'mailto:ann@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
  object: { id: 'https://example.org/course/1' },
});
export const STATEMENT_HEADERS = { 'X-Experience-API-Version': '1.0.3', 'Content-Type': 'application/json' };

export interface PeopleDoor {
  gateway: RunningGateway;
  person: Person;
  /** Where a client that people use is sent back to is its own to say. */
  register(redirectUri: string, said?: Partial<Client>): Promise<{ client_id: string; client_secret: string }>;
  openBrowser(): Browser;
  /** `fetch` of the world, which believes us to be at the issuer. */
  fetch: (url: string, init: object) => Promise<Response>;
  /** A client made with openid-client, which knows the issuer and nothing else. */
  discover(clientId: string, method: openid.ClientAuth): Promise<openid.Configuration>;
  /** From the client's authorization URL to its redirect URI, as the person. */
  browse(target: string, browser?: Browser, walk?: Partial<Walk>): Promise<URL>;
  /** A statement stored with this token, or its refusal. */
  store(token: string, scheme?: string): Promise<Response>;
  close(): Promise<void>;
}

export async function openPeopleDoor(options: GatewaySetup['options'] = {}): Promise<PeopleDoor> {
  const credential = { username: 'gateway-user', password: 'gateway-password' };
  const local = { host: '127.0.0.1', port: 0, credentials: [credential], maxPageSize: 50 };
  const lrs = await startSampleLrs({ ...local, authority: 'kept' });
  const gateway = await startTestGateway({
    lrsUrl: `http://127.0.0.1:${lrs.port}/xapi`,
    lrsRegistration: { authority: 'kept' },
    options,
  });
  const person = await newPersonWithPassword({ scope: 'statements/write statements/read/mine state' });
  await gateway.people.add(person);
  const asTheWorld = (url: string, init: object) => fetch(url.replace(ISSUER, gateway.url), init);
  const newBrowser = () => openBrowser({ issuer: ISSUER, url: gateway.url });

  return {
    gateway,
    person,
    register: async (redirectUri, said = {}) => {
      const { client, secret } = await gateway.register('all', {
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [redirectUri],
        ...said,
      });
      return { client_id: client.client_id, client_secret: secret };
    },
    openBrowser: newBrowser,
    fetch: asTheWorld,
    discover: async (clientId, method) => {
      const config = await openid.discovery(new URL(ISSUER), clientId, undefined, method, {
        [openid.customFetch]: asTheWorld,
      });
      config[openid.customFetch] = asTheWorld;
      return config;
    },
    browse: (target, browser = newBrowser(), said = {}) =>
      walk(browser, target, { identifier: person.username, ...said }),
    store: (token, scheme = 'Bearer') =>
      fetch(`${gateway.url}/xapi/statements`, {
        method: 'POST',
        headers: { ...STATEMENT_HEADERS, Authorization: `${scheme} ${token}` },
        body: STATEMENT,
      }),
    close: async () => {
      await gateway.close();
      await lrs.close();
    },
  };
}
