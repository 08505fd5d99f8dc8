/** Signing in with another OpenID provider that lies, or with somebody in between. */
import { base64url, exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import type { Person } from '../../../services/shared/person.ts';
import { openBrowser, type Seen } from '../../support/people-flow.ts';
import { REDIRECT_URI } from '../person-scene.ts';
import { elsewhereScene, type Begun, type ElsewhereScene } from './elsewhere-scene.ts';
import { startOtherProvider, type OtherProvider, type Said } from './other-provider.ts';

let school: OtherProvider;
let other: OtherProvider;
let scene: ElsewhereScene;

beforeAll(async () => {
  [school, other] = [await startOtherProvider(), await startOtherProvider()];
  scene = await elsewhereScene({
    providers: [
      { issuer: school.issuer, permissions: [{ claim: 'groups', value: 'teachers', scopes: 'all/read' }] },
      { id: 'other', name: 'Another', issuer: other.issuer, link_by_email: true },
    ],
  });
});
afterAll(async () => {
  await scene?.close();
  await school?.close();
  await other?.close();
});
afterEach(() => {
  for (const provider of [school, other]) Object.assign(provider, { metadata: {}, misbehave: undefined });
});

/** A sign-in at the provider, and what comes of its answer here. */
async function signIn(said: Said = {}, begun?: Begun, at = school, id = 'school') {
  const { browser, location } = begun ?? (await scene.begin(id));
  const callback = await at.signIn(location, said);
  return { browser, callback, page: await browser.follow(callback) };
}

/** At the consent page, or, where there is nothing that the person could consent to, back at the client. */
const isSignedIn = ({ status, text, location }: Seen) =>
  status < 400 && (location?.startsWith(REDIRECT_URI) ?? text.includes('name="allow:state"'));
const linkOf = (sub: string, at = school) => scene.people.findByLink('default', { issuer: at.issuer, sub });

describe('what a provider says', () => {
  it('is believed where all of it is right, and asked for with everything that binds it', async () => {
    const begun = await scene.begin();
    const asked = new URL(begun.location).searchParams;
    expect(Object.fromEntries(asked)).toEqual({
      client_id: 'hallpass at school',
      response_type: 'code',
      redirect_uri: `${scene.issuer}/sign-in/callback/school`,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge_method: 'S256',
      ui_locales: 'en',
    });
    const { page } = await signIn({ claims: { sub: 'right', email: 'right@example.org' } }, begun);
    expect(isSignedIn(page)).toBe(true);
    expect(await linkOf('right')).toMatchObject({ email: 'right@example.org', email_verified: true });
  });

  const hs256 = async (claims: Record<string, unknown>, secret: Uint8Array) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
  const past = Math.floor(Date.now() / 1000) - 3600;

  it.each<[string, Said]>([
    ['a nonce of another sign-in', { claims: { nonce: 'A'.repeat(43) } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'another-client' } }],
    ['several audiences and another party', { claims: { aud: ['hallpass at school', 'b'], azp: 'b' } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['an end that is past', { claims: { iat: past, exp: past + 60 } }],
    ['no subject', { claims: { sub: undefined } }],
    ['a subject that is none', { claims: { sub: 7 } }],
    ['an empty subject', { claims: { sub: '' } }],
    ['a subject without an end', { claims: { sub: 'x'.repeat(300) } }],
    ['a subject with a line end', { claims: { sub: 'a\nb' } }],
    [
      'no signature',
      {
        sign: (claims) =>
          Promise.resolve(`${base64url.encode('{"alg":"none"}')}.${base64url.encode(JSON.stringify(claims))}.`),
      },
    ],
    [
      'a signature by its public key, as if that were a secret',
      {
        sign: async (claims, { publicJwk }) =>
          hs256(claims, new TextEncoder().encode(await exportSPKI((await importJWK(publicJwk, 'RS256')) as CryptoKey))),
      },
    ],
    [
      'a signature by somebody else',
      {
        sign: async (claims) =>
          new SignJWT(claims)
            .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
            .sign((await generateKeyPair('RS256')).privateKey),
      },
    ],
    [
      'a key that it names itself',
      {
        sign: async (claims) => {
          const { privateKey } = await generateKeyPair('RS256');
          return new SignJWT(claims)
            .setProtectedHeader({ alg: 'RS256', kid: 'k2', jku: 'https://evil.example/jwks' })
            .sign(privateKey);
        },
      },
    ],
  ])('is not believed with %s', async (_what, said) => {
    /* Even where it says that it does so. */
    school.metadata = { id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'] };
    const { page } = await signIn(said);
    expect(page.status).toBe(502);
    expect(page.text).toContain('cannot be used here');
    expect(isSignedIn(page)).toBe(false);
    expect(scene.audited().at(-1)).toMatchObject({ granted: false, provider: 'school', reason: 'failed' });
  });

  it.each([
    ['another provider’s issuer (mix-up)', { iss: 'https://evil.example' }],
    ['none, though it says that it sends it', { iss: undefined }],
  ])('is not believed with the callback’s iss of %s, and no code goes anywhere', async (_what, callback) => {
    const redeemed = school.redeemed.length;
    const { page } = await signIn({ callback });
    expect(page.status).toBe(502);
    expect(school.redeemed).toHaveLength(redeemed);
  });

  it('is not taken at the callback of another provider', async () => {
    const { browser, location } = await scene.begin();
    const callback = (await school.signIn(location)).replace('/callback/school', '/callback/other');
    expect((await browser.get(callback)).status).toBe(403);
    expect(other.redeemed).toEqual([]);
  });

  it('that is an error is a page, without a word of theirs on it', async () => {
    const callback = { error: 'access_denied', error_description: 'Call 555-0100 to go on', code: undefined };
    const { page } = await signIn({ callback });
    expect(page.status).toBe(403);
    expect(page.text).not.toContain('555-0100');
    expect(scene.audited().at(-1)).toMatchObject({ reason: 'refused', detail: 'it answered "access_denied"' });
  });
});

describe('userinfo', () => {
  const withUserinfo = async (userinfo: Record<string, unknown>, claims: Record<string, unknown>) => {
    const provider = await startOtherProvider();
    provider.userinfo = userinfo;
    const permissions = [{ claim: 'groups', value: 'teachers', scopes: 'state' }];
    const fresh = await elsewhereScene({ providers: [{ issuer: provider.issuer, permissions }] });
    try {
      const { browser, location } = await fresh.begin();
      const page = await browser.follow(await provider.signIn(location, { claims }));
      return { page, person: await fresh.people.findByLink('default', { issuer: provider.issuer, sub: 'a' }) };
    } finally {
      await fresh.close();
      await provider.close();
    }
  };

  it('says what the ID token does not, and nothing else than that does', async () => {
    const userinfo = { sub: 'a', groups: ['teachers'], email: 'evil@example.org', name: 'Evil' };
    const { page, person } = await withUserinfo(userinfo, { sub: 'a', email: 'good@example.org', name: 'Good' });
    expect(isSignedIn(page)).toBe(true);
    expect(person).toMatchObject({ scope: 'state', email: 'good@example.org', name: 'Good' });
  });

  it.each([[{ sub: 'b', groups: ['teachers'] }], [{ groups: ['teachers'] }]])(
    'of somebody else is not believed: %j',
    async (userinfo) => {
      const { page, person } = await withUserinfo(userinfo, { sub: 'a' });
      expect([page.status, person]).toEqual([502, undefined]);
    },
  );
});

describe('a callback', () => {
  it('in another browser is refused, so nobody is made to go on in the attacker’s name', async () => {
    const attacker = await scene.begin();
    const callback = await school.signIn(attacker.location, { claims: { sub: 'attacker' } });
    const redeemed = school.redeemed.length;
    const stranger = openBrowser(scene.service);
    expect((await stranger.get(callback)).status).toBe(403);
    expect(scene.audited().at(-1)).toMatchObject({ granted: false, provider: 'school', reason: 'unasked' });
    const { browser: victim, at } = await scene.arrive();
    expect((await victim.get(callback)).status).toBe(403);
    const query = new URL(callback).search;
    for (const path of [at, attacker.at]) {
      const page = await victim.get(`${path}/elsewhere${query}`);
      expect([403, 404]).toContain(page.status);
    }
    expect(school.redeemed).toHaveLength(redeemed);
    expect(isSignedIn(await attacker.browser.follow(callback))).toBe(true);
  });

  it('counts once, also before the client has been reached, and however many come at once', async () => {
    const begun = await scene.begin();
    const callback = await school.signIn(begun.location, { claims: { sub: 'once' } });
    const redeemed = school.redeemed.length;
    const pages = await Promise.all(Array.from({ length: 8 }, () => begun.browser.follow(callback)));
    expect(pages.filter(isSignedIn)).toHaveLength(1);
    expect(school.redeemed).toHaveLength(redeemed + 1);
    expect((await begun.browser.get(callback)).status).toBe(403);
  });

  it.each([
    ['of another flow', (query: URLSearchParams) => query],
    ['with a state of nobody’s', (query: URLSearchParams) => (query.set('state', 'B'.repeat(43)), query)],
    ['without a state', (query: URLSearchParams) => (query.delete('state'), query)],
  ])('%s is refused, in the same browser too', async (_what, change) => {
    const one = await scene.begin();
    const another = await scene.begin('school', one.browser);
    const query = change(new URL(await school.signIn(one.location)).searchParams);
    const page = await another.browser.get(`${another.at}/elsewhere?${query.toString()}`);
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
  });

  it('with a state twice is not believed', async () => {
    const { browser, location } = await scene.begin();
    const callback = await school.signIn(location);
    const page = await browser.follow(`${callback}&state=other`);
    expect([page.status, isSignedIn(page)]).toEqual([502, false]);
  });

  it.each([
    ['post', '/sign-in/callback/school', 405],
    ['get', '/sign-in/callback/unknown', 403],
    ['get', '/sign-in/callback/login', 403],
    ['get', '/sign-in/callback/', 404],
    ['get', '/sign-in/callback/school/x', 404],
    ['head', '/sign-in/callback/school', 403],
  ] as const)('%s %s is %d', async (method, path, status) => {
    expect((await scene.service.send(method, path)).status).toBe(status);
  });

  it('is not gone through by a HEAD', async () => {
    const { browser, at, location } = await scene.begin();
    const callback = await school.signIn(location);
    const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const head = await scene.service.send('head', `${at}/elsewhere${new URL(callback).search}`).set('Cookie', cookies);
    expect([head.status, head.headers.allow]).toEqual([405, 'GET, POST']);
    expect(isSignedIn(await browser.follow(callback))).toBe(true);
  });
});

describe('the button', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without its token', { form_token: '' }, {}],
    ['from another site', {}, { 'Sec-Fetch-Site': 'cross-site' }],
    ['for a provider that there is not', { provider: 'nobody' }, {}],
    ['for a provider by the name of something else', { provider: '__proto__' }, {}],
    ['for none', { provider: '' }, {}],
  ])('%s is refused', async (_what, fields, headers) => {
    const { browser, at, hidden } = await scene.arrive();
    const answer = await browser.post(`${at}/elsewhere`, { ...hidden, provider: 'school', ...fields }, headers);
    expect([answer.status, answer.location]).toEqual([403, undefined]);
  });
});

describe('an account', () => {
  const verified = { email_verified: true };
  const accountOf = (id: string) => scene.people.find(id);

  async function signInAs(claims: Record<string, unknown>, at = school, id = 'school') {
    return (await signIn({ claims }, undefined, at, id)).page;
  }

  it.each<[string, Record<string, unknown>]>([
    ['that nobody verified', { email_verified: false }],
    ['that is verified by "true", which is a text', { email_verified: 'true' }],
    ['of which nothing is said', { email_verified: undefined }],
    ['that is verified by 1', { email_verified: 1 }],
  ])('is not opened by an address %s: somebody new, without it', async (what, claims) => {
    const victim = await scene.addPerson({ scope: 'all' });
    const sub = `unverified ${what}`;
    const page = await signInAs({ sub, email: victim.email, ...claims }, other, 'other');
    expect(isSignedIn(page)).toBe(true);
    const stranger = await linkOf(sub, other);
    expect(stranger?.person_id).not.toBe(victim.person_id);
    expect(stranger).toMatchObject({
      email: expect.stringMatching(/^[0-9a-f]{24}@other\.invalid$/) as string,
      email_verified: false,
      scope: '',
    });
    expect(await accountOf(victim.person_id)).toEqual(victim);
  });

  it('without an address has none for the client to be told, nor on the pages, and its name is that of its provider', async () => {
    const elsewhere = {
      provider: 'school',
      signIn: (location: string) =>
        school.signIn(location, {
          claims: { sub: 'no address', email: undefined, name: 'Nemo', groups: ['teachers'] },
        }),
    };
    const scope = 'openid email profile statements/read';
    const { access_token } = await scene.tokens({ with: { scope }, walk: { elsewhere } });
    const { body } = (await scene.userinfo(access_token)) as { body: Record<string, unknown> };
    expect(body).toMatchObject({ name: 'Nemo' });
    expect(Object.keys(body).sort()).toEqual(['name', 'preferred_username', 'sub']);
    const { page } = await signIn({
      claims: { sub: 'no address', email: undefined, name: 'Nemo', groups: ['teachers'] },
    });
    expect(page.text).toContain('<bdi>Nemo</bdi>');
    expect(page.text).not.toContain('.invalid');
  });

  it('is not opened by an address that is verified, where the provider is not trusted with that', async () => {
    const victim = await scene.addPerson();
    const page = await signInAs({ sub: 'hijack', email: victim.email.toUpperCase(), ...verified });
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
    expect(page.text).toContain('ask your administrator to link the two');
    expect(await accountOf(victim.person_id)).toEqual(victim);
    expect(await linkOf('hijack')).toBeUndefined();
    expect(scene.audited().at(-1)).toMatchObject({ granted: false, reason: 'taken', person: victim.person_id });
  });

  it('is opened by its address, where both sides have verified it and the provider is trusted with that; then by its link', async () => {
    const owner = await scene.addPerson();
    expect(isSignedIn(await signInAs({ sub: 'owner', email: owner.email, ...verified }, other, 'other'))).toBe(true);
    const links = [{ issuer: other.issuer, sub: 'owner' }];
    expect(await accountOf(owner.person_id)).toMatchObject({ links, scope: 'all', email: owner.email });
    expect(scene.audited().at(-1)).toMatchObject({ granted: true, event: 'linked', person: owner.person_id });
    await signInAs({ sub: 'owner', email: 'moved@example.org', ...verified }, other, 'other');
    expect((await linkOf('owner', other))?.person_id).toBe(owner.person_id);
  });

  it('is opened by a link that an administrator made, whatever the address is; and has a password beside it', async () => {
    const person = await scene.addPerson({ links: [{ issuer: school.issuer, sub: 'by hand' }] });
    expect(isSignedIn(await signInAs({ sub: 'by hand', email: 'other@example.org', ...verified }))).toBe(true);
    expect(scene.audited().at(-1)).toMatchObject({ granted: true, person: person.person_id });
    expect((await scene.authorize({ walk: { identifier: person.email } })).url.origin).toBe('https://tool.example.com');
  });

  it('is not opened by an address that has been given to somebody else there since', async () => {
    const owner = await scene.addPerson({ links: [{ issuer: other.issuer, sub: 'left the school' }] });
    const page = await signInAs({ sub: 'came after', email: owner.email, ...verified }, other, 'other');
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
    expect(await linkOf('came after', other)).toBeUndefined();
  });

  it('that somebody made by a less trusted provider is not shared with the owner of its address (pre-hijacking)', async () => {
    await signInAs({ sub: 'squatter', email: 'squatted@example.org', ...verified });
    const squatter = await linkOf('squatter');
    expect(squatter?.email).toBe('squatted@example.org');
    const page = await signInAs({ sub: 'squatted', email: 'squatted@example.org', ...verified }, other, 'other');
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
  });

  it.each<[string, Partial<Person>]>([
    ['is not verified here', { email_verified: false }],
    ['is of another organization', { org: 'acme' }],
    ['is not active', { active: false }],
  ])('is not opened by its address where it %s', async (what, said) => {
    const owner = await scene.addPerson(said);
    const page = await signInAs({ sub: `other ${what}`, email: owner.email, ...verified }, other, 'other');
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
    expect(await accountOf(owner.person_id)).toEqual(owner);
  });

  it('that is deactivated lets nobody in', async () => {
    await signInAs({ sub: 'left', email: 'left@example.org', ...verified });
    const person = await linkOf('left');
    await scene.people.change(person?.person_id ?? '', (now) => ({ ...now, active: false }));
    const page = await signInAs({ sub: 'left', email: 'left@example.org', ...verified });
    expect([page.status, isSignedIn(page)]).toEqual([403, false]);
    expect(page.text).toContain('This account is not active');
    expect(scene.audited().at(-1)).toMatchObject({ reason: 'inactive', person: person?.person_id });
  });

  it('of the same subject at another provider is another', async () => {
    await signInAs({ sub: 'same', email: 'one@example.org', ...verified });
    await signInAs({ sub: 'same', email: 'two@example.org', ...verified }, other, 'other');
    expect((await linkOf('same'))?.person_id).not.toBe((await linkOf('same', other))?.person_id);
  });

  it('has a name that is one line, whatever is sent as one', async () => {
    await signInAs({ sub: 'named', email: undefined, name: ' a\r\nb\u0000 '.repeat(100) });
    expect((await linkOf('named'))?.name).toMatch(/^a b [^\p{Cc}]{1,196}$/u);
    await signInAs({ sub: 'unnamed', email: undefined, name: { a: 1 }, preferred_username: 'nick' });
    expect((await linkOf('unnamed'))?.name).toBe('nick');
  });
});

describe('permissions', () => {
  const claims = (groups: unknown) => ({ sub: 'teacher', email: 'teacher@example.org', groups });
  const scopes = async () => (await linkOf('teacher'))?.scope;

  it('are what the claims give at each sign-in: who has left the group has nothing of it any more, with live tokens too', async () => {
    const elsewhere = (groups: unknown) => ({
      provider: 'school',
      signIn: (location: string) => school.signIn(location, { claims: claims(groups) }),
    });
    const wide = { scope: 'openid statements/read offline_access' };
    const tokens = await scene.tokens({ with: wide, walk: { elsewhere: elsewhere(['staff', 'teachers']) } });
    expect([tokens.scope.split(' ').includes('statements/read'), await scopes()]).toEqual([true, 'all/read']);
    await signIn({ claims: claims(['staff']) });
    expect(await scopes()).toBe('');
    expect((await scene.refresh(tokens.refresh_token ?? '')).body).toMatchObject({ error: 'invalid_scope' });
  });

  it.each([['teachers, too'], [['Teachers']], [{ teachers: true }], [[['teachers']]], [undefined]])(
    'are not given by what only looks like the group: %j',
    async (groups) => {
      await signIn({ claims: claims(groups) });
      expect(await scopes()).toBe('');
    },
  );
});

describe('a provider that fails', () => {
  const fail = (how: OtherProvider['misbehave'], at = school) => Object.assign(at, { misbehave: how });
  const huge = Buffer.alloc(2_000_000, ' ');

  async function freshScene(): Promise<{ fresh: ElsewhereScene; provider: OtherProvider }> {
    const provider = await startOtherProvider();
    const fresh = await elsewhereScene({ providers: [{ issuer: provider.issuer }] });
    return { fresh, provider };
  }

  it('is a page with a way back, and then is asked again; people with a password here sign in all the while', async () => {
    const { fresh, provider } = await freshScene();
    try {
      for (const how of [
        (_req, res) => (res.destroy(), true),
        (_req, res) => (res.writeHead(500).end(), true),
        (_req, res) => (res.writeHead(200, { 'Content-Type': 'application/json' }).end(huge), true),
        (_req, res) => (res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"issuer":'), true),
        (_req, res) => (res.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end(), true),
      ] satisfies OtherProvider['misbehave'][]) {
        fail(how, provider);
        const { answer, at } = await fresh.begin();
        expect([answer.status, answer.text.includes(`href="${at}"`)]).toEqual([503, true]);
        expect(answer.text).toContain('does not answer at the moment');
      }
      expect((await fresh.tokens()).scope).toContain('state');
      fail(undefined, provider);
      expect((await fresh.begin()).location).toContain(`${provider.issuer}/authorize?`);
      expect(provider.discovered).toBe(1);
      await fresh.begin();
      expect(provider.discovered).toBe(1);
    } finally {
      await fresh.close();
      await provider.close();
    }
  });

  it.each([
    ['is another than it says', { issuer: 'https://idp.example.org' }],
    ['would have people run a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['would have them sign in nowhere', { authorization_endpoint: undefined }],
  ])('that %s is not gone to', async (_what, metadata) => {
    const { fresh, provider } = await freshScene();
    try {
      provider.metadata = metadata;
      expect((await fresh.begin()).answer.status).toBe(503);
    } finally {
      await fresh.close();
      await provider.close();
    }
  });

  it.each<[string, NonNullable<OtherProvider['misbehave']>]>([
    ['breaks off', (_req, res) => (res.destroy(), true)],
    ['has no end', (_req, res) => (res.writeHead(200, { 'Content-Type': 'application/json' }).end(huge), true)],
    ['is no JSON', (_req, res) => (res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'), true)],
    ['says that the code is none', (_req, res) => (res.writeHead(400).end('{"error":"invalid_grant"}'), true)],
  ])('while it is asked what the code is for, where the answer %s, is a page', async (_what, how) => {
    const { browser, location } = await scene.begin();
    const callback = await school.signIn(location);
    fail(how);
    const page = await browser.follow(callback);
    expect([page.status, isSignedIn(page)]).toEqual([502, false]);
    expect(scene.service.logged.join()).not.toContain(new URL(callback).searchParams.get('code'));
  });
});
