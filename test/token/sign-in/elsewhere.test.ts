/** Signing in with another OpenID provider: another hallpass, through its own pages. */
import { hiddenFields, openBrowser, walk } from '../../support/people-flow.ts';
import { freePort } from '../../support/free-port.ts';
import { personScene, type PersonScene } from '../person-scene.ts';
import { elsewhereScene, type ElsewhereScene } from './elsewhere-scene.ts';

let school: PersonScene;
let scene: ElsewhereScene;

beforeAll(async () => {
  const port = await freePort();
  school = await personScene({ port, issuer: `http://127.0.0.1:${port}` });
  const ours = await freePort();
  const callback = `http://127.0.0.1:${ours}/sign-in/callback/school`;
  const registered = await school.addTool({ redirect_uris: [callback] });
  scene = await elsewhereScene({
    port: ours,
    providers: [
      {
        ...{ id: 'school', name: 'The <b>School</b>', issuer: school.service.issuer, ...registered },
        permissions: [{ claim: 'email_verified', value: true, scopes: 'statements/write' }, { scopes: 'state' }],
      },
      { id: 'other', name: 'Of another organization', issuer: 'https://idp.example.org', org: 'acme' },
    ],
  });
});
afterAll(async () => {
  await scene?.close();
  await school?.close();
});

/** Through the pages of the school. */
const at = (identifier: string, browser = openBrowser(school.service)) => ({
  provider: 'school',
  signIn: async (location: string) => (await walk(browser, location, { identifier })).href,
});

describe('another provider', () => {
  it('has a button on the login page, as the organization of the client has it', async () => {
    const { page, at } = await scene.arrive();
    expect(page.text).toMatch(
      new RegExp(`<form method="post" action="${at}/elsewhere">[^]*<button[^>]* name="provider" value="school">`),
    );
    expect(page.text).toContain('Sign in with <bdi translate="no">The &lt;b&gt;School&lt;/b&gt;</bdi>');
    expect(page.text).not.toContain('another organization');
    expect(page.text).toContain('type="password"');
  });

  it('signs somebody in, who is new here, and who then may do what its claims give', async () => {
    const pupil = await school.addPerson({ email: 'pupil@school.example', name: 'Pia Pupil' });
    const tokens = await scene.tokens({
      with: { scope: 'openid email profile statements/write statements/read state offline_access' },
      walk: { elsewhere: at(pupil.email) },
    });
    expect(tokens.scope.split(' ').sort()).toEqual([
      ...['email', 'offline_access', 'openid', 'profile', 'state', 'statements/write'],
    ]);
    const body = (await scene.userinfo(tokens.access_token)).body as { sub: string };
    expect(body).toMatchObject({ email: 'pupil@school.example', email_verified: true, name: 'Pia Pupil' });
    const link = { issuer: school.service.issuer, sub: pupil.person_id };
    const person = await scene.people.findByLink('default', link);
    expect(person).toMatchObject({ person_id: body.sub, links: [link], scope: 'statements/write state' });
    expect(person?.password).toBeUndefined();
  });

  it('signs in the same person again, also where the address has changed there meanwhile', async () => {
    const { email, person_id } = await school.addPerson();
    const first = await scene.tokens({ walk: { elsewhere: at(email) } });
    await school.people.change(person_id, (now) => ({ ...now, email: 'renamed@school.example' }));
    const second = await scene.tokens({ walk: { elsewhere: at('renamed@school.example') } });
    const [one, other] = [await scene.userinfo(first.access_token), await scene.userinfo(second.access_token)];
    expect((other.body as { sub: string }).sub).toBe((one.body as { sub: string }).sub);
  });

  it('gives nobody a password here: with none, and with any, they are told the same as a stranger', async () => {
    const { email } = await school.addPerson();
    await scene.tokens({ walk: { elsewhere: at(email) } });
    for (const identifier of [email, 'stranger@example.org']) {
      const { browser, at: path, hidden } = await scene.arrive();
      const answer = await browser.post(`${path}/login`, { ...hidden, identifier, password: 'any password at all' });
      expect([answer.status, /id="fault">([^<]*)/.exec(answer.text)?.[1]]).toEqual([
        422,
        'The e-mail address or username and the password do not match. Check both and try again.',
      ]);
    }
  });

  it('says no where the person says no there: with a page, and a way back to the other ways', async () => {
    const { browser, at: path, location } = await scene.begin();
    const { email } = await school.addPerson();
    const callback = await walk(openBrowser(school.service), location, { identifier: email, saysNo: true });
    const page = await browser.follow(callback.href);
    expect(page.status).toBe(403);
    expect(page.text).toContain('did not let you in, or you said no there');
    expect(page.text).toContain(`href="${path}"`);
    const login = await browser.get(path);
    expect([login.status, login.text.includes('type="password"')]).toEqual([200, true]);
  });

  it('is asked again by somebody who is signed in already and wants another account: nothing of one is the other’s', async () => {
    const [one, other] = [await school.addPerson(), await school.addPerson()];
    const browser = openBrowser(scene.service);
    const there = openBrowser(school.service);
    const first = await scene.tokens({ browser, walk: { elsewhere: at(one.email, there) } });
    const before = browser.cookies.get('hallpass_session');
    const second = await scene.tokens({
      browser,
      with: { prompt: 'login' },
      walk: { elsewhere: at(other.email, there) },
    });
    const subs = [first, second].map(async ({ access_token }) => (await scene.userinfo(access_token)).body as object);
    const [mine, yours] = (await Promise.all(subs)) as { sub: string }[];
    expect(yours?.sub).not.toBe(mine?.sub);
    expect(browser.cookies.get('hallpass_session')).not.toBe(before);
  });

  it('is in the audit, with the provider and what came of it, and without what was said there', async () => {
    const { email } = await school.addPerson({ email: 'audited@school.example' });
    const before = scene.audited().length;
    await scene.tokens({ walk: { elsewhere: at(email) } });
    await scene.tokens({ walk: { elsewhere: at(email) } });
    const lines = scene.audited().slice(before);
    expect(lines).toMatchObject([
      { granted: true, provider: 'school', client: scene.tool.client_id, event: 'created' },
      { granted: true, provider: 'school', client: scene.tool.client_id },
    ]);
    expect(lines[0]?.person).toBe(lines[1]?.person);
    expect(scene.service.logged.join()).not.toContain('audited@school.example');
  });
});

describe('what somebody granted who has no password here', () => {
  const PAGE = '/sign-in/granted';

  /** In a browser that knows of no session: the page asks who they are, and the button leads to the school. */
  async function leave(provider = 'school') {
    const browser = openBrowser(scene.service);
    const page = await browser.get(PAGE);
    const answer = await browser.post(`${PAGE}/elsewhere`, { ...hiddenFields(page.text), provider });
    return { browser, page, answer, location: answer.location ?? '' };
  }

  it('is shown once they signed in with the provider, and is withdrawn there', async () => {
    const { email } = await school.addPerson();
    const tokens = await scene.tokens({ walk: { elsewhere: at(email) } });
    const { browser, page, location } = await leave();
    expect(page.text).toContain('name="provider" value="school"');
    const callback = await walk(openBrowser(school.service), location, { identifier: email });
    const shown = await browser.follow(callback.href);
    expect([shown.status, new URL(shown.at).pathname]).toEqual([200, PAGE]);
    expect(shown.text).toContain(scene.tool.client_id);
    expect(scene.audited().at(-1)).toMatchObject({ granted: true, provider: 'school' });
    expect(scene.audited().at(-1)).not.toHaveProperty('client');

    await browser.post(`${PAGE}/withdraw`, { ...hiddenFields(shown.text), client_id: scene.tool.client_id });
    expect((await scene.userinfo(tokens.access_token)).status).toBe(401);
  });

  it('trap, login CSRF: is not shown to another browser that is given the callback', async () => {
    const { email } = await school.addPerson();
    const { location } = await leave();
    const callback = await walk(openBrowser(school.service), location, { identifier: email });
    const victim = openBrowser(scene.service);
    expect((await victim.follow(callback.href)).status).toBe(403);
    expect((await victim.get(PAGE)).text).toContain('type="password"');
  });

  it('is shown after an answer that counts once, and by a page of ours only', async () => {
    const { email } = await school.addPerson();
    const { browser, location } = await leave();
    const callback = await walk(openBrowser(school.service), location, { identifier: email });
    expect((await browser.follow(callback.href)).status).toBe(200);
    expect((await browser.follow(callback.href)).status).toBe(403);
    const stranger = openBrowser(scene.service);
    expect((await stranger.post(`${PAGE}/elsewhere`, { provider: 'school' })).status).toBe(403);
    expect((await stranger.get(`${PAGE}/elsewhere?state=x&code=y`)).status).toBe(403);
    expect((await leave('nobody')).answer.status).toBe(403);
  });
});
