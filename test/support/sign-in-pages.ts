/**
 * The sign-in pages on a real server with a real register of people, in front of the least of a flow: it begins at
 * `/begin`, asks for a sign-in and for consent, and ends at a client of another origin, which goes on to a third.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { createLog } from '../../services/shared/log.ts';
import { hashPassword } from '../../services/shared/password.ts';
import type { Person } from '../../services/shared/person.ts';
import { addPerson } from '../../services/store/new-person.ts';
import { createPersonRegister, type PersonRegister } from '../../services/store/people.ts';
import type { Store } from '../../services/store/store.ts';
import { createDevices } from '../../services/token/devices.ts';
import type { Interaction, Interactions } from '../../services/token/interactions.ts';
import { createSignIn } from '../../services/token/sign-in/sign-in.ts';
import { tempStore } from './token-service.ts';

export const PASSWORD = 'correct horse battery staple';

export interface Flow extends Interaction {
  granted?: readonly string[];
  denied?: boolean;
}

export interface SignInPages {
  readonly url: string;
  readonly store: Store;
  readonly people: PersonRegister;
  readonly logged: string[];
  readonly person: Person;
  /** Where the client takes a person in the end: another origin than its redirect URI's. */
  readonly clientUrl: string;
  addPerson(said?: Partial<Person> & { plainPassword?: string }): Promise<Person>;
  /** Starts a flow; its pages are at `/sign-in/{uid}` for whoever has the cookie that `/begin/{uid}` sets. */
  begin(said?: Partial<Interaction>): Flow;
  close(): Promise<void>;
}

export interface SignInPagesOptions {
  store?: Store;
  issuer?: string;
  /** Where requests come from: what `X-Test-Address` says, where it is absent. */
  addressOf?: (req: IncomingMessage) => string | undefined;
}

export const CLIENT: Interaction['client'] = {
  client_id: 'course-player',
  client_name: 'Course Player',
  org: 'default',
  description: 'Plays courses and keeps where you left off.',
  client_uri: 'https://player.example.com/',
  owner: 'Example Learning GmbH',
};

export async function startSignInPages(options: SignInPagesOptions = {}): Promise<SignInPages> {
  const opened = options.store ? undefined : await tempStore();
  const store = options.store ?? opened?.store;
  if (!store) throw new Error('no store');
  const people = createPersonRegister(store);
  const logged: string[] = [];
  const flows = new Map<string, Flow>();
  const app = await listen((_req, res) => res.setHeader('Content-Type', 'text/html').end(APP));
  const client = await listen((req, res) => redirect(res, `${app.url}/${(req.url ?? '').slice(1)}`));

  const flowOf = (req: IncomingMessage) => {
    const uid = /^\/[a-z-]+\/([\w-]+)/.exec(req.url ?? '')?.[1] ?? '';
    return (req.headers.cookie ?? '').includes(`flow=${uid}`) ? flows.get(uid) : undefined;
  };
  const goOn = (req: IncomingMessage, res: ServerResponse, change: (flow: Flow) => void) => {
    const flow = flowOf(req);
    if (!flow) throw new Error('no such flow');
    change(flow);
    res.setHeader('Set-Cookie', `session=of-${flow.uid}; Path=/`);
    redirect(res, `/resume/${flow.uid}`);
    return Promise.resolve();
  };
  const interactions: Interactions = {
    find: (req) => Promise.resolve(flowOf(req)),
    signIn: (req, res, person) =>
      goOn(req, res, (flow) => Object.assign(flow, { personId: person.person_id, prompt: 'consent' })),
    consent: (req, res, granted) => goOn(req, res, (flow) => void (flow.granted = granted)),
    deny: (req, res) => goOn(req, res, (flow) => void (flow.denied = true)),
    beginDevice: () => Promise.reject(new Error('no device waits here')),
    resumeDevice: () => Promise.reject(new Error('no device waits here')),
  };
  const signIn = createSignIn({
    interactions,
    sessions: {
      find: () => Promise.resolve(undefined),
      begin: () => Promise.reject(new Error('there are no sessions')),
    },
    clients: { read: () => Promise.resolve(undefined) },
    devices: createDevices(store, { read: () => Promise.resolve(undefined) }),
    people,
    store,
    log: createLog('token', 'info', { write: (line: string) => void logged.push(line) }),
    issuer: options.issuer ?? 'http://127.0.0.1:8080',
    addressOf: options.addressOf ?? ((req) => String(req.headers['x-test-address'] ?? '192.0.2.1')),
  });
  const pages = await listen((req, res) => {
    if (req.url?.startsWith('/sign-in')) return void signIn(req, res);
    const uid = req.url?.split('/')[2] ?? '';
    const flow = flows.get(uid);
    if (!flow) return void res.writeHead(404).end();
    if (req.url?.startsWith('/begin/')) res.setHeader('Set-Cookie', `flow=${uid}; Path=/; HttpOnly; SameSite=Lax`);
    if (flow.denied) return redirect(res, `${client.url}/callback?error=access_denied`);
    redirect(res, flow.granted ? `${client.url}/callback?code=a-code` : `/sign-in/${uid}`);
  });

  const scene: Omit<SignInPages, 'person'> = {
    url: pages.url,
    store,
    people,
    logged,
    clientUrl: app.url,
    addPerson: async ({ plainPassword = PASSWORD, ...said } = {}) => {
      const { active = true, ...rest } = said;
      const person = await addPerson(people, {
        org: 'default',
        email: `learner-${randomBytes(4).toString('hex')}@example.org`,
        email_verified: true,
        name: 'Zoë Lerner',
        scope: 'all',
        password: await hashPassword(plainPassword, Math.floor(Date.now() / 1000)),
        ...rest,
      });
      if (!person) throw new Error('that name is taken');
      if (!active) await people.change(person.person_id, (now) => ({ ...now, active }));
      return person;
    },
    begin: (said = {}) => {
      const flow: Flow = {
        uid: randomBytes(12).toString('base64url'),
        prompt: 'login',
        client: CLIENT,
        scopes: ['statements/write', 'statements/read', 'state'],
        identityScopes: ['openid', 'email', 'offline_access'],
        personId: undefined,
        uiLocales: [],
        hint: undefined,
        ...said,
      };
      flows.set(flow.uid, flow);
      return flow;
    },
    close: async () => {
      for (const server of [pages, client, app]) await server.close();
      await opened?.close();
    },
  };
  return { ...scene, person: await scene.addPerson() };
}

const APP = '<!doctype html><html lang="en"><title>The client</title><h1>You are at the client</h1></html>';

function redirect(res: ServerResponse, location: string): void {
  res.writeHead(303, { Location: location, 'Content-Length': '0' }).end();
}

async function listen(handler: (req: IncomingMessage, res: ServerResponse) => void) {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}`, close };
}

/** What a browser is, as far as cookies and forms go. */
export interface Visitor {
  /** Every cookie it holds. */
  readonly jar: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<request.Response>;
  /** Sends a form with the token of the page it saw last, unless the fields have another. */
  send(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<request.Response>;
}

export function visitor(url: string): Visitor {
  const jar = new Map<string, string>();
  let token = '';
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const seen = (response: request.Response) => {
    for (const cookie of [response.headers['set-cookie'] ?? []].flat().map(String)) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
    token = /name="form_token" value="([^"]+)"/.exec(response.text)?.[1] ?? token;
    return response;
  };
  return {
    jar,
    get: async (path, headers = {}) => seen(await request(url).get(path).set('Cookie', cookies()).set(headers)),
    send: async (path, fields = {}, headers = {}) =>
      seen(
        await request(url)
          .post(path)
          .type('form')
          .set('Cookie', cookies())
          .set(headers)
          .send({ form_token: token, ...fields }),
      ),
  };
}
