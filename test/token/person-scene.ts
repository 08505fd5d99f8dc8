/** A token service with a client that people use, and a person who signs in. */
import request from 'supertest';
import type { Client } from '../../services/shared/client.ts';
import type { Person } from '../../services/shared/person.ts';
import { createPersonRegister, type PersonRegister } from '../../services/store/people.ts';
import { newPersonWithPassword } from '../support/people.ts';
import { newProof, openBrowser, walk, type Browser, type Walk } from '../support/people-flow.ts';
import {
  runTokenService,
  type Credentials,
  type TokenService,
  type TokenServiceOptions,
} from '../support/token-service.ts';

export const REDIRECT_URI = 'https://tool.example.com/callback?from=hallpass';

export interface Tokens {
  access_token: string;
  token_type: string;
  expires_in: number;
  scope: string;
  refresh_token?: string;
  id_token?: string;
}

export interface Asked {
  /** Parameters of the authorization request, over the usual ones; `undefined` leaves one out. */
  with?: Record<string, string | undefined>;
  walk?: Partial<Walk>;
  browser?: Browser;
  path?: string;
}

export interface Code {
  url: URL;
  code: string;
  verifier: string;
}

export interface PersonScene {
  service: TokenService;
  people: PersonRegister;
  person: Person;
  tool: Credentials;
  addPerson(said?: Partial<Person>): Promise<Person>;
  addTool(said?: Partial<Client>): Promise<Credentials>;
  /** Where the person's browser arrives at the client. */
  authorize(asked?: Asked): Promise<Code>;
  redeem(code: Code, form?: Record<string, string>, tool?: Credentials): request.Test;
  refresh(token: string, form?: Record<string, string>, tool?: Credentials): request.Test;
  tokens(asked?: Asked): Promise<Tokens>;
  userinfo(token: string): request.Test;
  introspect(token: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function personScene(options: TokenServiceOptions = {}): Promise<PersonScene> {
  const service = await runTokenService(options);
  const people = createPersonRegister(service.store);
  const addPerson = async (said: Partial<Person> = {}) => {
    const person = await newPersonWithPassword(said);
    if (!(await people.add(person))) throw new Error('this person is there already');
    return person;
  };
  const addTool = (said: Partial<Client> = {}) =>
    service.addClient({
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [REDIRECT_URI],
      ...said,
    });
  const [person, tool] = [await addPerson(), await addTool()];

  const scene: PersonScene = {
    service,
    people,
    person,
    tool,
    addPerson,
    addTool,
    authorize: async (asked = {}) => {
      const { verifier, challenge } = newProof();
      const parameters = {
        response_type: 'code',
        client_id: tool.client_id,
        redirect_uri: REDIRECT_URI,
        scope: 'openid statements/write state offline_access',
        state: 'a state',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        ...asked.with,
      };
      const said = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const path = asked.path ?? '/oauth2/authorize';
      const target = `${path}${path.includes('?') ? '' : '?'}${new URLSearchParams(said).toString()}`;
      const browser = asked.browser ?? openBrowser(service);
      const url = await walk(browser, target, { identifier: person.email, ...asked.walk });
      return { url, code: url.searchParams.get('code') ?? '', verifier };
    },
    redeem: ({ code, verifier }, form = {}, by = tool) =>
      service.askToken({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: REDIRECT_URI,
        ...by,
        ...form,
      }),
    refresh: (refresh_token, form = {}, by = tool) =>
      service.askToken({ grant_type: 'refresh_token', refresh_token, ...by, ...form }),
    tokens: async (asked) => {
      const response = await scene.redeem(await scene.authorize(asked));
      if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
      return response.body as Tokens;
    },
    userinfo: (token) => request(service.url).get('/oauth2/userinfo').set('Authorization', `Bearer ${token}`),
    introspect: async (token) => (await service.introspect(tool, token)) as unknown as Record<string, unknown>,
    close: () => service.close(),
  };
  return scene;
}
