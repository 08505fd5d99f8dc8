/** Where people enter what a device shows them, and what others make of that page. @see RFC 8628 §3.3, §5.1, §5.4 */
import { readUserCode } from '../../services/token/device-codes.ts';
import { LANGUAGES } from '../../services/token/sign-in/messages.ts';
import { hiddenFields, openBrowser, type Browser } from '../support/people-flow.ts';
import { confirm, deviceScene, enter, PAGE, type DeviceScene } from './device-scene.ts';

let scene: DeviceScene;
beforeAll(async () => {
  scene = await deviceScene({ cacheSeconds: 0 });
});
afterAll(() => scene.close());

/** Each test guesses from an address of its own. */
let addresses = 0;
const from = () => ({ 'X-Hallpass-Address': `203.0.113.${++addresses}` });
const open = () => openBrowser(scene.service);

describe('the page for the code', () => {
  it('has a field, which the whole address of a device fills in without looking anything up', async () => {
    const { verification_uri_complete, user_code } = await scene.begin();
    const browser = open();
    expect((await browser.get(PAGE)).text).toContain('name="user_code"');
    const seen = await browser.get(verification_uri_complete);
    expect([seen.status, seen.text]).toEqual([200, expect.stringContaining(`value="${user_code}"`)]);
    expect(seen.text).not.toContain('A client of a test');
  });

  it('shows nothing of what somebody put into its address', async () => {
    const seen = await open().get(`${PAGE}?user_code=${encodeURIComponent('"><script>')}&outcome=<b>`);
    expect([seen.status, seen.text]).toEqual([200, expect.stringContaining('value=""')]);
    expect(seen.text).not.toMatch(/<script|<b>/);
  });

  it('loads and runs nothing, is framed by nobody, and is never stored', async () => {
    for (const target of [PAGE, `${PAGE}?outcome=allowed`]) {
      const { headers } = await open().get(target);
      expect(headers['content-security-policy']).toMatch(
        /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
      );
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store' });
    }
  });

  it.each(LANGUAGES)('is in %s for whoever reads that', async (language) => {
    const { user_code } = await scene.begin();
    const headers = { 'Accept-Language': language };
    const browser = open();
    const seen = [await browser.get(PAGE, headers), await enter(browser, user_code, headers)];
    for (const { text } of seen) expect(text).toContain(`<html lang="${language}">`);
  });

  it.each(['put', 'delete', 'patch'] as const)('answers %s with what it does answer', async (method) => {
    const response = await scene.service.send(method, PAGE);
    expect([response.status, response.headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
  });
});

describe('a code', () => {
  it('can be typed as people do', async () => {
    const { user_code } = await scene.begin();
    const bare = user_code.replace('-', '');
    for (const typed of [bare, bare.toLowerCase(), ` ${user_code} `, [...bare].join(' '), user_code.replace('-', '–')])
      expect((await enter(open(), typed)).text).toContain(user_code);
  });

  it.each(['', 'BCDF', 'BCDF-GHJKL', 'AEIO-UAEI', '1234-5678', 'BCDF-GHJ\u212a', '<b>x</b>'])(
    'that can be none is told so, and is no guess: %j',
    async (typed) => {
      expect(readUserCode(typed)).toBeUndefined();
      const seen = await enter(open(), typed);
      expect([seen.status, seen.text]).toEqual([422, expect.stringContaining('eight letters')]);
    },
  );

  it('that nobody has is told so', async () => {
    const seen = await enter(open(), 'BBBB-BBBB', from());
    expect([seen.status, seen.text]).toEqual([422, expect.stringContaining('no such code')]);
  });
});

describe('the page that asks', () => {
  it('names the client, the code, and what is asked for, and warns of codes that somebody sent', async () => {
    const tool = await scene.service.addClient({
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      client_name: 'Wall <Display>',
      owner: 'Ada University',
      scope: 'state statements/read',
    });
    const { user_code } = await scene.begin({ scope: 'state statements/read all' }, tool);
    const { text } = await enter(open(), user_code);
    for (const said of [
      user_code,
      'Wall &lt;Display&gt;',
      'Ada University',
      'Read all learners&#39; records',
      'saved states',
      'If somebody sent you the code or a link',
    ])
      expect(text).toContain(said);
    expect(text).not.toContain('change everything');
  });

  it('trap, a form of another site: without a token, with another browser’s, or from elsewhere it does nothing', async () => {
    const device = await scene.begin();
    const browser = open();
    const { user_code } = device;
    const hidden = hiddenFields((await enter(browser, user_code)).text);
    const others = hiddenFields((await enter(open(), user_code)).text);
    for (const [form, headers] of [
      [{ user_code, answer: 'mine' }, {}],
      [{ ...others, answer: 'mine' }, {}],
      [{ ...hidden, answer: 'mine' }, { 'Sec-Fetch-Site': 'cross-site' }],
      [{ ...hidden, answer: 'mine' }, { 'Sec-Fetch-Site': 'same-site' }],
      [{ user_code }, {}],
    ] as [Record<string, string>, Record<string, string>][])
      expect((await browser.post(PAGE, form, headers)).status).toBe(403);
    expect(await scene.refusal(device)).toBe('authorization_pending');
  });

  it('trap, leaving the warning out: what was given for the field, or for another code, confirms nothing', async () => {
    const [device, mine] = [await scene.begin(), await scene.begin()];
    const browser = open();
    const field = hiddenFields((await browser.get(PAGE)).text);
    const another = hiddenFields((await enter(browser, mine.user_code)).text);
    for (const hidden of [field, another]) {
      const form = { ...hidden, user_code: device.user_code, answer: 'mine' };
      expect((await browser.post(PAGE, form)).status).toBe(403);
    }
  });

  it('trap, session fixation: the way on works in the browser that confirmed, and in no other', async () => {
    const device = await scene.begin();
    const seen = await confirm(open(), device.user_code, 'mine');
    expect(seen.location).toMatch(/^\/sign-in\/device\/[\w-]{22}$/);
    const end = await open().follow(seen.location ?? '');
    expect(new URL(end.at).searchParams.get('outcome')).toBe('expired');
    expect(await scene.refusal(device)).toBe('authorization_pending');
  });
});

describe('whoever guesses', () => {
  const guess = (turn: number) => `BCDF-GHJ${'BCDFGHJKLMNPQRSTVWXZ'[turn % 20]}`;

  /** As many as a browser can try before it has to wait. */
  async function guessWith(browser: Browser, times: number, headers: Record<string, string>): Promise<number[]> {
    const hidden = hiddenFields((await browser.get(PAGE, headers)).text);
    const statuses: number[] = [];
    for (let turn = 0; turn < times; turn++)
      statuses.push((await browser.post(PAGE, { ...hidden, user_code: guess(turn) }, headers)).status);
    return statuses;
  }

  it('is slowed down after three codes that there are not; even the right one has to wait then', async () => {
    const [browser, headers] = [open(), from()];
    expect(await guessWith(browser, 4, headers)).toEqual([422, 422, 422, 429]);
    const { user_code } = await scene.begin();
    const seen = await enter(browser, user_code, headers);
    expect([seen.status, Number(seen.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
  });

  it('is stopped at fifty from one address, whatever their cookies; from elsewhere one goes on', async () => {
    const headers = from();
    const statuses: number[] = [];
    while (statuses.length < 51) statuses.push(...(await guessWith(open(), 3, headers)));
    expect(statuses).toEqual([...Array.from({ length: 50 }, () => 422), 429]);
    const { user_code } = await scene.begin();
    expect((await enter(open(), user_code, headers)).status).toBe(429);
    expect((await enter(open(), user_code, from())).status).toBe(200);
  });

  it('of many at once has no more than fifty looked at', async () => {
    const headers = from();
    const seen = await Promise.all(Array.from({ length: 20 }, () => guessWith(open(), 3, headers)));
    expect(seen.flat().filter((status) => status === 422).length).toBeLessThanOrEqual(50);
  });

  it('is in the audit, without what they typed', () => {
    const logged = scene.service.logged.join('');
    expect(logged).toMatch(
      /"audit":"device","granted":false,"address":"203\.0\.113\.\d+","reason":"there is no such code"/,
    );
    expect(logged).toContain('"reason":"throttled"');
    expect(logged).not.toMatch(/BCDF-?GHJ/);
  });

  it('right codes are no guesses: a class of learners comes from one address', async () => {
    const [browser, headers] = [open(), from()];
    const { user_code } = await scene.begin();
    const hidden = hiddenFields((await browser.get(PAGE, headers)).text);
    for (let turn = 0; turn < 60; turn++)
      expect((await browser.post(PAGE, { ...hidden, user_code }, headers)).status).toBe(200);
  });
});
