/** Signing out. @see OpenID Connect RP-Initiated Logout 1.0 */
import { decodeJwt } from 'jose';
import { keyOf } from '../../services/store/store.ts';
import { hiddenFields, openBrowser, type Browser, type Seen } from '../support/people-flow.ts';
import { ISSUER } from '../support/token-service.ts';
import { personScene, REDIRECT_URI, type PersonScene } from './person-scene.ts';

const AFTERWARDS = 'https://tool.example.com/signed-out?from=hallpass';
const SESSION = '__Host-hallpass_session';

let scene: PersonScene;
let tool: { client_id: string; client_secret: string };
beforeAll(async () => {
  scene = await personScene();
  tool = await scene.addTool({ client_name: 'Course Player', post_logout_redirect_uris: [AFTERWARDS] });
});
afterAll(() => scene.close());

interface SignedIn {
  browser: Browser;
  id_token: string;
  access_token: string;
  refresh_token: string | undefined;
}

async function signIn(scope = 'openid state', browser = openBrowser(scene.service)): Promise<SignedIn> {
  const code = await scene.authorize({ browser, with: { client_id: tool.client_id, scope } });
  const answer = await scene.redeem(code, {}, tool).expect(200);
  return { browser, ...(answer.body as Omit<SignedIn, 'browser'>) };
}

const ask = (browser: Browser, parameters: Record<string, string> = {}, headers = {}) =>
  browser.get(`/oauth2/logout?${new URLSearchParams(parameters).toString()}`, headers);
const confirm = (browser: Browser, page: Seen, more: Record<string, string> = { logout: 'yes' }) =>
  browser.post('/oauth2/logout/confirm', { ...hiddenFields(page.text), ...more });
const isSignedIn = async (browser: Browser) => {
  const query = { response_type: 'code', client_id: tool.client_id, redirect_uri: REDIRECT_URI, scope: 'openid state' };
  const proof = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', prompt: 'none' };
  const { at } = await browser.follow(`/oauth2/authorize?${new URLSearchParams({ ...query, ...proof }).toString()}`);
  return new URL(at).searchParams.has('code');
};

describe('signing out', () => {
  it('asks, ends the session here and in the browser, and sends the person back with the state', async () => {
    const { browser, id_token } = await signIn();
    const cookie = browser.cookies.get(SESSION);
    expect(await scene.service.store.read('session', keyOf(`Session ${cookie}`))).toContain(scene.person.person_id);
    const page = await ask(browser, { id_token_hint: id_token, post_logout_redirect_uri: AFTERWARDS, state: 'a & b' });
    expect(page.status).toBe(200);
    expect(page.text).toContain('Course Player');
    expect(page.text).toContain(scene.person.email);
    expect(page.headers['content-security-policy']).toContain("form-action 'self'");
    expect(page.text).not.toContain('<script');
    const answer = await confirm(browser, page);
    expect(answer.status).toBe(200);
    expect(new URL(answer.location ?? '').href).toBe(`${AFTERWARDS}&state=a+%26+b`);
    expect([...browser.cookies.keys()].filter((name) => name.startsWith(SESSION))).toEqual([]);
    expect(await isSignedIn(browser)).toBe(false);
    expect(await scene.service.store.read('session', keyOf(`Session ${cookie}`))).toBeUndefined();

    const thief = openBrowser(scene.service);
    const stolen = await thief.get('/oauth2/logout', { Cookie: `${SESSION}=${cookie}` });
    expect(stolen.status).toBe(303);
  });

  it('needs nothing but the session, and ends at a page of ours', async () => {
    const { browser } = await signIn();
    const answer = await confirm(browser, await ask(browser));
    expect([answer.status, answer.location]).toEqual([303, `${ISSUER}/oauth2/logout/success`]);
    const seen = await browser.get(answer.location ?? '');
    expect(seen.text).toContain('You are signed out');
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('can be asked for by a form, which is answered by the question', async () => {
    const { browser, id_token } = await signIn();
    const form = { id_token_hint: id_token, post_logout_redirect_uri: AFTERWARDS };
    const seen = await browser.post('/oauth2/logout', form, { Origin: 'https://tool.example.com' });
    expect(seen.status).toBe(303);
    const page = await browser.get(seen.location ?? '');
    expect((await confirm(browser, page)).location).toBe(AFTERWARDS);
  });

  it('is not done where the person says no', async () => {
    const { browser } = await signIn();
    const answer = await confirm(browser, await ask(browser), {});
    expect((await browser.get(answer.location ?? '')).text).toContain('You are still signed in');
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('asks nobody who is not signed in, and leaves nothing behind', async () => {
    const browser = openBrowser(scene.service);
    const sent = await ask(browser, {
      client_id: tool.client_id,
      post_logout_redirect_uri: AFTERWARDS,
      state: 's',
      ui_locales: 'fr',
    });
    expect([sent.status, sent.location]).toEqual([303, `${AFTERWARDS}&state=s`]);
    expect(browser.cookies.size).toBe(0);
    const alone = await ask(browser, { ui_locales: 'fr' });
    expect(alone.location).toBe(`${ISSUER}/oauth2/logout/success?ui_locales=fr`);
    expect((await browser.get(alone.location ?? '')).text).toContain('Vous êtes déconnecté');
  });

  it.each([
    ['de', 'Abmelden'],
    ['es', 'Cerrar sesión'],
    ['fr', 'Se déconnecter'],
    ['en', 'Sign out'],
  ])('speaks %s, by ui_locales or by what the browser says', async (language, word) => {
    const { browser } = await signIn();
    for (const page of [
      await ask(browser, { ui_locales: language }, { 'Accept-Language': 'fi' }),
      await ask(browser, {}, { 'Accept-Language': language }),
    ]) {
      expect(page.headers['content-language']).toBe(language);
      expect(page.text).toContain(word);
    }
    const answer = await confirm(browser, await ask(browser, { ui_locales: language }));
    expect((await browser.get(answer.location ?? '')).headers['content-language']).toBe(language);
  });

  it('is an audit record, of who and from where', async () => {
    const { browser, id_token } = await signIn();
    await confirm(browser, await ask(browser, { id_token_hint: id_token }));
    const records = scene.service.logged.map((line) => JSON.parse(line) as { audit?: string });
    expect(records.findLast(({ audit }) => audit === 'sign-out')).toMatchObject({
      audit: 'sign-out',
      granted: true,
      client: tool.client_id,
      person: scene.person.person_id,
    });
    expect(scene.service.logged.join()).not.toContain(id_token);
  });
});

describe('nobody is sent', () => {
  let signedIn: SignedIn;
  beforeAll(async () => {
    signedIn = await signIn();
  });

  it.each([
    'https://tool.example.com/signed-out',
    'https://tool.example.com/signed-out?from=hallpass&more=1',
    'https://tool.example.com@evil.example/signed-out?from=hallpass',
    'https://TOOL.example.com/signed-out?from=hallpass',
    'https://tool.example.com/signed-out?from=hallpass#x',
    'https://evil.example/',
    '//evil.example',
    'javascript:alert(1)',
    REDIRECT_URI,
  ])('trap, an open redirect: to %s', async (uri) => {
    const { browser, id_token } = signedIn;
    for (const who of [{ id_token_hint: id_token }, { client_id: tool.client_id }]) {
      const seen = await ask(browser, { ...who, post_logout_redirect_uri: uri });
      expect([seen.status, seen.location]).toEqual([400, undefined]);
    }
    const unnamed = await confirm(browser, await ask(browser, { post_logout_redirect_uri: uri }), {});
    expect(unnamed.location).toBe(`${ISSUER}/oauth2/logout/success`);
    const nobody = await ask(openBrowser(scene.service), { post_logout_redirect_uri: uri });
    expect(nobody.location).toBe(`${ISSUER}/oauth2/logout/success`);
  });

  it('by the token of another issuer, of another key, or for another client', async () => {
    const { browser, id_token } = signedIn;
    const [header, payload = '', signature] = id_token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(id_token), iss: 'https://evil.example' }));
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const id_token_hint of [
      `${header}.${forged.toString('base64url')}.${signature}`,
      `${none}.${payload}.`,
      'not a token',
    ])
      expect((await ask(browser, { id_token_hint, post_logout_redirect_uri: AFTERWARDS })).status).toBe(400);
    const mixed = { id_token_hint: id_token, client_id: scene.tool.client_id, post_logout_redirect_uri: AFTERWARDS };
    expect((await ask(browser, mixed)).status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('nobody is signed out', () => {
  it('trap, cross-site request forgery: by a form that did not come from the page', async () => {
    const { browser } = await signIn();
    const other = await signIn();
    const theirs = hiddenFields((await ask(other.browser)).text).xsrf ?? '';
    const none = await browser.post('/oauth2/logout/confirm', { logout: 'yes' });
    expect(none.status).toBe(400);
    await ask(browser);
    for (const xsrf of ['', theirs, 'x'.repeat(48)]) {
      const answer = await browser.post('/oauth2/logout/confirm', { xsrf, logout: 'yes' });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('Please start again');
    }
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('by a link', async () => {
    const { browser, id_token } = await signIn();
    expect((await browser.get('/oauth2/logout/confirm?logout=yes')).status).toBe(405);
    await ask(browser, { id_token_hint: id_token });
    expect(await isSignedIn(browser)).toBe(true);
  });
});

it('is announced, and takes what is registered', async () => {
  const answer = await scene.service.send('get', '/.well-known/openid-configuration').expect(200);
  expect(answer.body).toMatchObject({ end_session_endpoint: `${ISSUER}/oauth2/logout` });
});
