/** The pages in a real browser: from the client's redirect to its callback, by anybody, in any of the languages. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Interaction } from '../../services/token/interactions.ts';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { PASSWORD, startSignInPages, CLIENT, type Flow, type SignInPages } from '../support/sign-in-pages.ts';
import { barriersIn, expectNoBarriers, inContext, launchBrowser, PHONE, picture } from './support.ts';

let pages: SignInPages;
let browser: Browser;
beforeAll(async () => {
  [pages, browser] = await Promise.all([startSignInPages(), launchBrowser()]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await pages.close();
});

const HEADINGS = {
  en: { login: 'Sign in', consent: 'asks for access', scope: "Read all learners' records" },
  de: { login: 'Anmelden', consent: 'bittet um Zugriff', scope: 'Die Lernaufzeichnungen aller Lernenden lesen' },
  es: { login: 'Iniciar sesión', consent: 'solicita acceso', scope: 'Leer los registros de todos los alumnos' },
  fr: { login: 'Se connecter', consent: 'demande un accès', scope: 'Lire les traces de tous les apprenants' },
};

interface Arrival {
  page: Page;
  flow: Flow;
  /** What the page tried to load, and what the browser refused. */
  complaints: string[];
}

async function arrive(
  said: Partial<Interaction>,
  options: BrowserContextOptions,
  use: (arrival: Arrival) => Promise<void>,
): Promise<void> {
  await inContext(browser, options, async (page, complaints) => {
    const flow = pages.begin(said);
    await page.goto(`${pages.url}/begin/${flow.uid}`);
    await use({ page, flow, complaints });
  });
}

async function signIn(page: Page): Promise<void> {
  await page.fill('#identifier', pages.person.email);
  await page.fill('#password', PASSWORD);
  await page.click('form[action$="/login"] button');
  await page.waitForSelector('form[action$="/consent"]');
}

describe.each(LANGUAGES)('in %s', (language) => {
  it('there is no barrier on any page, light or dark', async () => {
    const options = { locale: language, bypassCSP: true, viewport: { width: 1000, height: 800 } };
    await arrive({}, options, async ({ page }) => {
      const look = (name: string) => expectNoBarriers(page, name, language);
      expect(await page.textContent('h1')).toBe(HEADINGS[language].login);
      await look('login');
      await page.fill('#identifier', 'nobody@example.org');
      await page.fill('#password', 'not the password');
      await page.click('form[action$="/login"] button');
      await page.waitForSelector('[role=alert]');
      await look('login-failed');
      await signIn(page);
      expect(await page.textContent('h1')).toContain(HEADINGS[language].consent);
      expect(await page.textContent('fieldset')).toContain(HEADINGS[language].scope);
      await look('consent');
      await page.goto(`${pages.url}/sign-in/nothing-of-this-id`);
      await look('error');
    });
  });

  it('everything is done with scripts off, on a phone, and nothing has to be scrolled sideways', async () => {
    const options = { locale: language, javaScriptEnabled: false, viewport: PHONE, hasTouch: true, isMobile: true };
    await arrive({ client: { ...CLIENT, unverified: true } }, options, async ({ page, flow, complaints }) => {
      await picture(page, `login-${language}-phone`);
      expect(await widthOf(page)).toBeLessThanOrEqual(PHONE.width);
      await signIn(page);
      await picture(page, `consent-${language}-phone`);
      expect(await widthOf(page)).toBeLessThanOrEqual(PHONE.width);
      await page.uncheck('input[name="allow:statements/read"]');
      await page.click('form[action$="/consent"] button:not(.second)');
      await page.waitForURL(`${pages.clientUrl}/**`);
      expect(page.url()).toBe(`${pages.clientUrl}/callback?code=a-code`);
      expect(flow.granted).toEqual(['openid', 'email', 'offline_access', 'statements/write', 'state']);
      expect(complaints).toEqual([]);
    });
  });
});

/** With scripts off the page cannot be asked; its boxes can. */
async function widthOf(page: Page): Promise<number> {
  const boxes = await Promise.all((await page.locator('body *:visible').all()).map((element) => element.boundingBox()));
  return Math.max(...boxes.map((box) => (box ? box.x + box.width : 0)));
}

describe('the pages that few ever see', () => {
  const unverified = { ...CLIENT, unverified: true };
  const consent = { prompt: 'consent', client: unverified } as const;
  const submit = (page: Page) => page.click('form[action^="/sign-in"] button');

  it.each<[name: string, said: () => Partial<Interaction>, onTheWay: (page: Page) => Promise<void>]>([
    [
      'throttled',
      () => ({ hint: 'somebody@example.org' }),
      async (page) => {
        for (let count = 0; count < 10 && !(await page.textContent('main'))?.includes('too many'); count++) {
          await page.fill('#password', 'not the password');
          await submit(page);
          await page.waitForSelector('[role=alert]');
        }
      },
    ],
    [
      'nothing-checked',
      () => ({ ...consent, personId: pages.person.person_id, identityScopes: [] }),
      async (page) => {
        for (const box of await page.locator('input[type=checkbox]').all()) await box.uncheck();
        await submit(page);
        await page.waitForSelector('[role=alert]');
      },
    ],
    [
      'nothing-possible',
      () => ({ ...consent, personId: pages.person.person_id, scopes: [], identityScopes: [] }),
      async (page) => void (await page.waitForSelector('button')),
    ],
    [
      'way-back',
      () => ({ ...consent, personId: pages.person.person_id }),
      async (page) => {
        /* As it is seen where a browser does not go on by itself. */
        await page.route('**/sign-in/*/consent', async (route) => {
          const response = await route.fetch();
          const body = (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, '');
          await route.fulfill({ response, body });
        });
        await submit(page);
        await page.waitForSelector('main a[href^="/resume/"]');
      },
    ],
  ])('%s: there is no barrier there either', async (name, said, onTheWay) => {
    await arrive(said(), { bypassCSP: true, viewport: { width: 1000, height: 800 } }, async ({ page }) => {
      await onTheWay(page);
      await picture(page, name);
      expect(await barriersIn(page)).toEqual([]);
    });
  });
});

describe('a person without a mouse', () => {
  it('signs in, takes a scope away and allows the rest by the keyboard alone, always seeing where they are', async () => {
    await arrive({}, {}, async ({ page, flow }) => {
      const { keyboard } = page;
      await page.waitForSelector('#identifier:focus');
      await keyboard.type(pages.person.username);
      await keyboard.press('Tab');
      await keyboard.type(PASSWORD);
      await keyboard.press('Enter');
      await page.waitForSelector('form[action$="/consent"]');
      const stops: string[] = [];
      for (let stop = 0; stop < 12; stop++) {
        await keyboard.press('Tab');
        const focused = await page.evaluate<{ what: string; outline: string }>(
          `(() => { const { activeElement: e } = document;
            return { what: e.name || e.textContent.trim(), outline: getComputedStyle(e).outlineStyle }; })()`,
        );
        if (focused.what.startsWith('You are signed in') || stops.includes(focused.what)) break;
        stops.push(focused.what);
        expect([focused.what, focused.outline]).toEqual([focused.what, 'solid']);
        if (focused.what === 'allow:statements/read') await keyboard.press('Space');
        if (focused.what === 'Allow') {
          await picture(page, 'consent-keyboard');
          break;
        }
      }
      expect(stops).toEqual([
        'player.example.com',
        'allow:email',
        'allow:offline_access',
        'allow:statements/write',
        'allow:statements/read',
        'allow:state',
        'Allow',
      ]);
      await keyboard.press('Enter');
      await page.waitForURL(`${pages.clientUrl}/**`);
      expect(flow.granted).not.toContain('statements/read');
      expect(flow.granted).toContain('statements/write');
    });
  });

  it('stands in the field to be corrected when an attempt failed, and is told why', async () => {
    await arrive({}, { bypassCSP: true }, async ({ page }) => {
      await page.fill('#identifier', pages.person.email);
      await page.fill('#password', 'not the password');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=alert]');
      await page.waitForSelector('#password:focus');
      const focused = page.locator(':focus');
      expect(await focused.inputValue()).toBe('');
      const described = await focused.getAttribute('aria-describedby');
      expect(await page.textContent(`#${described}`)).toContain('do not match');
    });
  });
});

describe('the policy of the pages, as the browser enforces it', () => {
  it('lets a person who refuses go back to a client that goes on to a third origin', async () => {
    await arrive({}, {}, async ({ page, complaints }) => {
      await signIn(page);
      await page.click('button[formaction$="/deny"]');
      await page.waitForURL(`${pages.clientUrl}/**`);
      expect(page.url()).toContain('error=access_denied');
      expect(complaints).toEqual([]);
    });
  });

  it('sends no form elsewhere, runs no script and loads no picture, should any of them ever get into a page', async () => {
    await arrive({}, {}, async ({ page, complaints }) => {
      await page.evaluate(`document.body.insertAdjacentHTML('beforeend',
        '<img src="${pages.clientUrl}/leak"><img src=x onerror="document.title=1"><form id=evil action="${pages.clientUrl}/evil"><button>x</button></form>')`);
      await page.evaluate(`document.querySelector('#evil button').click()`);
      await page.waitForTimeout(300);
      expect(page.url()).toContain('/sign-in/');
      expect(await page.textContent('title')).toContain('Sign in');
      const refused = complaints.join('\n');
      for (const what of ['Loading the image', 'inline event handler', 'Sending form data'])
        expect(refused).toContain(what);
    });
  });

  it('lets nobody frame a page under a button of theirs', async () => {
    await arrive({ prompt: 'consent', personId: pages.person.person_id }, {}, async ({ page, flow }) => {
      await page.goto(pages.clientUrl);
      await page.evaluate(`document.body.innerHTML = '<iframe src="${pages.url}/sign-in/${flow.uid}"></iframe>'`);
      await page.waitForTimeout(500);
      const framed = page.frames().map((frame) => frame.url());
      expect(framed).toHaveLength(2);
      expect(framed.join()).not.toContain('/sign-in/');
    });
  });

  it('has nothing to complain of in the pages themselves', async () => {
    await arrive({}, {}, async ({ page, complaints }) => {
      await signIn(page);
      await page.click('.who a');
      await page.waitForSelector('#password');
      expect(complaints).toEqual([]);
    });
  });
});
