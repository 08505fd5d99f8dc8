/** The public door with a person who has an account, in front of the sample LRS. */
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import type { Client } from '../../services/shared/client.ts';
import type { Person } from '../../services/shared/person.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { newPersonWithPassword } from '../support/people.ts';
import { openBrowser, walk, type Browser, type Walk } from '../support/people-flow.ts';

/** Where the world believes us to be. */
export const ISSUER = 'https://lrs.example.org';

export interface PeopleDoor {
  gateway: RunningGateway;
  person: Person;
  /** Where a client that people use is sent back to is its own to say. */
  register(redirectUri: string, said?: Partial<Client>): Promise<{ client_id: string; client_secret: string }>;
  openBrowser(): Browser;
  /** From the client's authorization URL to its redirect URI, as the person. */
  browse(target: string, browser?: Browser, walk?: Partial<Walk>): Promise<URL>;
  /** A statement stored with this token, or its refusal. */
  store(token: string): Promise<Response>;
  close(): Promise<void>;
}

export async function openPeopleDoor(): Promise<PeopleDoor> {
  const credential = { username: 'gateway-user', password: 'gateway-password' };
  const local = { host: '127.0.0.1', port: 0, credentials: [credential], maxPageSize: 50 };
  const lrs = await startSampleLrs({ ...local, authority: 'kept' });
  const gateway = await startTestGateway({
    lrsUrl: `http://127.0.0.1:${lrs.port}/xapi`,
    lrsRegistration: { authority: 'kept' },
  });
  const person = await newPersonWithPassword({ scope: 'statements/write statements/read/mine state' });
  await gateway.people.add(person);
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
    browse: (target, browser = newBrowser(), said = {}) =>
      walk(browser, target, { identifier: person.username, ...said }),
    store: (token) =>
      fetch(`${gateway.url}/xapi/statements`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'X-Experience-API-Version': '1.0.3',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({
          actor: { mbox: 'mailto:ann@example.org' },
          verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
          object: { id: 'https://example.org/course/1' },
        }),
      }),
    close: async () => {
      await gateway.close();
      await lrs.close();
    },
  };
}
