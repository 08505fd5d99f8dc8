/** A client that signs by OAuth 1 sends somebody here in a real browser: to its callback, or to the page with the number. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { header, signed } from '../support/oauth1-signer.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { openSite, type Site } from './site.ts';
import { expectNoBarriers, inContext, launchBrowser, PHONE, picture } from './support.ts';

const PASSWORD = 'a password of seven words for tests';
const EMAIL = 'zoe@example.org';
const SCOPE = 'statements/write state';

interface Signer {
  client_id: string;
  oauth1_secret: string;
}

let folder: TempFolder;
let service: RunningService;
let browser: Browser;
let callback: Site;
/** The callback goes on to it, as an LMS does: `form-action` must not stand in the way. */
let app: Site;
let signer: Signer;
beforeAll(async () => {
  folder = await tempFolder('browser-oauth1');
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`, HALLPASS_OAUTH1: 'on' };
  app = await openSite(() => undefined);
  callback = await openSite((path) => `${app.url}${path}`);
  [service, browser] = await Promise.all([startHallpass('all', env), launchBrowser()]);
  signer = await printedBy<Signer>(
    [
      ...['client', 'create', '--name', 'Course Player', '--scope', SCOPE, '--owner', 'Example Learning GmbH'],
      ...['--oauth1', '--grant-type', 'authorization_code', '--redirect-uri', `${callback.url}/oauth`],
    ],
    { env },
  );
  const user = ['user', 'create', '--email', EMAIL, '--name', 'Zoë Lerner', '--permissions', SCOPE];
  const created = await runHallpass([...user, '--password-stdin'], { env, input: PASSWORD });
  if (created.code !== 0) throw new Error(created.stderr);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await callback?.close();
  await app?.close();
  await folder?.remove();
});

/** @returns where the client sends the person. */
async function begin(oauth_callback: string): Promise<string> {
  const url = `${service.url}/xapi/OAuth/initiate?scope=${encodeURIComponent(SCOPE)}`;
  const { client_id: consumerKey, oauth1_secret: clientSecret } = signer;
  const Authorization = header(signed({ method: 'POST', url, consumerKey, clientSecret, oauth: { oauth_callback } }));
  const answer = await fetch(url, { method: 'POST', headers: { Authorization } });
  const token = new URLSearchParams(await answer.text()).get('oauth_token') ?? '';
  return `${service.url}/xapi/OAuth/authorize?oauth_token=${token}`;
}

async function signIn(page: Page): Promise<void> {
  await page.fill('#identifier', EMAIL);
  await page.fill('#password', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForSelector('input[type=checkbox]');
}

it.each(LANGUAGES)(
  'in %s there is no barrier on the page with the number, nor where it is no',
  async (language) => {
    await inContext(browser, { locale: language, bypassCSP: true }, async (page) => {
      await page.goto(await begin('oob'));
      await signIn(page);
      await page.click('button:not(.second)');
      await page.waitForSelector('.code');
      expect(await page.textContent('.code')).toMatch(/^\d{10}$/);
      await expectNoBarriers(page, 'oauth1-number', language);
      await page.goto(await begin('oob'));
      await page.click('button.second');
      await page.waitForFunction('!document.querySelector("form")');
      await expectNoBarriers(page, 'oauth1-denied', language);
    });
  },
  60_000,
);

it('without scripts, on a phone: back to the client, which sends them on', async () => {
  await inContext(browser, { javaScriptEnabled: false, viewport: PHONE }, async (page, complaints) => {
    await page.goto(await begin(`${callback.url}/oauth`));
    await picture(page, 'oauth1-login-phone');
    await signIn(page);
    await picture(page, 'oauth1-consent-phone');
    await page.uncheck('input[type=checkbox] >> nth=0');
    await page.click('button:not(.second)');
    await page.waitForURL(`${app.url}/oauth?**`);
    expect(new URL(page.url()).searchParams.get('oauth_verifier')).toMatch(/^[\w-]{43}$/);
    expect(complaints.filter((complaint) => !complaint.includes('favicon'))).toEqual([]);
    await page.goto(`${service.url}/sign-in/granted`);
    expect(await page.textContent('.granted h2')).toBe('Course Player');
  });
});
