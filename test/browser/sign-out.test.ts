/** In a real browser: what a person granted, withdrawn again, and the way out, back to the client. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { freePort } from '../support/free-port.ts';
import { PASSWORD } from '../support/people.ts';
import type { Credentials } from '../support/token-service.ts';
import { personScene, type PersonScene } from '../token/person-scene.ts';
import { openSite, type Site } from './site.ts';
import { expectNoBarriers, inContext, launchBrowser, PHONE, picture, type Use } from './support.ts';

const PAGE = '/sign-in/granted';
const WORDS = {
  en: { granted: 'What you let applications do', out: 'Sign out', done: 'You are signed out' },
  de: { granted: 'Was Anwendungen für Sie dürfen', out: 'Abmelden', done: 'Sie sind abgemeldet' },
  es: { granted: 'Qué permite hacer a las aplicaciones', out: 'Cerrar sesión', done: 'Ha cerrado la sesión' },
  fr: { granted: 'Ce que vous permettez aux applications', out: 'Se déconnecter', done: 'Vous êtes déconnecté(e)' },
};

let scene: PersonScene;
let browser: Browser;
let tool: Credentials;
/** The client's own site, which takes the person on to another origin. */
let client: Site;
let app: Site;

beforeAll(async () => {
  app = await openSite(() => undefined);
  client = await openSite((path) => `${app.url}${path}`);
  const port = await freePort();
  [scene, browser] = await Promise.all([personScene({ issuer: `http://127.0.0.1:${port}`, port }), launchBrowser()]);
  tool = await scene.addTool({
    client_name: 'Course Player',
    owner: 'Example Learning GmbH',
    client_uri: 'https://player.example.com/',
    description: 'Plays courses and keeps where you left off.',
    post_logout_redirect_uris: [`${client.url}/signed-out`],
  });
}, 60_000);
afterAll(async () => {
  await browser.close();
  await scene.close();
  for (const { close } of [client, app]) await close();
});

/** A person who let the client do something, elsewhere, and what came of it. */
async function grantedBy(): Promise<{ email: string; access_token: string }> {
  const { email } = await scene.addPerson({ name: 'Zoë Lerner' });
  const scope = 'openid profile state statements/write offline_access';
  const code = await scene.authorize({ walk: { identifier: email }, with: { client_id: tool.client_id, scope } });
  const { body } = (await scene.redeem(code, {}, tool).expect(200)) as { body: { access_token: string } };
  return { email, access_token: body.access_token };
}

const isActive = async (token: string) => (await scene.service.introspect(tool, token)).active;

const inBrowser = (options: BrowserContextOptions, use: Use) => inContext(browser, options, use);

async function logIn(page: Page, email: string): Promise<void> {
  await page.goto(`${scene.service.url}${PAGE}`);
  await page.fill('#identifier', email);
  await page.fill('#password', PASSWORD);
  await page.click('form[action$="/login"] button');
  await page.waitForURL(`**${PAGE}`);
  await page.waitForSelector('.who');
}

function leave(page: Page, language: string): Promise<unknown> {
  const asked = { client_id: tool.client_id, post_logout_redirect_uri: `${client.url}/signed-out`, state: 'a state' };
  const query = new URLSearchParams({ ...asked, ui_locales: language });
  return page.goto(`${scene.service.url}/oauth2/logout?${query.toString()}`);
}

describe.each(LANGUAGES)('in %s', (language) => {
  const words = WORDS[language];

  it('there is no barrier on any page, light or dark', async () => {
    const { email } = await grantedBy();
    const options = { locale: language, bypassCSP: true, viewport: { width: 1000, height: 800 } };
    await inBrowser(options, async (page) => {
      const look = (name: string) => expectNoBarriers(page, name, language);
      await page.goto(`${scene.service.url}${PAGE}`);
      await look('granted-login');
      await logIn(page, email);
      expect(await page.textContent('h1')).toBe(words.granted);
      await look('granted');
      await page.click('form[action$="/withdraw"] button');
      await page.waitForSelector('[role=status]');
      await look('granted-withdrawn');
      await leave(page, language);
      expect(await page.textContent('button[name=logout]')).toBe(words.out);
      await look('logout');
      await page.goto(`${scene.service.url}/oauth2/logout`);
      await page.click('button[name=logout]');
      await page.waitForURL('**/oauth2/logout/success*');
      expect(await page.textContent('h1')).toBe(words.done);
      await look('signed-out');
    });
  });

  it('everything is done with scripts off, on a phone, and nothing has to be scrolled sideways', async () => {
    const { email, access_token } = await grantedBy();
    const options = { locale: language, javaScriptEnabled: false, viewport: PHONE, hasTouch: true, isMobile: true };
    await inBrowser(options, async (page, complaints) => {
      const fits = async () => {
        const width = await page.locator('main').evaluate((main: { scrollWidth: number }) => main.scrollWidth);
        expect(width).toBeLessThanOrEqual(PHONE.width);
      };
      await logIn(page, email);
      await fits();
      await picture(page, `granted-${language}-phone`);
      expect(await isActive(access_token)).toBe(true);
      await page.tap('form[action$="/withdraw"] button');
      await page.waitForSelector('[role=status]');
      expect(await isActive(access_token)).toBe(false);
      expect(await page.locator('form[action$="/withdraw"]').count()).toBe(0);
      await leave(page, language);
      await fits();
      await picture(page, `logout-${language}-phone`);
      await page.tap('button[name=logout]');
      await page.waitForURL(`${app.url}/**`);
      expect(new URL(page.url()).searchParams.get('state')).toBe('a state');
      expect((await page.context().cookies()).filter(({ name }) => name.includes('session'))).toEqual([]);
      expect(complaints).toEqual([]);
      await page.goto(`${scene.service.url}${PAGE}`);
      expect(await page.locator('#password').count()).toBe(1);
    });
  });
});

describe('a person who has only a keyboard', () => {
  it('signs in, withdraws, and signs out', async () => {
    const { email, access_token } = await grantedBy();
    await inBrowser({}, async (page) => {
      await page.goto(`${scene.service.url}${PAGE}`);
      await page.waitForSelector('#identifier:focus');
      await page.keyboard.type(email);
      await page.keyboard.press('Tab');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForSelector('form[action$="/withdraw"]');
      await tabTo(page, 'form[action$="/withdraw"] button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=status]');
      expect(await isActive(access_token)).toBe(false);
      await tabTo(page, '.who button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('button[name=logout]');
      await tabTo(page, 'button[name=logout]');
      await page.keyboard.press('Space');
      await page.waitForURL('**/oauth2/logout/success*');
    });
  });
});

async function tabTo(page: Page, selector: string): Promise<void> {
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
  }
  throw new Error(`nobody gets to ${selector} by keyboard`);
}

describe('the policy of the pages, as the browser enforces it', () => {
  it('lets nobody frame the question, or what was granted, under a button of theirs', async () => {
    const { email } = await grantedBy();
    await inBrowser({}, async (page) => {
      await logIn(page, email);
      for (const path of [PAGE, '/oauth2/logout']) {
        await page.goto(app.url);
        await page.evaluate(`document.body.innerHTML = '<iframe src="${scene.service.url}${path}"></iframe>'`);
        await page.waitForTimeout(500);
        const framed = page.frames().map((frame) => frame.url());
        expect(framed).toHaveLength(2);
        expect(framed.join()).not.toContain(path);
      }
    });
  });
});
