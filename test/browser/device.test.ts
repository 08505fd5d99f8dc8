/** Somebody reads a code off a device and enters it in a real browser: the whole product, in every language. */
import { join } from 'node:path';
import * as oidc from 'openid-client';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { barriersIn, launchBrowser, picture } from './support.ts';

const PASSWORD = 'a password of seven words for tests';
const EMAIL = 'zoe@example.org';
/** The narrowest that a page has to fit. @see WCAG 2.2, 1.4.10 */
const PHONE = { width: 320, height: 640 };

let folder: TempFolder;
let service: RunningService;
let browser: Browser;
let config: oidc.Configuration;
beforeAll(async () => {
  folder = await tempFolder('browser-device');
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  [service, browser] = await Promise.all([startHallpass('all', env), launchBrowser()]);
  const { client_id } = await printedBy<{ client_id: string }>(
    [
      ...['client', 'create', '--name', 'Wall Display', '--scope', 'statements/write state', '--public'],
      ...['--grant-type', 'device_code', '--owner', 'Example Learning GmbH'],
    ],
    { env },
  );
  const user = ['user', 'create', '--email', EMAIL, '--name', 'Zoë Lerner', '--permissions', 'statements/write state'];
  const created = await runHallpass([...user, '--password-stdin'], { env, input: PASSWORD });
  if (created.code !== 0) throw new Error(created.stderr);
  const options = { execute: [oidc.allowInsecureRequests] };
  config = await oidc.discovery(new URL(service.url), client_id, undefined, oidc.None(), options);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await folder?.remove();
});

async function inBrowser(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

const begin = () => oidc.initiateDeviceAuthorization(config, { scope: 'openid statements/write state' });

it.each(LANGUAGES)('in %s there is no barrier from the code to the end', async (language) => {
  const device = await begin();
  await inBrowser({ locale: language, bypassCSP: true }, async (page) => {
    const look = async (name: string) => {
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      await page.emulateMedia({ colorScheme: 'light' });
      await picture(page, `${name}-${language}-light`);
      expect(await barriersIn(page)).toEqual([]);
      if (language !== 'en') return; /* Colours speak no language. */
      await page.emulateMedia({ colorScheme: 'dark' });
      await picture(page, `${name}-${language}-dark`);
      expect(await barriersIn(page, ['color-contrast'])).toEqual([]);
    };
    await page.goto(device.verification_uri);
    await look('device-code');
    await page.fill('#user_code', 'BBBB-BBBB');
    await page.click('button');
    await page.waitForSelector('[role=alert]');
    await look('device-code-unknown');
    await page.fill('#user_code', device.user_code.toLowerCase());
    await page.click('button');
    await page.waitForSelector('button[value=mine]');
    expect(await page.textContent('.code')).toBe(device.user_code);
    await look('device-confirm');
    await page.click('button[value=deny]');
    await page.waitForURL('**/sign-in/device?outcome=denied');
    await look('device-denied');
  });
  const polled = oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
  await expect(polled).rejects.toMatchObject({ error: 'access_denied' });
});

it('without scripts, by the keyboard alone, on a phone: the device is let in, and writes a statement', async () => {
  const device = await begin();
  await inBrowser({ javaScriptEnabled: false, viewport: PHONE }, async (page) => {
    await page.goto(device.verification_uri_complete ?? '');
    await page.waitForSelector('#user_code:focus'); /* A page gives it a moment after it has loaded. */
    await page.keyboard.press('Enter');
    await page.waitForSelector('button[value=mine]');
    await picture(page, 'device-confirm-phone');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#identifier:focus');
    await page.keyboard.type(EMAIL);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('form[action$="/consent"]');
    await page.focus('form[action$="/consent"] button:not(.second)');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sign-in/device?outcome=allowed');
    await picture(page, 'device-allowed-phone');
    await page.reload();
    expect(await page.textContent('h1')).toBe('Your device is connected');
  });
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
  const response = await fetch(`${service.url}/xapi/statements`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${tokens.access_token}`,
      'X-Experience-API-Version': '1.0.3',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({
      actor: { mbox: `mailto:${EMAIL}` },
      verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
      object: { id: 'https://example.org/a-course' },
    }),
  });
  expect(response.status).toBe(200);
});
