/** Open edX's scope `read`, and its account of whoever has a token. @see OpenCraft's tutorial; RFC 6750 §3 */
import request from 'supertest';
import { decodeAccessToken, encodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { openBrowser, type Browser } from '../support/people-flow.ts';
import { refusalOf } from '../support/token-service.ts';
import { personScene, type PersonScene } from './person-scene.ts';

let scene: PersonScene;
/** Where the scene's person is signed in. */
let browser: Browser;
beforeAll(async () => {
  scene = await personScene();
  browser = openBrowser(scene.service);
});
afterAll(() => scene.close());

const ME = '/api/user/v1/me';

const me = (token: string, scheme = 'Bearer') =>
  request(scene.service.url).get(ME).set('Authorization', `${scheme} ${token}`);

async function tokensFor(scope: string, more: Record<string, string> = {}) {
  const tokens = await scene.tokens({ browser, with: { scope, ...more } });
  return { person: scene.person, tokens, token: tokens.access_token };
}

describe('the scope read', () => {
  it('is granted beside email and profile, and opens nothing at the LRS', async () => {
    const { tokens, token } = await tokensFor('email profile read');
    expect(tokens.scope.split(' ').sort()).toEqual(['email', 'offline_access', 'profile', 'read']);
    const record = decodeAccessToken((await scene.service.store.read('access-token', keyOf(token))) ?? '');
    expect(record.scope.split(' ').sort()).toEqual(['email', 'offline_access', 'openid/profile', 'read']);
  });

  it('trap, one word for two things: beside it, too, `profile` is a name, and no documents', async () => {
    const { token } = await tokensFor('profile read');
    const record = decodeAccessToken((await scene.service.store.read('access-token', keyOf(token))) ?? '');
    expect(record.scope.split(' ')).not.toContain('profile');
  });

  it('is for a strict client as well, and goes beside scopes of the LRS', async () => {
    const tool = await scene.addTool({ strict: true, scope: 'state', grant_types: ['authorization_code'] });
    const code = await scene.authorize({ browser, with: { client_id: tool.client_id, scope: 'read state' } });
    expect((await scene.redeem(code, {}, tool).expect(200)).body).toMatchObject({ scope: 'read state' });
  });

  it('is all that a client needs which asks for nothing else', async () => {
    const tool = await scene.addTool({ scope: '' });
    const asked = { client_id: tool.client_id, scope: 'email profile read' };
    const { scope } = (await scene.redeem(await scene.authorize({ browser, with: asked }), {}, tool).expect(200))
      .body as { scope: string };
    expect(scope.split(' ').sort()).toEqual(['email', 'offline_access', 'profile', 'read']);
    for (const scope of [undefined, 'state', 'all']) {
      const { url } = await scene.authorize({ browser, with: { client_id: tool.client_id, scope } });
      expect([url.searchParams.get('error'), url.searchParams.has('code')]).toEqual(['invalid_scope', false]);
    }
  });

  it('is nothing to a client that acts for itself', async () => {
    const client = await scene.service.addClient({ scope: 'all' });
    expect(await scene.service.issue(client, { scope: 'read state' })).toMatchObject({ scope: 'state' });
    const alone = await scene.service.askToken({ grant_type: 'client_credentials', scope: 'read', ...client });
    expect(refusalOf(alone)).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it('stays through a refresh, and can be asked for less', async () => {
    const { tokens } = await tokensFor('email profile read');
    const refreshed = await scene.refresh(tokens.refresh_token ?? '', { scope: 'read' }).expect(200);
    const { access_token, scope } = refreshed.body as { access_token: string; scope: string };
    expect(scope).toBe('read');
    expect(Object.keys((await me(access_token).expect(200)).body as object)).toEqual(['username']);
  });
});

describe(`GET ${ME}`, () => {
  it.each([
    ['read', ['username']],
    ['profile read', ['username', 'name']],
    ['email', ['email']],
    ['email profile read', ['username', 'name', 'email']],
    ['openid profile', ['username', 'name']],
    ['read state', ['username']],
  ])('with %s says %j of the person, and no more', async (scope, fields) => {
    const { person, token } = await tokensFor(scope);
    const { username, name, email } = person;
    const all: Record<string, string> = { username, name, email };
    const response = await me(token).expect(200);
    expect(response.body).toEqual(Object.fromEntries(fields.map((field) => [field, all[field]])));
    expect(response.headers['content-type']).toMatch(/^application\/json\b/);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('says what the person left of what was asked, as it is now', async () => {
    const person = await scene.addPerson();
    const left = { walk: { identifier: person.email, without: ['email'] } };
    const { access_token: token } = await scene.tokens({ with: { scope: 'email profile read' }, ...left });
    await scene.people.change(person.person_id, (now) => ({ ...now, name: 'Ann Married' }));
    expect((await me(token, 'bearer')).body).toEqual({ username: person.username, name: 'Ann Married' });
  });

  it('has no body for HEAD, and no other method', async () => {
    const { token } = await tokensFor('read');
    const authorization = `Bearer ${token}`;
    const head = await request(scene.service.url).head(ME).set('Authorization', authorization).expect(200);
    expect(head.text ?? '').toBe('');
    const post = await request(scene.service.url).post(ME).set('Authorization', authorization);
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it('refuses a token without a scope that would do, naming one', async () => {
    for (const scope of ['state', 'openid']) {
      const response = await me((await tokensFor(scope)).token);
      expect(refusalOf(response)).toMatchObject({ status: 403, error: 'insufficient_scope' });
      expect(response.headers['www-authenticate']).toMatch(
        new RegExp(`^Bearer realm="${scene.service.issuer}", error="insufficient_scope", .*scope="read"$`),
      );
    }
  });

  it('asks for a token where there is none, without an error', async () => {
    const response = await request(scene.service.url).get(ME);
    expect(refusalOf(response)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(response.headers['www-authenticate']).toBe(`Bearer realm="${scene.service.issuer}"`);
  });

  it.each([
    ['text', 'x'],
    ['a JWT', 'e30.e30.e30'],
    ['a name of every object', '__proto__'],
    ['a long text', 'x'.repeat(4000)],
  ])('refuses what is no token: %s', async (_what, token) => {
    const response = await me(token);
    expect(refusalOf(response)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(response.headers['www-authenticate']).toMatch(/^Bearer realm="[^"]+", error="invalid_token", error_d/);
  });

  it('refuses what is in no way a bearer token', async () => {
    const { token } = await tokensFor('read');
    for (const scheme of ['JWT', 'DPoP', 'Basic', 'Bearer x,'])
      expect(refusalOf(await me(token, scheme))).toMatchObject({ status: 400, error: 'invalid_request' });
    const inUrl = await request(scene.service.url).get(`${ME}?access_token=${token}`);
    expect(refusalOf(inUrl)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('trap, a stolen token: what is bound to a key is of no use without it', async () => {
    const { token } = await tokensFor('read');
    const text = (await scene.service.store.read('access-token', keyOf(token))) ?? '';
    const bound = encodeAccessToken({ ...decodeAccessToken(text), cnf: { jkt: 'a'.repeat(43) } });
    await scene.service.store.write('access-token', keyOf('bound'), bound, 60);
    expect(refusalOf(await me('bound'))).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('takes a JWT of ours for what it is, until it is revoked', async () => {
    const tool = await scene.addTool({ access_token_format: 'jwt' });
    const asked = { client_id: tool.client_id, scope: 'read state' };
    const redeemed = await scene.redeem(await scene.authorize({ browser, with: asked }), {}, tool).expect(200);
    const { access_token: jwt } = redeemed.body as { access_token: string };
    expect(jwt.split('.')).toHaveLength(3);
    expect((await me(jwt).expect(200)).body).toEqual({ username: scene.person.username });
    await scene.service.post('/oauth2/revoke_token', tool, { token: jwt }).expect(200);
    expect(refusalOf(await me(jwt))).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('refuses a token of a client for itself, one that is for the LRS only, a code, a refresh token and an id_token', async () => {
    const machine = await scene.service.issue(await scene.service.addClient());
    const forLrs = await tokensFor('read state', { resource: `${scene.service.issuer}/xapi` });
    const details = JSON.stringify([{ type: 'xapi', 'no-void': true }]);
    const restricted = await tokensFor('read state', { authorization_details: details });
    const { tokens } = await tokensFor('openid read offline_access');
    const { code } = await scene.authorize({ browser, with: { scope: 'read' } });
    for (const token of [
      machine.access_token,
      forLrs.token,
      restricted.token,
      tokens.refresh_token ?? '',
      tokens.id_token ?? '',
      code,
    ])
      expect(refusalOf(await me(token))).toMatchObject({ status: 401, error: 'invalid_token' });
  });

  it('is in the audit where it is refused, without the token', async () => {
    const { token, person } = await tokensFor('state');
    await me(token).expect(403);
    const line = scene.service.logged.at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      audit: 'token',
      granted: false,
      route: ME,
      client: scene.tool.client_id,
      person: person.person_id,
    });
    expect(line).not.toContain(token);
  });
});
