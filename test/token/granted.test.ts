/** The page where a person sees what they let clients do, and withdraws it: over HTTP, on both stores. */
import type { Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { PASSWORD } from '../support/people.ts';
import { hiddenFields, openBrowser, type Browser, type Seen } from '../support/people-flow.ts';
import { ISSUER } from '../support/token-service.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { personScene, type PersonScene } from './person-scene.ts';

const PAGE = '/sign-in/granted';

/** The form of one client of the page. */
function formOf({ text }: Seen, clientId: string): Record<string, string> {
  const forms = [...text.matchAll(/<form\b[\s\S]*?<\/form>/g)].map(([form]) => hiddenFields(form));
  return forms.find((form) => form.client_id === clientId) ?? {};
}

describe.each(DRIVERS)('what a person granted, in %s', (_name, open) => {
  let shared: SharedStore;
  let scene: PersonScene;
  let lrs: EchoLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    shared = await open();
    const stores: Store[] = [await shared.connect(), await shared.connect()];
    scene = await personScene({ store: stores[0] as Store, seal: TEST_SEAL });
    lrs = await startEchoLrs();
    gateway = await startTestGateway({ lrsUrl: lrs.url, store: stores[1] as Store });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
    await scene.close();
    await shared.close();
  });

  const logIn = async (browser: Browser, identifier: string, password = PASSWORD, headers = {}) =>
    browser.post(`${PAGE}/login`, { ...hiddenFields((await browser.get(PAGE)).text), identifier, password }, headers);
  const callLrs = async (token: string) =>
    (
      await fetch(`${gateway.url}/xapi/activities/state?activityId=https%3A%2F%2Fa.example&agent=%7B%7D&stateId=s`, {
        headers: { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' },
      })
    ).status;

  it('is shown: which client, whose it is, what it may, since when', async () => {
    const { email } = await scene.addPerson();
    const said = {
      client_name: 'Course <b>Player</b>',
      owner: 'Example Learning',
      client_uri: 'https://player.example/',
    };
    const { client_id } = await scene.addTool(said);
    const browser = openBrowser(scene.service);
    await scene.authorize({
      browser,
      walk: { identifier: email, without: ['statements/write'] },
      with: { client_id, scope: 'openid profile state statements/write offline_access' },
    });
    const { status, text, headers } = await browser.get(PAGE, { 'Accept-Language': 'en' });
    expect(status).toBe(200);
    for (const words of [
      ...['Course &lt;b&gt;Player&lt;/b&gt;', 'Example Learning', 'player.example', email],
      ...[
        'See your name and username',
        'saved states',
        'Keep this access',
        'Allowed since',
        `${new Date().getUTCFullYear()}`,
      ],
    ])
      expect(text).toContain(words);
    expect(text).not.toContain('Store learning records');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['cache-control']).toBe('no-store');
    const german = await browser.get(`${PAGE}?ui_locales=de`);
    expect(german.text).toContain('Was Anwendungen für Sie dürfen');
  });

  it('is withdrawn: its tokens end at the gateway at once, and the client has to ask again', async () => {
    const { email, person_id } = await scene.addPerson();
    const [tool, other] = [await scene.addTool(), await scene.addTool()];
    const browser = openBrowser({ issuer: ISSUER, url: gateway.url });
    const tokensOf = async (client: typeof tool) => {
      const code = await scene.authorize({
        browser,
        walk: { identifier: email },
        with: { client_id: client.client_id },
      });
      return (await scene.redeem(code, {}, client).expect(200)).body as { access_token: string; refresh_token: string };
    };
    const [ours, theirs] = [await tokensOf(tool), await tokensOf(other)];
    expect(await callLrs(ours.access_token)).not.toBe(401);

    const answer = await browser.post(`${PAGE}/withdraw`, formOf(await browser.get(PAGE), tool.client_id));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('may do nothing for you any more');
    expect(formOf(answer, tool.client_id)).toEqual({});
    expect(formOf(answer, other.client_id).client_id).toBe(other.client_id);
    expect(await callLrs(ours.access_token)).toBe(401);
    expect(await callLrs(theirs.access_token)).not.toBe(401);
    await scene.refresh(ours.refresh_token, {}, tool).expect(400);
    expect(
      gateway
        .logged()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toContainEqual(
      expect.objectContaining({
        ...{ audit: 'withdrawal', client: tool.client_id, person: person_id, address: '127.0.0.1' },
      }),
    );
    const asked = gateway.logged().length;
    await tokensOf(tool);
    expect(gateway.logged().slice(asked)).toContain('"audit":"consent"');
  });

  it('is shown to nobody who has not signed in; a session of its own begins with that, under another id', async () => {
    const { email } = await scene.addPerson();
    const browser = openBrowser(scene.service);
    const first = await browser.get(PAGE);
    expect(first.text).toContain('type="password"');
    expect((await logIn(browser, email, 'not the password')).status).toBe(422);
    expect((await browser.get(PAGE)).text).toContain('type="password"');
    const answer = await logIn(browser, email);
    expect([answer.status, answer.location]).toEqual([303, PAGE]);
    expect((await browser.get(PAGE)).text).toContain('There is no application that you let act for you');
    const cookie = browser.set.findLast((line) => line.startsWith('__Host-hallpass_session='));
    expect(cookie).toMatch(/; path=\/; samesite=lax; secure; httponly$/i);

    const asked = scene.service.logged.length;
    await scene.authorize({ browser, walk: { identifier: email }, with: { scope: 'state' } });
    expect(scene.service.logged.slice(asked).join()).not.toContain('"audit":"sign-in"');
  });

  it('ends for whoever signs out', async () => {
    const { email } = await scene.addPerson();
    const browser = openBrowser(scene.service);
    await logIn(browser, email);
    const page = await browser.get('/oauth2/logout');
    await browser.post('/oauth2/logout/confirm', { ...hiddenFields(page.text), logout: 'yes' });
    expect((await browser.get(PAGE)).text).toContain('type="password"');
  });

  it('trap, a session from before: is not shown after a password change or to an account that is switched off', async () => {
    for (const change of [{ generation: 1 }, { active: false }]) {
      const { email, person_id } = await scene.addPerson();
      const browser = openBrowser(scene.service);
      await logIn(browser, email);
      await scene.people.change(person_id, (person) => ({ ...person, ...change }));
      expect((await browser.get(PAGE)).text).toContain('type="password"');
    }
  });

  it('trap, session fixation: whoever planted a session does not become who signs in with it', async () => {
    const [mallory, ann] = [await scene.addPerson(), await scene.addPerson()];
    const [attacker, victim] = [openBrowser(scene.service), openBrowser(scene.service)];
    await logIn(attacker, mallory.email);
    const planted = [...attacker.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const own = hiddenFields((await victim.get(PAGE, { Cookie: planted })).text);
    expect(own).not.toHaveProperty('identifier');
    await scene.people.change(mallory.person_id, (person) => ({ ...person, generation: 1 }));
    const page = await victim.get(PAGE, { Cookie: planted });
    const form = { ...hiddenFields(page.text), identifier: ann.email, password: PASSWORD };
    expect((await victim.post(`${PAGE}/login`, form, { Cookie: planted })).status).toBe(303);
    expect((await attacker.get(PAGE)).text).not.toContain(ann.email);
    expect((await victim.get(PAGE)).text).toContain(ann.email);
  });

  it('trap, cross-site request forgery: nothing is withdrawn, and nobody signed in, by a form from elsewhere', async () => {
    const { email } = await scene.addPerson();
    const { client_id } = scene.tool;
    const browser = openBrowser(scene.service);
    const stranger = hiddenFields((await openBrowser(scene.service).get(PAGE)).text);
    const answer = await browser.post(`${PAGE}/login`, { ...stranger, identifier: email, password: PASSWORD });
    expect(answer.status).toBe(403);
    await scene.authorize({ browser, walk: { identifier: email }, with: { scope: 'state' } });
    const form = formOf(await browser.get(PAGE), client_id);
    expect(form.client_id).toBe(client_id);
    for (const [sent, headers] of [
      [{ client_id }, {}],
      [{ ...form, form_token: stranger.form_token ?? '' }, {}],
      [form, { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
    ] as const)
      expect((await browser.post(`${PAGE}/withdraw`, { ...sent }, { ...headers })).status).toBe(403);
    expect((await browser.get(`${PAGE}/withdraw?client_id=${client_id}`)).status).toBe(405);
    expect(formOf(await browser.get(PAGE), client_id)).toEqual(form);
  });

  it('throttles who guesses as the other page does', async () => {
    const { email } = await scene.addPerson();
    const browser = openBrowser(scene.service);
    const statuses: number[] = [];
    const from = { 'X-Hallpass-Address': '198.51.100.7' };
    for (let attempt = 0; attempt < 12 && !statuses.includes(429); attempt++)
      statuses.push((await logIn(browser, email, 'wrong', from)).status);
    expect(statuses).toContain(429);
  });

  it('is of no client that is gone, or that another one is registered as by now', async () => {
    const { email } = await scene.addPerson();
    const { client_id } = await scene.addTool();
    const browser = openBrowser(scene.service);
    await scene.authorize({ browser, walk: { identifier: email }, with: { client_id, scope: 'state' } });
    await scene.service.clients.remove(client_id);
    expect((await browser.get(PAGE)).text).not.toContain(client_id);
    await scene.addTool({ client_id, created_at: 1 });
    expect((await browser.get(PAGE)).text).not.toContain(client_id);
  });
});
