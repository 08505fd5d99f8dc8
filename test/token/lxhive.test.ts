/**
 * lxHive's `/auth/tokens`: what its page says of it, from whoever asks for a credential to whoever uses it.
 *
 * @see seed 004, "Issuing temporary access tokens"
 */
import { createConsents } from '../../services/token/consents.ts';
import { eventually } from '../support/wait.ts';
import {
  basicOf,
  lxHiveScene,
  namesIn,
  newEmail,
  nowSeconds,
  queryOf,
  type LxHiveScene,
  type Temporary,
} from './lxhive-scene.ts';

const ALL = { name: 'all', description: 'Full access' };

let scene: LxHiveScene;
beforeAll(async () => {
  scene = await lxHiveScene();
});
afterAll(() => scene.close());

describe('POST', () => {
  it('gives a credential for everything, for an hour, to whoever has just an e-mail address', async () => {
    const email = newEmail();
    const before = nowSeconds();
    const { status, headers, body } = await scene.ask('POST', { body: { user: { email } } });
    const after = nowSeconds();
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ]);
    expect(body).toEqual({
      key: expect.stringMatching(/^[A-Za-z0-9]{40}$/) as string,
      secret: expect.stringMatching(/^[A-Za-z0-9]{40}$/) as string,
      expiresAt: expect.any(Number) as number,
      expiresIn: expect.any(Number) as number,
      createdAt: expect.any(Number) as number,
      expired: false,
      scopes: [ALL],
      user: { email, permissions: [ALL] },
    });
    const { createdAt, expiresAt, expiresIn } = body as { createdAt: number; expiresAt: number; expiresIn: number };
    expect(createdAt).toBeGreaterThanOrEqual(before);
    expect(createdAt).toBeLessThanOrEqual(after);
    expect(expiresAt).toBe(createdAt + 3600);
    expect(expiresIn).toBeGreaterThanOrEqual(expiresAt - after);
    expect(expiresIn).toBeLessThanOrEqual(3600);
  });

  it('takes the whole request of the page, and gives back what was said', async () => {
    const email = newEmail();
    const { status, body } = await scene.ask('POST', {
      body: {
        user: { email, password: 'seven red bicycles', permissions: ['statements/read', 'statements/write'] },
        name: 'Test',
        description: 'A test token.',
        expiresAt: new Date((nowSeconds() + 600) * 1000).toISOString(),
        scopes: ['statements/read'],
      },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'Test',
      description: 'A test token.',
      expired: false,
      scopes: [{ name: 'statements/read', description: 'Read statements' }],
      user: {
        email,
        permissions: [
          { name: 'statements/write', description: 'Write statements' },
          { name: 'statements/read', description: 'Read statements' },
        ],
      },
    });
  });

  it('is what PUT is, too', async () => {
    const { status, body } = await scene.ask('PUT', { body: { user: { email: newEmail() }, scopes: 'state' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ scopes: [{ name: 'state', description: 'Access the State API' }] });
  });

  it('is found beside the statements, where lxHive has it', async () => {
    const tokens = (init: RequestInit, query = '') =>
      fetch(`${scene.gateway.url}/xapi/auth/tokens${query}`, {
        ...init,
        headers: { Authorization: scene.lms, ...init.headers },
      });
    const body = JSON.stringify({ user: { email: newEmail() } });
    const pair = (await (
      await tokens({ method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
    ).json()) as Temporary;
    expect((await scene.use(pair)).status).toBe(200);
    expect((await tokens({}, `?${queryOf(pair)}`)).status).toBe(200);
    expect((await tokens({ method: 'DELETE' }, `?${queryOf(pair)}`)).status).toBe(204);
    expect((await scene.use(pair)).status).toBe(401);
  });

  it('takes the caller by a bearer token, too', async () => {
    const { bearer } = await scene.gateway.mint('super all');
    expect(await scene.issue({}, bearer)).toMatchObject({ scopes: [ALL] });
  });

  it('gives each a key and a secret of its own', async () => {
    const email = newEmail();
    const all = await Promise.all(Array.from({ length: 8 }, () => scene.issue({ user: { email } })));
    expect(new Set(all.flatMap(({ key, secret }) => [key, secret])).size).toBe(16);
    expect((await scene.gateway.people.list()).filter((person) => person.email === email)).toHaveLength(1);
  });

  it('makes a user who cannot sign in, where no password is said: there is no default', async () => {
    const { user } = await scene.issue({ user: { email: newEmail(), name: 'Ada Lovelace' } });
    const person = await scene.gateway.people.findByEmail(user.email);
    expect(person).toMatchObject({ name: 'Ada Lovelace', org: 'default', scope: 'all', email_verified: false });
    expect(person).not.toHaveProperty('password');
  });

  it('makes a user with the password that is said, and keeps only what it can be compared with', async () => {
    const password = 'seven red bicycles';
    const { user } = await scene.issue({ user: { email: newEmail(), password } });
    const person = await scene.gateway.people.findByEmail(user.email);
    expect(person?.password?.hash).toMatch(/^\$?argon2id/);
    expect(JSON.stringify(person)).not.toContain(password);
  });

  it('gives what the user may, where they are here already and nothing is said', async () => {
    const email = newEmail();
    await scene.issue({ user: { email, permissions: ['statements/write', 'state'] } });
    const again = await scene.issue({ user: { email } });
    expect([namesIn(again.scopes), namesIn(again.user.permissions)]).toEqual([
      ['statements/write', 'state'],
      ['statements/write', 'state'],
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ['a list', ['statements/write', 'state'], ['statements/write', 'state']],
    ['text with commas', 'statements/write, state', ['statements/write', 'state']],
    ['text with spaces', 'statements/write state', ['statements/write', 'state']],
    ['a name twice', ['state', 'state'], ['state']],
    ['a name that gives nothing here', ['attachments', 'state', 'ext/extendedquery/statements'], ['state']],
    ['profile and define', ['profile', 'define'], ['define', 'profile']],
    ['null, which is nothing said', null, ['all']],
  ])('reads scopes, and permissions, that are %s', async (_how, asked, expected) => {
    const { scopes } = await scene.issue({ scopes: asked });
    expect(namesIn(scopes)).toEqual(expected);
    const { user } = await scene.issue({ user: { email: newEmail(), permissions: asked } });
    expect(namesIn(user.permissions)).toEqual(expected);
  });
});

describe('expiresAt', () => {
  const inMinutes = (minutes: number) => nowSeconds() + 60 * minutes;
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

  it.each<[string, (seconds: number) => unknown]>([
    ['unix seconds', (seconds) => seconds],
    ['unix seconds with a fraction', (seconds) => seconds + 0.9],
    ['unix seconds as text', (seconds) => String(seconds)],
    ['ISO 8601', iso],
    ['ISO 8601 without milliseconds', (seconds) => iso(seconds).replace('.000Z', 'Z')],
    ['ISO 8601 in another offset', (seconds) => iso(seconds + 5.5 * 3600).replace('Z', '+05:30')],
    ['ISO 8601 as PHP writes it', (seconds) => iso(seconds - 4 * 3600).replace('.000Z', '-0400')],
  ])('may be %s', async (_how, write) => {
    const at = inMinutes(20);
    expect(await scene.issue({ expiresAt: write(at) })).toMatchObject({ expiresAt: at, expired: false });
  });

  it('is no later than a token of the client may be', async () => {
    const { basic } = await scene.gateway.register('super all', { token_seconds: 600, max_token_seconds: 7200 });
    const far = await scene.issue({ expiresAt: '2100-01-01T00:00:00Z' }, basic);
    expect(far.expiresAt - far.createdAt).toBe(7200);
    const usual = await scene.issue({}, basic);
    expect(usual.expiresAt - usual.createdAt).toBe(600);
  });

  it.each<[unknown, RegExp]>([
    [1_000_000_000, /past/],
    [0, /past/],
    [-1, /past/],
    ['2015-05-05T12:00:00Z', /past/],
    ['0', /past/],
    [4_102_444_800_000, /milliseconds/],
    [1e300, /milliseconds/],
    ['2099-05-05T12:00:00', /expiresAt should be like/],
    ['2099-02-30T12:00:00Z', /expiresAt should be like/],
    ['2099-13-01T12:00:00Z', /expiresAt should be like/],
    ['tomorrow', /expiresAt should be like/],
    ['', /expiresAt should be like/],
    [true, /expiresAt should be like/],
    [[2099], /expiresAt should be like/],
    [{}, /expiresAt should be like/],
  ])('is refused where it is %j', async (expiresAt, why) => {
    const { status, body } = await scene.ask('POST', { body: { user: { email: newEmail() }, expiresAt } });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    expect(body.error_description).toMatch(why);
  });
});

describe('the credential', () => {
  it('is what a call to the LRS is made with, by Basic, for the person and as far as its scopes go', async () => {
    const pair = await scene.issue({ scopes: ['state'] });
    expect((await scene.use(pair)).status).toBe(200);
    const refused = await scene.use(pair, 'statements');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  });

  it('writes statements of the client and the person together, as every token for a person does', async () => {
    const keeping = await lxHiveScene({ lrsRegistration: { authority: 'kept' } });
    try {
      const pair = await keeping.issue();
      const statement = {
        actor: { mbox: 'mailto:a@example.org' },
        verb: { id: 'http://a.example/v' },
        object: { id: 'http://a.example/o' },
      };
      const init = { method: 'POST', body: JSON.stringify(statement), headers: { 'Content-Type': 'application/json' } };
      await keeping.use(pair, 'statements', init);
      const person = await keeping.gateway.people.findByEmail(pair.user.email);
      const { authority } = JSON.parse(keeping.lrs.requests.at(-1)?.body.toString() ?? '') as { authority: object };
      expect(authority).toMatchObject({
        objectType: 'Group',
        member: [
          { account: { homePage: 'https://lrs.example.org/oauth2/token' } },
          { account: { name: person?.person_id } },
        ],
      });
    } finally {
      await keeping.close();
    }
  });

  it('is told of to whoever may introspect tokens, and revoked like one', async () => {
    const { client, secret, basic } = await scene.gateway.register('super all');
    const pair = await scene.issue({ scopes: ['state'] }, basic);
    const token = basicOf(pair).replace('Basic ', '');
    const post = (path: string) =>
      fetch(`${scene.gateway.url}${path}`, {
        method: 'POST',
        headers: { Authorization: basicOf({ key: client.client_id, secret }) },
        body: new URLSearchParams({ token }),
      });
    expect(await (await post('/oauth2/introspect')).json()).toMatchObject({
      active: true,
      client_id: client.client_id,
      scope: 'state',
      exp: pair.expiresAt,
    });
    expect((await post('/oauth2/revoke')).status).toBe(200);
    expect((await scene.use(pair)).status).toBe(401);
    expect((await scene.ask('GET', { as: basic, query: queryOf(pair) })).body).toMatchObject({ expired: true });
  });

  it.each<[string, (scene: LxHiveScene, clientId: string, email: string) => Promise<unknown>]>([
    [
      'its client is deactivated',
      ({ gateway }, id) => gateway.clients.change(id, (one) => ({ ...one, active: false })),
    ],
    [
      "its client's secret is regenerated",
      ({ gateway }, id) => gateway.clients.change(id, (one) => ({ ...one, generation: one.generation + 1 })),
    ],
    [
      'its client may no longer',
      ({ gateway }, id) => gateway.clients.change(id, (one) => ({ ...one, scope: 'super' })),
    ],
    ['its person is deactivated', (...of) => changePerson(...of, { active: false })],
    ['its person gets another password', (...of) => changePerson(...of, { generation: 1 })],
    [
      'its person withdraws what they let the client do',
      async ({ gateway }, clientId, email) => {
        const person = await gateway.people.findByEmail(email);
        await createConsents(gateway.store).withdraw(person?.person_id ?? '', clientId);
      },
    ],
    ['its person may no longer', (...of) => changePerson(...of, { scope: 'statements/write' })],
  ])('is of no use once %s', async (_what, happen) => {
    const { client, basic } = await scene.gateway.register('super all');
    const pair = await scene.issue({}, basic);
    expect((await scene.use(pair)).status).toBe(200);
    await happen(scene, client.client_id, pair.user.email);
    await eventually(async () => expect((await scene.use(pair)).status).not.toBe(200));
    expect([401, 403]).toContain((await scene.use(pair)).status);
  });

  async function changePerson({ gateway }: LxHiveScene, _clientId: string, email: string, said: object) {
    const person = await gateway.people.findByEmail(email);
    await gateway.people.change(person?.person_id ?? '', (one) => ({ ...one, ...said }));
  }
});

describe('GET', () => {
  it('tells what POST told', async () => {
    const issued = await scene.issue({ name: 'Test', description: 'A test token.', scopes: ['state'] });
    const before = nowSeconds();
    const { status, body } = await scene.ask('GET', { query: queryOf(issued) });
    const after = nowSeconds();
    expect(status).toBe(200);
    expect(body).toEqual({ ...issued, expiresIn: expect.any(Number) as number });
    const { expiresAt, expiresIn } = body as { expiresAt: number; expiresIn: number };
    expect(expiresIn).toBeGreaterThanOrEqual(expiresAt - after);
    expect(expiresIn).toBeLessThanOrEqual(expiresAt - before);
  });

  it('tells that one has expired, for as long as anybody may ask', async () => {
    const { basic } = await scene.gateway.register('super all', { token_seconds: 1 });
    const issued = await scene.issue({}, basic);
    await eventually(async () => {
      const { status, body } = await scene.ask('GET', { as: basic, query: queryOf(issued) });
      expect([status, body.expired, body.expiresIn]).toEqual([200, true, 0]);
    });
    expect((await scene.use(issued)).status).toBe(401);
  });

  it('tells what is true of it now', async () => {
    const issued = await scene.issue({ scopes: ['state', 'statements/write'] });
    const person = await scene.gateway.people.findByEmail(issued.user.email);
    await scene.gateway.people.change(person?.person_id ?? '', (one) => ({ ...one, scope: 'state' }));
    await eventually(async () => {
      const { body } = await scene.ask('GET', { query: queryOf(issued) });
      expect(body).toMatchObject({
        expired: false,
        scopes: [{ name: 'state' }],
        user: { permissions: [{ name: 'state' }] },
      });
    });
  });
});

it('of somebody who is gone is nothing told, and it can still be deleted', async () => {
  const pair = await scene.issue();
  const person = await scene.gateway.people.findByEmail(pair.user.email);
  await scene.gateway.people.remove(person?.person_id ?? '');
  expect((await scene.use(pair)).status).toBe(401);
  expect((await scene.ask('GET', { query: queryOf(pair) })).status).toBe(404);
  expect((await scene.ask('DELETE', { query: queryOf(pair) })).status).toBe(204);
});

describe('DELETE', () => {
  it('answers 204, and the credential is of no use from then on', async () => {
    const pair = await scene.issue();
    expect((await scene.use(pair)).status).toBe(200);
    const { status, body } = await scene.ask('DELETE', { query: queryOf(pair) });
    expect([status, body]).toEqual([204, {}]);
    expect((await scene.use(pair)).status).toBe(401);
    expect(
      (await scene.use(pair, undefined, { headers: { Authorization: basicOf(pair).replace('Basic', 'Bearer') } }))
        .status,
    ).toBe(401);
  });

  it('answers 404 the second time, as GET does then', async () => {
    const pair = await scene.issue();
    await scene.ask('DELETE', { query: queryOf(pair) });
    for (const method of ['DELETE', 'GET']) {
      const { status, body } = await scene.ask(method, { query: queryOf(pair) });
      expect([status, body.error_description]).toEqual([404, expect.stringContaining('no temporary credential')]);
    }
  });

  it('leaves the others of the same person as they are', async () => {
    const user = { email: newEmail() };
    const [one, other] = [await scene.issue({ user }), await scene.issue({ user })];
    await scene.ask('DELETE', { query: queryOf(one) });
    expect((await scene.use(other)).status).toBe(200);
  });
});

it('leaves an audit line of each, without the secret', async () => {
  const email = newEmail();
  const pair = await scene.issue({ user: { email, password: 'seven red bicycles' } });
  await scene.ask('GET', { query: queryOf(pair) });
  await scene.ask('DELETE', { query: queryOf(pair) });
  await scene.ask('DELETE', { query: queryOf(pair) });
  const logged = scene.gateway.logged();
  const lines = logged.split('\n').filter((line) => line.includes('"temporary-credential"'));
  const person = await scene.gateway.people.findByEmail(email);
  const ofPerson = lines.filter((line) => line.includes(person?.person_id ?? '?'));
  expect(ofPerson.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(['issued', 'deleted']);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ granted: false, reason: expect.any(String) as string });
  for (const secret of [pair.secret, email, 'seven red bicycles']) expect(logged).not.toContain(secret);
});
