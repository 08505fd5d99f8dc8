/** Signing in with another provider, in a real browser: from a client to us, to the school, back, and to the client. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { allStarted, printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { newProof } from '../support/people-flow.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { barriersIn, launchBrowser, picture } from './support.ts';

const PASSWORD = 'a password of seven words for tests';
/** One for each journey: who has allowed it once is not asked again. */
const PUPILS = ['pia', 'paul'].map((name) => ({ email: `${name}@school.example`, name: `${name} Pupil` }));

interface Registered {
  client_id: string;
  client_secret: string;
}

let folder: TempFolder;
let school: RunningService;
let ours: RunningService;
let browser: Browser;
let tool: Registered;
let client: { url: string; server: Server };

const storeOf = (name: string) => ({ HALLPASS_STORE: `sqlite:${join(folder.path, `${name}.db`)}` });
const register = (name: string, redirectUri: string, scope: string) =>
  printedBy<Registered>(
    [
      ...['client', 'create', '--name', 'Course Player', '--scope', scope, '--grant-type', 'authorization_code'],
      ...['--redirect-uri', redirectUri],
    ],
    { env: storeOf(name) },
  );

beforeAll(async () => {
  folder = await tempFolder('browser-elsewhere');
  const server = createServer((_req, res) => {
    res.setHeader('Content-Type', 'text/html').end('<!doctype html><h1>You are at the client</h1>');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  client = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const [theirPort, ourPort] = [await freePort(), await freePort()];
  /* Another host than ours: cookies are not kept apart by port. */
  const issuer = `http://localhost:${theirPort}`;
  const [there] = await Promise.all([
    register('school', `http://127.0.0.1:${ourPort}/sign-in/callback/school`, 'state'),
    launchBrowser().then((launched) => void (browser = launched)),
  ]);
  for (const { email, name } of PUPILS) {
    const user = ['user', 'create', '--email', email, '--name', name, '--permissions', 'state', '--password-stdin'];
    const made = await runHallpass(user, { env: storeOf('school'), input: PASSWORD });
    if (made.code !== 0) throw new Error(made.stderr);
  }
  tool = await register('ours', `${client.url}/callback`, 'statements/write state');
  const providers = [
    { id: 'school', name: 'The School', issuer, ...credentialsOf(there), permissions: [{ scopes: 'state' }] },
    { id: 'away', name: 'Away', issuer: `http://127.0.0.1:${await freePort()}`, client_id: 'a' },
  ];
  [school, ours] = await allStarted(
    startHallpass('all', { ...storeOf('school'), HALLPASS_ISSUER: issuer }, { port: theirPort }),
    startHallpass(
      'all',
      { ...storeOf('ours'), HALLPASS_IDENTITY_PROVIDERS: JSON.stringify(providers) },
      { port: ourPort },
    ),
  );
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await school?.stop();
  await ours?.stop();
  client?.server.closeAllConnections();
  await new Promise((resolve) => client?.server.close(resolve));
  await folder.remove();
});

function credentialsOf({ client_id, client_secret }: Registered): Registered {
  return { client_id, client_secret };
}

function begin(): string {
  const { challenge } = newProof();
  const parameters = {
    ...{ response_type: 'code', client_id: tool.client_id, redirect_uri: `${client.url}/callback` },
    ...{ scope: 'openid email state', code_challenge: challenge, code_challenge_method: 'S256', state: 'a-state' },
  };
  return `${ours.url}/oauth2/authorize?${new URLSearchParams(parameters).toString()}`;
}

async function allow(page: Page): Promise<void> {
  await page.waitForSelector('form[action$="/consent"]');
  await page.click('form[action$="/consent"] button:not(.second)');
}

describe('a person of the school', () => {
  it.each([
    { ...PUPILS[0], javaScriptEnabled: false },
    { ...PUPILS[1], javaScriptEnabled: true },
  ])('signs in there, and is known here (scripts: $javaScriptEnabled)', async (pupil) => {
    const { email = '', name = '', javaScriptEnabled } = pupil;
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(begin());
    await picture(page, 'elsewhere-login');
    await page.click('button[value=school]');
    await page.waitForURL(/^http:\/\/localhost:/);
    await page.fill('#identifier', email);
    await page.fill('#password', PASSWORD);
    await page.click('form[action$="/login"] button');
    await allow(page);
    await page.waitForURL(`${ours.url}/**`);
    await page.waitForSelector('.who');
    expect(await page.textContent('.who')).toContain(`${name} (${email})`);
    await allow(page);
    await page.waitForURL(`${client.url}/**`);
    const told = new URL(page.url()).searchParams;
    expect([told.get('state'), told.get('iss')]).toEqual(['a-state', ours.url]);
    expect(told.get('code')).toBeTruthy();
    await context.close();
  });

  it('finds the button by keyboard, and nothing in the way', async () => {
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(begin());
      expect(await barriersIn(page)).toEqual([]);
    }
    await page.focus('form[action$="/login"] button');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/^http:\/\/localhost:/);
    await context.close();
  });

  it('is told so where another does not answer, in their language, and goes back to the other ways', async () => {
    const context = await browser.newContext({ bypassCSP: true, locale: 'de' });
    const page = await context.newPage();
    await page.goto(begin());
    await page.click('button[value=away]');
    await page.waitForSelector('[role=alert]');
    expect(await page.textContent('[role=alert]')).toContain('Away antwortet im Moment nicht.');
    expect(await barriersIn(page)).toEqual([]);
    await picture(page, 'elsewhere-away');
    await page.click('main a');
    await page.waitForSelector('#password');
    await context.close();
  });
});
