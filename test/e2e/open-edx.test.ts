/** Tools that were made for Open edX: the tutorial's, and one of passport's, at Open edX's URLs and through the one public door. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-oauth2';
import { newPersonWithPassword } from '../support/people.ts';
import { openBrowser } from '../support/people-flow.ts';
import { ISSUER, openPeopleDoor, type PeopleDoor } from './people-door.ts';

let door: PeopleDoor;
beforeAll(async () => {
  door = await openPeopleDoor();
});
afterAll(() => door.close());

const me = (token: string) =>
  fetch(`${door.gateway.url}/api/user/v1/me`, { headers: { Authorization: `Bearer ${token}` } });

/** @see seeds: "How to Use the Open edX LMS for Authentication"; the requests are those that Authlib makes of its settings. */
describe.each(['client_secret_basic', 'client_secret_post'] as const)('the tutorial’s application, by %s', (method) => {
  const REDIRECT_URI = 'http://127.0.0.1:8000/authorize/';

  async function authorize(client_id: string): Promise<{ code: string; returned: string | null; state: string }> {
    const state = randomBytes(15).toString('base64url');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: REDIRECT_URI,
      scope: 'email profile read',
      state,
    });
    const at = await door.browse(`${ISSUER}/oauth2/authorize/?${query.toString()}`);
    expect(`${at.origin}${at.pathname}`).toBe(REDIRECT_URI);
    return { code: at.searchParams.get('code') ?? '', returned: at.searchParams.get('state'), state };
  }

  function ask(path: string, tool: { client_id: string; client_secret: string }, form: Record<string, string>) {
    const isBasic = method === 'client_secret_basic';
    const basic = Buffer.from(`${tool.client_id}:${tool.client_secret}`).toString('base64');
    return fetch(`${door.gateway.url}${path}`, {
      method: 'POST',
      headers: isBasic ? { Authorization: `Basic ${basic}` } : {},
      body: new URLSearchParams({ ...form, ...(!isBasic && tool) }),
    });
  }

  it('works unchanged: consent, token, who it is, refresh, revocation', async () => {
    const tool = await door.register(REDIRECT_URI, { client_name: 'OAuth Example Client', pkce: false });
    const { code, returned, state } = await authorize(tool.client_id);
    expect(returned).toBe(state);

    const redeemed = await ask('/oauth2/access_token', tool, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
    });
    expect(redeemed.status).toBe(200);
    const tokens = (await redeemed.json()) as Record<'access_token' | 'refresh_token' | 'scope', string>;
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect(tokens.scope.split(' ')).toEqual(expect.arrayContaining(['email', 'profile', 'read']));

    const profile = await me(tokens.access_token);
    const { username, name, email } = door.person;
    expect([profile.status, await profile.json()]).toEqual([200, { username, name, email }]);

    const refreshed = await ask('/oauth2/access_token', tool, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    });
    const next = (await refreshed.json()) as Record<'access_token' | 'refresh_token', string>;
    expect((await me(next.access_token)).status).toBe(200);
    expect((await ask('/oauth2/revoke_token', tool, { token: next.refresh_token })).status).toBe(200);
    for (const { access_token } of [tokens, next]) expect((await me(access_token)).status).toBe(401);
  });

  it('opens nothing at the LRS, whatever client and person may do there', async () => {
    const tool = await door.register(REDIRECT_URI, { pkce: false, grant_types: ['authorization_code'] });
    const { code } = await authorize(tool.client_id);
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
    const redeemed = await ask('/oauth2/access_token', tool, form);
    const { access_token, scope } = (await redeemed.json()) as Record<'access_token' | 'scope', string>;
    expect(scope.split(' ').sort()).toEqual(['email', 'profile', 'read']);
    expect((await door.store(access_token)).status).toBe(403);
    for (const path of [
      'statements',
      'agents/profile?agent={"mbox":"mailto:a@example.org"}',
      'activities/profile?activityId=a:b',
    ])
      expect([
        path,
        (
          await fetch(`${door.gateway.url}/xapi/${path}`, {
            headers: { Authorization: `Bearer ${access_token}`, 'X-Experience-API-Version': '1.0.3' },
          })
        ).status,
      ]).toEqual([path, 403]);
  });
});

interface Visitor extends Express.User {
  username: string;
  scope: string;
  accessToken: string;
}

interface App {
  url: string;
  close(): Promise<void>;
}

/** A page that says who has signed in, as passport's documentation has it, made for whichever client it is told. */
async function startApp(
  tool: (redirectUri: string) => Promise<{ client_id: string; client_secret: string }>,
): Promise<App> {
  const app = express();
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client_id, client_secret } = await tool(`${url}/callback`);

  class OpenEdx extends Strategy {
    override userProfile(token: string, done: (error?: unknown, profile?: unknown) => void): void {
      /* By default the library under it would send the token in the URL. */
      this._oauth2.useAuthorizationHeaderforGET(true);
      this._oauth2.get(`${door.gateway.url}/api/user/v1/me`, token, (error, body) =>
        error ? done(new Error(`${error.statusCode}`)) : done(null, JSON.parse(String(body))),
      );
    }
  }
  const options = {
    authorizationURL: `${ISSUER}/oauth2/authorize/`,
    tokenURL: `${door.gateway.url}/oauth2/access_token`,
    clientID: client_id,
    clientSecret: client_secret,
    callbackURL: `${url}/callback`,
    scope: ['email', 'profile', 'read'],
    state: true as unknown as string,
    pkce: true,
  };
  const authenticator = new passport.Passport();
  authenticator.use(
    'open-edx',
    new OpenEdx(
      options,
      (accessToken: string, _refreshToken: string, { scope }: { scope: string }, profile: Visitor, done: Done) =>
        done(null, { ...profile, scope, accessToken }),
    ),
  );
  authenticator.serializeUser((user, done) => done(null, user));
  authenticator.deserializeUser((user: Visitor, done) => done(null, user));

  app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }));
  app.use(authenticator.initialize() as RequestHandler, authenticator.session() as RequestHandler);
  const signIn = (how: passport.AuthenticateOptions = {}) =>
    authenticator.authenticate('open-edx', how) as RequestHandler;
  app.get('/login', signIn());
  app.get('/callback', signIn({ failureRedirect: '/failed' }), (_req, res) => res.redirect('/'));
  app.get('/failed', (_req, res) => void res.status(401).json({}));
  app.get('/', (req, res) => void res.json(req.user ?? {}));
  const failed: express.ErrorRequestHandler = (error: Error, _req, res, _next) =>
    void res.status(500).json({ failed: error.message });
  app.use(failed);

  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Done = (error: unknown, user?: Visitor) => void;

describe('an app of express with passport-oauth2', () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp((redirectUri) => door.register(redirectUri));
  });
  afterAll(() => app.close());

  const visit = () => openBrowser({ issuer: app.url, url: app.url });
  const shown = (text: string) => JSON.parse(text) as Partial<Visitor>;

  it('signs the person in, with state and PKCE, and knows who it is', async () => {
    const browser = visit();
    const { at } = await browser.follow('/login');
    expect(Object.fromEntries(new URL(at).searchParams)).toMatchObject({
      scope: 'email profile read',
      code_challenge_method: 'S256',
      state: expect.any(String) as string,
    });
    const back = await door.browse(at);
    const { text } = await browser.follow(back.href);
    const { username, name, email } = door.person;
    const { scope = '', accessToken = '', ...profile } = shown(text);
    expect(profile).toEqual({ username, name, email });
    expect(scope.split(' ')).toEqual(expect.arrayContaining(['email', 'profile', 'read']));
    expect((await door.store(accessToken)).status).toBe(403);
  });

  it('is told that the person says no', async () => {
    const careful = await newPersonWithPassword();
    await door.gateway.people.add(careful);
    const browser = visit();
    const { at } = await browser.follow('/login');
    const back = await door.browse(at, door.openBrowser(), { identifier: careful.email, saysNo: true });
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect((await browser.follow(back.href)).status).toBe(401);
    expect(shown((await browser.get('/')).text)).toEqual({});
  });

  it('trap, another’s code: is not signed in by an answer that its browser did not ask for', async () => {
    const { at } = await visit().follow('/login');
    const back = await door.browse(at);
    const other = visit();
    await other.follow('/login');
    expect((await other.follow(back.href)).status).toBe(401);
    expect(shown((await other.get('/')).text)).toEqual({});
  });
});
