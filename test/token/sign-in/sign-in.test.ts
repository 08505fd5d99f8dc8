/** The pages where people sign in, over HTTP. */
import { argon2Sync } from 'node:crypto';
import request from 'supertest';
import { PASSWORD, startSignInPages, visitor, CLIENT, type SignInPages } from '../../support/sign-in-pages.ts';
import type { Interaction } from '../../../services/token/interactions.ts';

let pages: SignInPages;
beforeAll(async () => {
  pages = await startSignInPages();
});
afterAll(() => pages.close());

/** A browser that stands at the first page of a flow. */
async function arrive(said: Partial<Interaction> = {}, headers: Record<string, string> = {}) {
  const flow = pages.begin(said);
  const browser = visitor(pages.url);
  await browser.get(`/begin/${flow.uid}`);
  const path = `/sign-in/${flow.uid}`;
  const page = await browser.get(path, headers);
  const logIn = (identifier: string, password: string, extra: Record<string, string> = {}) =>
    browser.send(`${path}/login`, { identifier, password }, extra);
  return { flow, browser, path, page, logIn };
}

const arriveSignedIn = (said: Partial<Interaction> = {}, headers: Record<string, string> = {}) =>
  arrive({ prompt: 'consent', personId: pages.person.person_id, ...said }, headers);

/** Where a page takes the browser on to. */
const wayOn = (response: request.Response) => /http-equiv="refresh" content="0; url=([^"]+)"/.exec(response.text)?.[1];

describe('every page', () => {
  it.each<[string, () => Promise<request.Response>]>([
    ['to sign in', async () => (await arrive()).page],
    ['to consent', async () => (await arriveSignedIn()).page],
    ['of a failed attempt', async () => (await arrive()).logIn('nobody', 'not the password')],
    ['that leads on', async () => (await arrive()).logIn(pages.person.email, PASSWORD)],
    ['of an error', () => request(pages.url).get('/sign-in/no-such-flow')],
    ['of what is no page', () => request(pages.url).get('/sign-in/a/b/c')],
  ])('%s loads nothing, runs nothing, cannot be framed and is never kept', async (_what, ask) => {
    const { headers, text } = await ask();
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy.find((directive) => directive.startsWith('style-src'))).toMatch(/^style-src 'sha256-[\w+/]{43}='$/);
    expect(policy).toHaveLength(5);
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'en',
    });
    expect(text).not.toMatch(/<script|\son\w+=|javascript:|style=|<img|<link|<iframe|@import|url\(/i);
    expect(text).toMatch(/^<!doctype html>\s*<html lang="en">/);
  });

  it('is in the language that the client asks for, else the browser, and says so', async () => {
    const french = await arrive({ uiLocales: ['fr-CA'] }, { 'Accept-Language': 'de' });
    expect(french.page.headers['content-language']).toBe('fr');
    expect(french.page.text).toContain('<html lang="fr">');
    const german = await arrive({}, { 'Accept-Language': 'de-AT, en;q=0.5' });
    expect(german.page.text).toContain('Passwort');
  });

  it('is in the language that the person chose, once it is known who that is', async () => {
    const person = await pages.addPerson({ locale: 'es' });
    const { page } = await arriveSignedIn({ personId: person.person_id }, { 'Accept-Language': 'de' });
    expect(page.headers['content-language']).toBe('es');
  });

  it('answers HEAD as GET, without the body', async () => {
    const { path, browser, page } = await arrive();
    const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const head = await request(pages.url).head(path).set('Cookie', cookies);
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe(page.headers['content-length']);
  });

  it.each([
    ['put', '', 'GET, HEAD'],
    ['post', '', 'GET, HEAD'],
    ['delete', '/login', 'GET, HEAD, POST'],
    ['get', '/consent', 'POST'],
    ['get', '/deny', 'POST'],
  ] as const)('%s at …%s is 405, and says %s', async (method, step, allow) => {
    const answer = await request(pages.url)[method](`/sign-in/${pages.begin().uid}${step}`);
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  });

  it.each(['/sign-in', '/sign-in/', '/sign-in/a/', '/sign-in/a/other', '/sign-in/a%2Flogin', '/sign-in//login'])(
    '%s is no page',
    async (path) => {
      expect((await request(pages.url).get(path)).status).toBe(404);
    },
  );

  it('is there only for the browser that began the flow', async () => {
    const { path } = await arrive();
    const other = await request(pages.url).get(path);
    expect(other.status).toBe(404);
    expect(other.text).toContain('Please start again');
  });
});

describe('signing in', () => {
  it('is possible by e-mail address in any case, or by user name, and leads on into the flow', async () => {
    const { email, username } = pages.person;
    for (const name of [email, email.toUpperCase(), username, `  ${email} `]) {
      const { flow, logIn } = await arrive();
      const answer = await logIn(name, PASSWORD);
      expect([name, answer.status, wayOn(answer)]).toEqual([name, 200, `/resume/${flow.uid}`]);
      expect(flow.personId).toBe(pages.person.person_id);
    }
  });

  it('hands on the cookies of the flow: the session that begins now is not one that was there before', async () => {
    const { flow, logIn, browser } = await arrive();
    browser.jar.set('session', 'planted-by-an-attacker');
    await logIn(pages.person.email, PASSWORD);
    expect(browser.jar.get('session')).toBe(`of-${flow.uid}`);
  });

  it('says the same of an unknown account, a wrong password, no password, and an account that is not active', async () => {
    const inactive = await pages.addPerson({ active: false });
    const elsewhere = await pages.addPerson();
    await pages.people.change(elsewhere.person_id, ({ password: _gone, ...rest }) => rest);
    const answers = [];
    for (const [name, password] of [
      ['nobody@example.org', PASSWORD],
      [pages.person.email, 'not the password'],
      [elsewhere.email, PASSWORD],
      [inactive.email, PASSWORD],
    ] as const) {
      const { flow, logIn, path } = await arrive();
      const { status, text } = await logIn(name, password);
      const token = /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? '';
      answers.push([status, text.replaceAll(name, 'NAME').replaceAll(path, 'PATH').replaceAll(token, 'TOKEN')]);
      expect(flow.personId).toBeUndefined();
    }
    expect(answers[0]?.[0]).toBe(422);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('tells what went wrong as an alert that the focused field refers to, keeps the name and never the password', async () => {
    const { logIn } = await arrive();
    const { text } = await logIn('somebody"><b>', 'my secret password');
    expect(text).toMatch(/role="alert" id="fault"/);
    expect(text).toMatch(/id="password"[^>]*aria-describedby="fault"\s+aria-invalid="true"\s+autofocus/);
    expect(text).toContain('value="somebody&quot;&gt;&lt;b&gt;"');
    expect(text).not.toContain('my secret password');
  });

  it.each([
    ['', PASSWORD],
    ['somebody', ''],
    ['   ', PASSWORD],
  ])('asks for what is missing (%j, %j)', async (identifier, password) => {
    const { logIn } = await arrive();
    const answer = await logIn(identifier, password);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Enter your e-mail address or username, and your password.');
  });

  it('keeps a password that was hashed at another cost as it would be kept now, and ends nothing by that', async () => {
    const nonce = Buffer.alloc(16, 7);
    const cost = { memory: 8192, passes: 1, parallelism: 1, tagLength: 32 };
    const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const made = argon2Sync('argon2id', { message: PASSWORD, nonce, ...cost });
    const old = { hash: `$argon2id$v=19$m=8192,t=1,p=1$${bare(nonce)}$${bare(made)}`, created_at: 1 };
    const person = await pages.addPerson({ password: old });
    for (const password of ['not the password', PASSWORD, PASSWORD]) {
      const { logIn } = await arrive();
      expect((await logIn(person.email, password)).status).toBe(password === PASSWORD ? 200 : 422);
    }
    const now = await pages.people.find(person.person_id);
    expect(now?.password?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(now?.generation).toBe(person.generation);
  });

  it('has what password managers look for', async () => {
    const { page } = await arrive({ hint: 'zoe@example.org' });
    expect(page.text).toMatch(/id="identifier"[^>]*value="zoe@example.org"[^>]*autocomplete="username"/);
    expect(page.text).toMatch(/type="password"[^>]*autocomplete="current-password"/);
  });

  it('can be left, which the flow is told', async () => {
    const { flow, browser, path } = await arrive();
    expect(wayOn(await browser.send(`${path}/deny`))).toBe(`/resume/${flow.uid}`);
    expect(flow.denied).toBe(true);
  });

  it.each([
    ['a body of another type', 'application/json', '{"identifier":"a"}', 400],
    ['a field twice', 'application/x-www-form-urlencoded', 'identifier=a&identifier=b', 400],
    ['a body that is too large', 'application/x-www-form-urlencoded', `password=${'x'.repeat(70_000)}`, 413],
  ])('refuses %s by a page', async (_what, type, body, status) => {
    const { path, browser } = await arrive();
    const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(pages.url).post(`${path}/login`).set('Cookie', cookies).type(type).send(body);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
  });

  it('is in the audit, with who, at which client, from where; and nothing that was typed', async () => {
    const before = pages.logged.length;
    const { logIn } = await arrive();
    await logIn(pages.person.email, 'mistyped password', { 'X-Test-Address': '198.51.100.7' });
    await logIn('my password by mistake', 'another one', { 'X-Test-Address': '198.51.100.7' });
    await logIn(pages.person.email, PASSWORD, { 'X-Test-Address': '198.51.100.7' });
    const lines = pages.logged.slice(before);
    const audited = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const common = { audit: 'sign-in', client: 'course-player', address: '198.51.100.7' };
    expect(audited).toMatchObject([
      { ...common, granted: false, person: pages.person.person_id, reason: 'failed' },
      { ...common, granted: false, reason: 'failed' },
      { ...common, granted: true, person: pages.person.person_id },
    ]);
    expect(lines.join()).not.toMatch(/mistyped|mistake|another one|correct horse/);
  });

  it('is not possible while the store cannot be reached, and says so by a page, and when to try again', async () => {
    const { logIn } = await arrive();
    const scene = await startSignInPages();
    const flow = scene.begin();
    const browser = visitor(scene.url);
    await browser.get(`/begin/${flow.uid}`);
    await browser.get(`/sign-in/${flow.uid}`);
    await scene.store.close();
    const answer = await browser.send(`/sign-in/${flow.uid}/login`, { identifier: 'a', password: 'b' });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.text).toContain('Not available at the moment');
    expect((await logIn(pages.person.email, PASSWORD)).status).toBe(200);
    await scene.close();
  });
});

describe('consent', () => {
  it('names the client, its owner and home page, who is signed in, and each scope in words, all of them checked', async () => {
    const { page } = await arriveSignedIn({
      scopes: ['statements/read', 'profile'],
      identityScopes: ['openid', 'email'],
    });
    const { text } = page;
    expect(text).toMatch(/<h1><bdi translate="no">Course Player<\/bdi> asks for access<\/h1>/);
    expect(text).toContain('Run by <bdi translate="no">Example Learning GmbH</bdi>');
    expect(text).toMatch(
      /<a\s+href="https:\/\/player.example.com\/"\s+rel="noopener noreferrer"[^>]*>player.example.com<\/a/,
    );
    expect(text).toMatch(/You can withdraw .*<a\s+href="\/sign-in\/granted"[^>]*>What you let applications do<\/a>/s);
    expect(text).toContain(pages.person.email);
    const boxes = [
      ...text.matchAll(/type="checkbox"\s+name="([^"]+)"\s+value="yes"\s+checked\s*\/>\s*<span>([^<]+)</g),
    ];
    expect(boxes.map(([, name, meaning]) => [name, meaning])).toEqual([
      ['allow:email', 'See your e-mail address'],
      ['allow:statements/read', 'Read all learners&#39; records'],
      ['allow:profile', 'Read and change the profiles of activities and people'],
    ]);
  });

  it('grants what is left checked, and nothing else, whatever the form has', async () => {
    const { flow, browser, path } = await arriveSignedIn({
      scopes: ['statements/write', 'state'],
      identityScopes: ['openid'],
    });
    const form = { 'allow:state': 'yes', 'allow:all': 'yes', 'allow:__proto__': 'yes', scope: 'all' };
    expect(wayOn(await browser.send(`${path}/consent`, form))).toBe(`/resume/${flow.uid}`);
    expect(flow.granted).toEqual(['openid', 'state']);
  });

  it.each([{}, { 'allow:offline_access': 'yes' }])(
    'asks again where nothing is left checked that counts: %j',
    async (form) => {
      const { flow, browser, path } = await arriveSignedIn({ identityScopes: ['offline_access'] });
      const answer = await browser.send(`${path}/consent`, form);
      expect(answer.status).toBe(422);
      expect(answer.text).toMatch(/role="alert"[^>]*>Nothing is checked/);
      expect(flow.granted).toBeUndefined();
    },
  );

  it('cannot be given where the person has nothing of what is asked for: only refused', async () => {
    const { page } = await arriveSignedIn({ scopes: [], identityScopes: [] });
    expect(page.text).toContain('You have none of the permissions');
    expect(page.text).not.toMatch(/<button type="submit">/);
    expect(page.text).toContain('Do not allow');
  });

  it('says both things of a name that means two: in both vocabularies there is a profile', async () => {
    const { page } = await arriveSignedIn({ scopes: ['profile'], identityScopes: ['profile'] });
    expect(page.text).toContain('See your name and username; Read and change the profiles of activities and people');
    expect(page.text.match(/type="checkbox"/g)).toHaveLength(1);
  });

  it('can be refused', async () => {
    const { flow, browser, path } = await arriveSignedIn();
    expect(wayOn(await browser.send(`${path}/deny`))).toBe(`/resume/${flow.uid}`);
    expect([flow.denied, flow.granted]).toEqual([true, undefined]);
  });

  it('can be handed to somebody else: they sign in, and are asked in their own name', async () => {
    const { flow, browser, path, page } = await arriveSignedIn();
    expect(page.text).toContain(`href="${path}/login"`);
    const other = await pages.addPerson({ name: 'Somebody Else' });
    const login = await browser.get(`${path}/login`);
    expect(login.text).not.toContain(pages.person.email);
    await browser.send(`${path}/login`, { identifier: other.email, password: PASSWORD });
    expect(flow.personId).toBe(other.person_id);
    expect((await browser.get(path)).text).toContain('Somebody Else');
  });

  it('marks a client that registered itself', async () => {
    const { page } = await arriveSignedIn({ client: { ...CLIENT, unverified: true } });
    expect(page.text).toContain('Nobody here has checked who runs this application.');
    expect((await arriveSignedIn()).page.text).not.toContain('Nobody here has checked');
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a url', ''])(
    'has no link to a home page at %j',
    async (uri) => {
      const { page } = await arriveSignedIn({ client: { ...CLIENT, client_uri: uri } });
      expect(page.text).not.toContain('Home page');
    },
  );

  it('shows what a client calls itself as text, and keeps its letters from turning the rest around', async () => {
    const client_name = '<img src=x>\u202e{owner}" onclick="';
    const { page } = await arriveSignedIn({ client: { ...CLIENT, client_name, owner: '<b>', description: '</p>' } });
    expect(page.text).toContain('<bdi translate="no">&lt;img src=x&gt;\u202e{owner}&quot; onclick=&quot;</bdi>');
    expect(page.text).not.toMatch(/<img|<b>/);
  });

  it('is for nobody who is not active any more: they have to sign in', async () => {
    const person = await pages.addPerson();
    const { browser, path, flow } = await arriveSignedIn({ personId: person.person_id });
    await pages.people.change(person.person_id, (now) => ({ ...now, active: false }));
    expect((await browser.get(path)).text).toContain('<h1>Sign in</h1>');
    expect((await browser.send(`${path}/consent`, { 'allow:state': 'yes' })).status).toBe(403);
    expect(flow.granted).toBeUndefined();
  });

  it('cannot be given before anybody has signed in', async () => {
    const { browser, path, flow } = await arrive();
    expect((await browser.send(`${path}/consent`, { 'allow:state': 'yes' })).status).toBe(403);
    expect(flow.granted).toBeUndefined();
  });

  it('is in the audit, given or refused', async () => {
    const before = pages.logged.length;
    const { browser, path } = await arriveSignedIn();
    await browser.send(`${path}/consent`, { 'allow:state': 'yes' });
    const second = await arriveSignedIn();
    await second.browser.send(`${second.path}/deny`);
    const common = { audit: 'consent', client: 'course-player', person: pages.person.person_id, address: '192.0.2.1' };
    expect(pages.logged.slice(before).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { ...common, granted: true, scope: 'openid state' },
      { ...common, granted: false },
    ]);
  });
});

describe('a forged form', () => {
  const fields = { 'allow:state': 'yes', 'allow:statements/write': 'yes' };

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without a token', { form_token: '' }, {}],
    ['with a token that was made up', { form_token: 'A'.repeat(43) }, {}],
    ['from another site, as the browser says', {}, { 'Sec-Fetch-Site': 'cross-site' }],
    ['from a neighbour in the domain, as the browser says', {}, { 'Sec-Fetch-Site': 'same-site' }],
  ])('%s is refused, and nothing is granted', async (_what, extra, headers) => {
    for (const step of ['consent', 'deny', 'login']) {
      const { flow, browser, path } = await arriveSignedIn();
      const login = { identifier: pages.person.email, password: PASSWORD };
      const answer = await browser.send(`${path}/${step}`, { ...fields, ...login, ...extra }, headers);
      expect([step, answer.status]).toEqual([step, 403]);
      expect(answer.text).toContain('Please start again');
      expect([flow.granted, flow.denied, flow.prompt]).toEqual([undefined, undefined, 'consent']);
    }
  });

  it('with the token of another flow of the same browser is refused', async () => {
    const { flow, browser, path } = await arriveSignedIn();
    const other = pages.begin({ prompt: 'consent', personId: pages.person.person_id });
    await browser.get(`/begin/${other.uid}`);
    await browser.get(`/sign-in/${other.uid}`);
    const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await browser.send(`${path}/consent`, fields, { Cookie: `${cookies}; flow=${flow.uid}` })).status).toBe(
      403,
    );
    expect(flow.granted).toBeUndefined();
  });

  it("with the attacker's token of the same flow is refused in the victim's browser", async () => {
    const victim = await arriveSignedIn();
    const attacker = visitor(pages.url);
    await attacker.get(`/begin/${victim.flow.uid}`);
    const page = await attacker.get(victim.path);
    const form_token = /name="form_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect(form_token).toHaveLength(43);
    expect((await victim.browser.send(`${victim.path}/consent`, { ...fields, form_token })).status).toBe(403);
    expect(victim.flow.granted).toBeUndefined();
  });

  it('that was shown to one person is refused once another has signed in', async () => {
    const { flow, browser, path } = await arriveSignedIn();
    const other = await pages.addPerson();
    Object.assign(flow, { personId: other.person_id });
    expect((await browser.send(`${path}/consent`, fields)).status).toBe(403);
    expect(flow.granted).toBeUndefined();
  });

  it('is bound by a cookie that scripts and other sites cannot use, nor neighbours plant', async () => {
    const scene = await startSignInPages({ issuer: 'https://lrs.example.org' });
    const flow = scene.begin();
    const answer = await request(scene.url).get(`/sign-in/${flow.uid}`).set('Cookie', `flow=${flow.uid}`);
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^__Host-hallpass_browser=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    );
    await scene.close();
  });
});
