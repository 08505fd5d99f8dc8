/** What a real browser shows where a client asked wrongly: read by axe, light and dark, on a phone too. */
import type { Browser } from 'playwright-core';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { freePort } from '../support/free-port.ts';
import { runTokenService, type TokenService } from '../support/token-service.ts';
import { barriersIn, launchBrowser, picture } from './support.ts';

let service: TokenService;
let browser: Browser;
beforeAll(async () => {
  const port = await freePort();
  service = await runTokenService({ issuer: `http://127.0.0.1:${port}`, port });
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await service.close();
});

describe('a person whom a client sent wrongly', () => {
  it.each(LANGUAGES)('stays here, and reads why, in %s', async (language) => {
    const context = await browser.newContext({
      locale: language,
      bypassCSP: true,
      viewport: { width: 360, height: 640 },
      colorScheme: language === 'de' ? 'dark' : 'light',
    });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const nasty = '"><script>document.title="run"</script>';
    const query = new URLSearchParams({ client_id: 'nobody', redirect_uri: 'https://evil.example/', state: nasty });
    const answer = await page.goto(`${service.url}/oauth2/authorize?response_type=code&${query.toString()}`);
    expect(answer?.status()).toBe(400);
    expect(new URL(page.url()).origin).toBe(service.url);
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    expect(await page.title()).not.toBe('run');
    expect(await page.textContent('code')).toMatch(/^invalid_client: /);
    expect(await barriersIn(page)).toEqual([]);
    /* The one that every browser asks for by itself. */
    expect(asked.filter((path) => path !== '/favicon.ico')).toEqual(['/oauth2/authorize']);
    await picture(page, `wrong-request-${language}`);
    await context.close();
  });
});
