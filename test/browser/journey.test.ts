/** From a client's redirect to its callback and on to the LRS: the whole product, a real client, a real browser. */
import { join } from 'node:path';
import * as oidc from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { openSite, type Site } from './site.ts';
import { launchBrowser, picture } from './support.ts';

const PASSWORD = 'a password of seven words for tests';
const EMAIL = 'zoe@example.org';
const OTHER = 'mallory@example.org';

let folder: TempFolder;
let service: RunningService;
let browser: Browser;
let config: oidc.Configuration;
/** The client's own site: its callback takes the person on to another origin, as an LMS does. */
let callback: Site;
let app: Site;

beforeAll(async () => {
  folder = await tempFolder('browser');
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  app = await openSite(() => undefined);
  callback = await openSite((path) => `${app.url}${path}`);
  [service, browser] = await Promise.all([startHallpass('all', env), launchBrowser()]);
  const registered = await printedBy<{ client_id: string; client_secret: string }>(
    [
      ...['client', 'create', '--name', 'Course Player', '--scope', 'statements/write statements/read state'],
      ...['--grant-type', 'authorization_code', '--grant-type', 'refresh_token'],
      ...['--redirect-uri', `${callback.url}/callback`, '--owner', 'Example Learning GmbH'],
      ...['--client-uri', 'https://player.example.com/'],
      ...['--post-logout-redirect-uri', `${callback.url}/signed-out`],
    ],
    { env },
  );
  for (const [email, name] of [
    [EMAIL, 'Zoë Lerner'],
    [OTHER, 'Mallory Other'],
  ] as const) {
    const user = ['user', 'create', '--email', email, '--name', name, '--permissions', 'statements/write state'];
    const created = await runHallpass([...user, '--password-stdin'], { env, input: PASSWORD });
    if (created.code !== 0) throw new Error(created.stderr);
  }
  config = await oidc.discovery(
    new URL(service.url),
    registered.client_id,
    undefined,
    oidc.ClientSecretBasic(registered.client_secret),
    { execute: [oidc.allowInsecureRequests] },
  );
}, 60_000);
afterAll(async () => {
  await browser.close();
  await service.stop();
  for (const { close } of [callback, app]) await close();
  await folder.remove();
});

async function begin(more: Record<string, string> = {}) {
  const [pkceCodeVerifier, expectedState] = [oidc.randomPKCECodeVerifier(), oidc.randomState()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${callback.url}/callback`,
    scope: 'openid email statements/write statements/read state',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    ...more,
  });
  /** Of the page where the browser ended, which has what the callback was told. */
  const redeem = (at: string) =>
    oidc.authorizationCodeGrant(config, new URL(at.replace(app.url, callback.url)), {
      pkceCodeVerifier,
      expectedState,
    });
  return { url: url.href, redeem };
}

async function signIn(page: Page, email = EMAIL): Promise<void> {
  await page.fill('#identifier', email);
  await page.fill('#password', PASSWORD);
  await page.click('form[action$="/login"] button');
  await page.waitForSelector('form[action$="/consent"]');
}

describe('a person in a browser', () => {
  it.each([
    ...LANGUAGES.map((language) => ({ language, javaScriptEnabled: false })),
    { language: 'en', javaScriptEnabled: true },
  ])('lets a client act for them ($language, scripts: $javaScriptEnabled)', async ({ language, javaScriptEnabled }) => {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    const { url, redeem } = await begin({ ui_locales: language, prompt: 'consent' });
    await page.goto(url);
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    await signIn(page);
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    const offered = await page.locator('input[type=checkbox]').all();
    expect(await Promise.all(offered.map((box) => box.getAttribute('name')))).toEqual([
      'allow:email',
      'allow:statements/write',
      'allow:state',
    ]);
    await page.uncheck('input[name="allow:state"]');
    await picture(page, `journey-${language}`);
    await page.click('form[action$="/consent"] button:not(.second)');
    await page.waitForURL(`${app.url}/**`);

    const tokens = await redeem(page.url());
    expect(tokens.scope?.split(' ').sort()).toEqual(['email', 'openid', 'statements/write']);
    const ask = (path: string, init: RequestInit) =>
      fetch(`${service.url}/xapi/${path}`, {
        ...init,
        headers: {
          Authorization: `Bearer ${tokens.access_token}`,
          'X-Experience-API-Version': '1.0.3',
          'Content-Type': 'application/json',
        },
      });
    const body = JSON.stringify({
      actor: { mbox: `mailto:${EMAIL}` },
      verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
      object: { id: 'https://example.org/a-course' },
    });
    expect((await ask('statements', { method: 'POST', body })).status).toBe(200);
    expect((await ask('statements', {})).status).toBe(403);
    await context.close();
  });

  it('says no, and the client is told', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const { url, redeem } = await begin({ prompt: 'consent' });
    await page.goto(url);
    await signIn(page);
    await page.click('button[formaction$="/deny"]');
    await page.waitForURL(`${app.url}/**`);
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
    await expect(redeem(page.url())).rejects.toThrow();
    await context.close();
  });

  it('who is taken for another signs in as themselves, and it is they who grant (scripts off)', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const { url, redeem } = await begin({ prompt: 'consent' });
    await page.goto(url);
    await signIn(page, OTHER);
    expect(await page.textContent('.who')).toContain('Mallory Other');
    await page.click('.who a');
    await signIn(page);
    expect(await page.textContent('.who')).toContain('Zoë Lerner');
    await page.click('form[action$="/consent"] button:not(.second)');
    await page.waitForURL(`${app.url}/**`);
    const tokens = await redeem(page.url());
    const user = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(user.email).toBe(EMAIL);
    await context.close();
  });

  it.each([true, false])(
    'signs out where their client sends them, and is back there (scripts: %s)',
    async (javaScriptEnabled) => {
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      const { url, redeem } = await begin({ prompt: 'consent' });
      await page.goto(url);
      await signIn(page);
      await page.click('form[action$="/consent"] button:not(.second)');
      await page.waitForURL(`${app.url}/**`);
      const { id_token = '' } = await redeem(page.url());
      const way = { id_token_hint: id_token, post_logout_redirect_uri: `${callback.url}/signed-out`, state: 'a state' };
      await page.goto(oidc.buildEndSessionUrl(config, way).href);
      expect(await page.textContent('main')).toContain('Course Player');
      await page.click('button[name=logout]');
      await page.waitForURL(`${app.url}/signed-out?state=*`);
      await page.goto((await begin({ prompt: 'none' })).url);
      await page.waitForURL(`${app.url}/**`);
      expect(new URL(page.url()).searchParams.get('error')).toBe('login_required');
      await context.close();
    },
  );

  it('who signs in under a session that an attacker planted leaves the attacker outside', async () => {
    const [attacker, victim] = [await browser.newContext(), await browser.newContext()];
    const [theirs, own] = [await attacker.newPage(), await victim.newPage()];
    await theirs.goto((await begin({ prompt: 'consent' })).url);
    await signIn(theirs, OTHER);
    const planted = (await attacker.cookies()).filter(({ path }) => path === '/');
    expect(planted.filter(({ name }) => /session/.test(name)).length).toBeGreaterThan(0);
    await victim.addCookies(planted);

    await own.goto((await begin({ prompt: 'login consent' })).url);
    await signIn(own);
    expect(await own.textContent('.who')).toContain('Zoë Lerner');
    const values = new Map(planted.map(({ name, value }) => [name, value]));
    for (const { name, value } of await victim.cookies())
      if (/session/.test(name)) expect([name, value]).not.toEqual([name, values.get(name)]);

    await theirs.goto((await begin({ prompt: 'consent' })).url);
    expect(await theirs.textContent('body')).not.toContain('Zoë');
    await attacker.close();
    await victim.close();
  });
});
