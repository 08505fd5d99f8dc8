/** Trap, a trusted client that is not to be trusted with everything: `/auth/tokens` by whoever wants more than they have. */
import { newProver } from '../support/dpop.ts';
import { PASSWORD, newPersonWithPassword } from '../support/people.ts';
import { basicOf, lxHiveScene, namesIn, newEmail, queryOf, type LxHiveScene } from './lxhive-scene.ts';

const URL_OF_IT = 'https://lrs.example.org/auth/tokens';

let scene: LxHiveScene;
beforeAll(async () => {
  scene = await lxHiveScene();
});
afterAll(() => scene.close());

/** A POST that is refused with 400, in lxHive's words and in ours. */
async function expectRefused(body: unknown, as = scene.lms): Promise<string> {
  const answer = await scene.ask('POST', { as, body });
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  const { error_description: description } = answer.body;
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{12,}$/);
  expect(answer.body).toMatchObject({ code: 400, message: expect.any(String) as string, data: [] });
  return description as string;
}

describe('who asks', () => {
  it.each([
    ['nobody', ''],
    ['somebody with a wrong secret', basicOf({ key: 'nobody', secret: 'wrong' })],
    ['somebody with a token that was never issued', 'Bearer never-issued'],
  ])('is told 401: %s', async (_who, as) => {
    for (const method of ['POST', 'PUT', 'GET', 'DELETE']) {
      const answer = await scene.ask(method, { as, query: 'key=a&secret=b' });
      expect([answer.status, answer.body.code]).toEqual([401, 401]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="https:\/\/lrs\.example\.org"/);
    }
  });

  it.each(['all', 'admin all', 'all/read statements/write', 'launch authority/write introspect'])(
    'is told 403, which names the scope, where their client has %j',
    async (scope) => {
      const { basic, client } = await scene.gateway.register(scope);
      for (const method of ['POST', 'GET', 'DELETE']) {
        const answer = await scene.ask(method, { as: basic, query: 'key=a&secret=b' });
        expect([answer.status, answer.body.error]).toEqual([403, 'insufficient_scope']);
        expect(answer.headers.get('www-authenticate')).toContain('scope="super"');
      }
      const refused = scene.gateway
        .logged()
        .split('\n')
        .filter((line) => line.includes(client.client_id));
      expect(refused).toHaveLength(3);
      for (const line of refused)
        expect(JSON.parse(line)).toMatchObject({
          audit: 'temporary-credential',
          granted: false,
          client: client.client_id,
        });
    },
  );

  it('is told 403 where the client has super, and the token has not', async () => {
    const { bearer } = await scene.gateway.mint('super all', {}, { scope: 'all' });
    expect((await scene.ask('POST', { as: bearer, body: {} })).status).toBe(403);
  });

  it('is told 403 where they act for a person, whatever their client may', async () => {
    const { bearer } = await scene.gateway.mint('super all', {}, { sub: 'person:0123456789abcdef01234567' });
    expect((await scene.ask('POST', { as: bearer, body: {} })).status).toBe(403);
  });

  it('is told 401 where the token is for something else', async () => {
    const { bearer } = await scene.gateway.mint('super all', {}, { resource: 'https://lrs.example.org/scim/v2' });
    expect((await scene.ask('POST', { as: bearer, body: {} })).body).toMatchObject({
      code: 401,
      error: 'invalid_token',
    });
  });

  it('is told 403 where they call by a temporary credential, which never has super', async () => {
    const pair = await scene.issue();
    for (const as of [basicOf(pair), basicOf(pair).replace('Basic', 'Bearer')]) {
      expect((await scene.ask('POST', { as, body: { user: { email: newEmail() } } })).status).toBe(403);
      expect((await scene.ask('DELETE', { as, query: queryOf(pair) })).status).toBe(403);
    }
    expect((await scene.use(pair)).status).toBe(200);
  });

  it('may have a token that is bound to a key, with a proof for this URL', async () => {
    const key = await newProver();
    const { token } = await scene.gateway.mint('super all', {}, { cnf: { jkt: key.jkt } });
    const ask = async (htu: string) =>
      scene.ask('POST', {
        as: `DPoP ${token}`,
        headers: { DPoP: await key.prove('POST', htu, { token }) },
        body: { user: { email: newEmail() } },
      });
    expect((await ask(URL_OF_IT)).status).toBe(200);
    expect((await ask('https://lrs.example.org/oauth2/token')).status).toBe(401);
    expect((await scene.ask('POST', { as: `Bearer ${token}`, body: {} })).status).toBe(401);
  });

  it('may have a token that is a JWT', async () => {
    const { basic } = await scene.gateway.register('super all', { access_token_format: 'jwt' });
    const response = await fetch(`${scene.gateway.url}/oauth2/token`, {
      method: 'POST',
      headers: { Authorization: basic },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    expect(access_token.split('.')).toHaveLength(3);
    const pair = await scene.issue({}, `Bearer ${access_token}`);
    expect((await scene.use(pair)).status).toBe(200);
  });

  it('gets none where their client calls with bound tokens only: whoever copied it could use it', async () => {
    const key = await newProver();
    const { token } = await scene.gateway.mint(
      'super all',
      { dpop_bound_access_tokens: true },
      { cnf: { jkt: key.jkt } },
    );
    const headers = { DPoP: await key.prove('POST', URL_OF_IT, { token }) };
    const answer = await scene.ask('POST', { as: `DPoP ${token}`, headers, body: { user: { email: newEmail() } } });
    expect([answer.status, answer.body.error]).toEqual([403, 'access_denied']);
  });
});

describe('more than the caller has', () => {
  const SUPER = [
    ['super'],
    ['all', 'super'],
    'super',
    'all,super',
    'all super',
    ['all,super'],
    ['super '],
    [' super'],
    ['super,'],
    ['SUPER'],
    ['Super'],
    ['ѕuper'],
    ['super\u200b'],
    ['super\u00a0'],
    ['ｓｕｐｅｒ'],
    [['super']],
    [{ name: 'super' }],
    { 0: 'super', length: 1 },
    [null],
    [1],
    [''],
    7,
    true,
    ['introspect'],
    ['authority/write'],
    ['launch'],
    ['scim'],
    ['wsapi:all'],
    ['admin'],
    ['ext/reports'],
    ['openid'],
    ['__proto__'],
    ['constructor'],
    ['statements/delete'],
  ];

  it.each(SUPER.map((asked) => [JSON.stringify(asked), asked]))('is refused as scopes: %s', async (_text, asked) => {
    await expectRefused({ user: { email: newEmail() }, scopes: asked });
  });

  it.each(SUPER.map((asked) => [JSON.stringify(asked), asked]))(
    'is refused as permissions: %s',
    async (_text, asked) => {
      const email = newEmail();
      await expectRefused({ user: { email, permissions: asked } });
      expect(await scene.gateway.people.findByEmail(email)).toBeUndefined();
    },
  );

  it('is refused where it is said, and left out where it is not', async () => {
    const { basic } = await scene.gateway.register('super statements/write state/read');
    const email = newEmail();
    expect(await expectRefused({ user: { email }, scopes: ['all'] }, basic)).toContain('statements/write state/read');
    await expectRefused({ user: { email: newEmail(), permissions: ['state'] } }, basic);
    await expectRefused({ user: { email: newEmail() }, scopes: ['statements/read'] }, basic);
    const { scopes, user } = await scene.issue({ user: { email: newEmail() } }, basic);
    expect(namesIn(scopes)).toEqual(['statements/write', 'state/read']);
    expect(namesIn(user.permissions)).toEqual(['statements/write', 'state/read']);
  });

  it('is not to be had by a token with less than its client has', async () => {
    const { bearer } = await scene.gateway.mint('super all', {}, { scope: 'super statements/write' });
    await expectRefused({ user: { email: newEmail() }, scopes: ['all'] }, bearer);
    expect(namesIn((await scene.issue({}, bearer)).scopes)).toEqual(['statements/write']);
  });

  it('is nothing at all where the client has nothing but super', async () => {
    const { basic } = await scene.gateway.register('super');
    expect(await expectRefused({ user: { email: newEmail() } }, basic)).toContain('nothing');
  });

  it('is not to be had of a person who may less', async () => {
    const email = newEmail();
    await scene.issue({ user: { email, permissions: ['statements/write'] } });
    await expectRefused({ user: { email }, scopes: ['all'] });
    await expectRefused({ user: { email }, scopes: ['attachments'] });
    expect(namesIn((await scene.issue({ user: { email, permissions: ['all'] } })).scopes)).toEqual([
      'statements/write',
    ]);
  });

  it('is not to be had where the registration, or the token, is tied to a verb', async () => {
    const allowed = 'http://a.example/allowed';
    const { bearer } = await scene.gateway.mint('super all', {}, { restrictions: [{ verbs: [allowed] }] });
    const within = [[{ 'no-void': true as const }], [{ verbs: [allowed] }]];
    const deeper = await scene.gateway.mint('super all', {}, { restrictions: [{ 'no-void': true }], within });
    const { basic } = await scene.gateway.register('super all', { restrictions: [{ verbs: [allowed] }] });
    for (const as of [bearer, deeper.bearer, basic]) {
      const pair = await scene.issue({}, as);
      const post = (verb: string) =>
        scene.use(pair, 'statements', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({
            actor: { mbox: 'mailto:a@example.org' },
            verb: { id: verb },
            object: { id: 'http://a.example/o' },
          }),
        });
      expect([(await post(allowed)).status, (await post('http://a.example/other')).status]).toEqual([200, 403]);
    }
  });
});

describe('an account that is there', () => {
  it('is not changed, whatever is sent: not its password, its permissions or its name', async () => {
    const person = await newPersonWithPassword({ scope: 'statements/write', name: 'The Owner' });
    await scene.gateway.people.add(person);
    const answer = await scene.issue({
      user: { email: person.email, password: 'now it is mine', permissions: ['all'], name: 'A Thief' },
    });
    expect(namesIn(answer.user.permissions)).toEqual(['statements/write']);
    expect(await scene.gateway.people.find(person.person_id)).toEqual(person);
    expect(PASSWORD).not.toBe('now it is mine');
  });

  it('is found in any case of its address, and is one account', async () => {
    const email = newEmail();
    await scene.issue({ user: { email, permissions: ['state'] } });
    const again = await scene.issue({ user: { email: email.toUpperCase() } });
    expect([again.user.email, namesIn(again.scopes)]).toEqual([email, ['state']]);
  });

  it.each([
    ['of another organization', { org: 'acme' }],
    ['that is not active', { active: false }],
  ])('%s gets none, in words that tell neither from the other', async (_which, said) => {
    const person = await newPersonWithPassword(said);
    await scene.gateway.people.add(person);
    expect(await expectRefused({ user: { email: person.email } })).toBe(
      'nobody with this user.email can be given a credential here',
    );
  });

  it('is added once, however many add it at the same time', async () => {
    const user = { email: newEmail(), name: 'Ada' };
    const all = await Promise.all(Array.from({ length: 12 }, () => scene.issue({ user })));
    expect((await scene.gateway.people.list()).filter(({ email }) => email === user.email)).toHaveLength(1);
    for (const pair of all) expect((await scene.use(pair)).status).toBe(200);
  });
});

describe('a body', () => {
  const email = 'ada@example.org';
  it.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', []],
    ['null', null],
    ['text', '"ada@example.org"'],
    ['no user', {}],
    ['no email', { user: {} }],
    ['a user that is text', { user: email }],
    ['an email that is null', { user: { email: null } }],
    ['an email that is a list', { user: { email: [email] } }],
    ['an email that is none', { user: { email: 'ada' } }],
    ['two emails', { user: { email: 'ada@example.org,eve@example.org' } }],
    ['an email with a line more', { user: { email: 'ada@example.org\n' } }],
    ['an email with a letter that looks like another', { user: { email: 'аda@example.org' } }],
    ['an email that case folding makes another', { user: { email: 'ADA@EXAMPLE.ORG\u212a' } }],
    ['an email of an endless length', { user: { email: `${'a'.repeat(300)}@example.org` } }],
    ['a user by way of __proto__', '{"__proto__":{"user":{"email":"ada@example.org"}}}'],
    ['an email by way of __proto__', '{"user":{"__proto__":{"email":"ada@example.org"}}}'],
    ['a key twice', '{"user":{"email":"ada@example.org","email":"eve@example.org"}}'],
    ['a key twice, written otherwise', '{"scopes":["state"],"\\u0073copes":["all"],"user":{"email":"a@example.org"}}'],
    ['scope in the place of scopes', { user: { email }, scope: 'state' }],
    ['a name that is no text', { user: { email }, name: {} }],
    ['a name of several lines', { user: { email }, name: 'a\nb' }],
    ['a name that has half a character', '{"user":{"email":"ada@example.org"},"name":"\\ud800"}'],
    ['a description of an endless length', { user: { email }, description: 'a'.repeat(3000) }],
    ['a password that anybody would try', { user: { email, password: 'password' } }],
    ['a password that is the address', { user: { email, password: email } }],
    ['a password that is short', { user: { email, password: 'test' } }],
    ['a password that is no text', { user: { email, password: 12345678 } }],
    ['an empty password', { user: { email, password: '' } }],
    ['scopes that are none', { user: { email }, scopes: [] }],
    ['permissions that are none', { user: { email, permissions: [] } }],
  ])('with %s is refused, and adds nobody', async (_what, body) => {
    const description = await expectRefused(body);
    expect(description).not.toContain('12345678');
    expect(await scene.gateway.people.findByEmail(email)).toBeUndefined();
  });

  it('of another type, or too long, is refused', async () => {
    const body = JSON.stringify({ user: { email } });
    const typed = { 'Content-Type': 'text/plain' };
    expect((await scene.ask('POST', { body, headers: typed })).status).toBe(415);
    const scopes = Array.from({ length: 20_000 }, () => 'state');
    expect((await scene.ask('POST', { body: { user: { email }, scopes } })).status).toBe(413);
    expect(await scene.gateway.people.findByEmail(email)).toBeUndefined();
  });

  it('may have a long list in it', async () => {
    const scopes = Array.from({ length: 5000 }, () => 'state');
    expect(namesIn((await scene.issue({ scopes })).scopes)).toEqual(['state']);
  });
});

describe('GET and DELETE', () => {
  it.each([
    ['nothing', () => ''],
    ['the key alone', ({ key }: { key: string }) => `key=${key}`],
    ['the secret alone', ({ secret }: { secret: string }) => `secret=${secret}`],
    ['the key twice', ({ key, secret }: { key: string; secret: string }) => `key=${key}&key=${key}&secret=${secret}`],
    ['two secrets', ({ key, secret }: { key: string; secret: string }) => `key=${key}&secret=a&secret=${secret}`],
    ['lists', ({ key, secret }: { key: string; secret: string }) => `key[]=${key}&secret[]=${secret}`],
  ])('with %s are refused', async (_what, query) => {
    const pair = await scene.issue();
    for (const method of ['GET', 'DELETE']) expect((await scene.ask(method, { query: query(pair) })).status).toBe(400);
    expect((await scene.use(pair)).status).toBe(200);
  });

  it('find no more in another case, in pieces, or with a wrong secret, than in what was never one', async () => {
    const pair = await scene.issue();
    const other = await scene.issue();
    const told = new Set<string>();
    for (const { key, secret } of [
      { key: 'a', secret: 'b' },
      { key: '', secret: '' },
      { key: pair.key, secret: '' },
      { key: pair.key, secret: other.secret },
      { key: pair.key, secret: pair.secret.slice(1) },
      { key: pair.key.toLowerCase(), secret: pair.secret },
      { key: pair.secret, secret: pair.key },
      { key: `${pair.key}:${pair.secret}`, secret: '' },
      { key: pair.key, secret: `${pair.secret}\u0000` },
    ])
      for (const method of ['GET', 'DELETE']) {
        const { status, body } = await scene.ask(method, { query: queryOf({ key, secret }) });
        told.add(`${status} ${JSON.stringify(body)}`);
      }
    expect([...told]).toEqual([expect.stringMatching(/^404 /)]);
    expect((await scene.use(pair)).status).toBe(200);
  });

  it.each([
    ['of the same organization', 'default'],
    ['of another', 'acme'],
  ])("find none of another client's, %s", async (_whose, org) => {
    const pair = await scene.issue();
    const { basic } = await scene.gateway.register('super all', { org });
    for (const method of ['GET', 'DELETE'])
      expect((await scene.ask(method, { as: basic, query: queryOf(pair) })).status).toBe(404);
    expect((await scene.use(pair)).status).toBe(200);
  });

  it('take no other method, and no other path', async () => {
    expect((await scene.ask('PATCH', { body: {} })).status).toBe(405);
    for (const path of ['/auth/tokens/', '/auth/Tokens', '/auth//tokens', '/auth/tokens/a', '/xapi//auth/tokens'])
      expect((await fetch(`${scene.gateway.url}${path}`, { headers: { Authorization: scene.lms } })).status).toBe(404);
  });
});
