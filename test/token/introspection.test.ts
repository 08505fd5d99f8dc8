/** @see RFC 7662 */
import { createPersonRegister } from '../../services/store/people.ts';
import { newPerson } from '../support/people.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeAccessToken } from '../../services/shared/access-token.ts';
import { keyOf } from '../../services/store/store.ts';
import { refusalOf, runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';

let service: TokenService;
let inspector: Credentials;
beforeAll(async () => {
  service = await runTokenService();
  inspector = await service.addClient({ scope: 'introspect' });
});
afterAll(() => service.close());

const INACTIVE = { active: false };

/** A client with a token of its own. */
async function holder(scope = 'statements/write state') {
  const credentials = await service.addClient({ scope });
  const { access_token } = await service.issue(credentials);
  const change = (fields: object) =>
    service.clients.change(credentials.client_id, (client) => ({ ...client, ...fields }));
  return { credentials, access_token, change };
}

describe('POST /oauth2/introspect', () => {
  it('says what a token is, to the client it was issued to', async () => {
    const { credentials, access_token } = await holder();
    const { iat = 0, exp, ...rest } = await service.introspect(credentials, access_token);
    expect(rest).toEqual({
      active: true,
      client_id: credentials.client_id,
      scope: 'statements/write state',
      token_type: 'Bearer',
      iss: service.issuer,
      aud: `${service.issuer}/xapi`,
      org: 'default',
    });
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(5);
    expect(exp).toBe(iat + 3600);
  });

  it('takes the credentials in the form too', async () => {
    const { credentials, access_token } = await holder();
    const response = await service
      .send('post', '/oauth2/introspect')
      .type('form')
      .send({ ...credentials, token: access_token });
    expect(response.body).toMatchObject({ active: true });
  });

  it('answers nobody from a cache', async () => {
    const { credentials, access_token } = await holder();
    const response = await service.post('/oauth2/introspect', credentials, { token: access_token });
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
  });

  it.each(['access_token', 'refresh_token', 'client_credentials', 'nonsense', '__proto__', 'constructor', ''])(
    'finds the token whatever the hint says: %j',
    async (token_type_hint) => {
      const { credentials, access_token } = await holder();
      expect(await service.introspect(credentials, access_token, { token_type_hint })).toMatchObject({ active: true });
    },
  );

  it("calls another client's token inactive, and says nothing more of it", async () => {
    const { access_token } = await holder();
    const another = await service.addClient();
    expect(await service.introspect(another, access_token)).toEqual(INACTIVE);
  });

  it('tells a holder of the scope `introspect` of every token', async () => {
    const { credentials, access_token } = await holder();
    expect(await service.introspect(inspector, access_token)).toMatchObject({
      active: true,
      client_id: credentials.client_id,
    });
  });

  it('tells a holder of `all` of no more than its own: `all` covers the LRS only', async () => {
    const { access_token } = await holder();
    expect(await service.introspect(await service.addClient({ scope: 'all' }), access_token)).toEqual(INACTIVE);
  });

  it.each([
    'nothing',
    'x'.repeat(43),
    'a.b.c',
    'eyJhbGciOiJub25lIn0.e30.',
    '__proto__',
    'constructor',
    '😀',
    ' ',
    '%00',
  ])('calls %j inactive', async (token) => {
    expect(await service.introspect(inspector, token)).toEqual(INACTIVE);
  });

  it('trap, 400 for a JWT: one that somebody else issued is as unknown as any other token', async () => {
    const jwt = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.x`;
    await service.post('/oauth2/introspect', inspector, { token: jwt }).expect(200, INACTIVE);
  });

  it('calls a token inactive once it has expired', async () => {
    const credentials = await service.addClient();
    const { access_token } = await service.issue(credentials, { expire_seconds: '1' });
    expect(await service.introspect(credentials, access_token)).toMatchObject({ active: true });
    await pause(1100);
    expect(await service.introspect(inspector, access_token)).toEqual(INACTIVE);
  });

  it('calls a token inactive while its client is', async () => {
    const { access_token, change } = await holder();
    await change({ active: false });
    expect(await service.introspect(inspector, access_token)).toEqual(INACTIVE);
    await change({ active: true });
    expect(await service.introspect(inspector, access_token)).toMatchObject({ active: true });
  });

  it('calls a token inactive once its client is deleted, also where another takes the id', async () => {
    const { credentials, access_token } = await holder();
    const registered = await service.clients.find(credentials.client_id);
    await service.clients.remove(credentials.client_id);
    expect(await service.introspect(inspector, access_token)).toEqual(INACTIVE);
    await service.addClient({ ...registered, generation: 1 });
    expect(await service.introspect(inspector, access_token)).toEqual(INACTIVE);
  });

  it("calls every token of a client inactive once the client's generation is raised", async () => {
    const { credentials, access_token, change } = await holder();
    const second = await service.issue(credentials);
    await change({ generation: 1 });
    for (const token of [access_token, second.access_token])
      expect(await service.introspect(inspector, token)).toEqual(INACTIVE);
    expect(await service.introspect(credentials, (await service.issue(credentials)).access_token)).toMatchObject({
      active: true,
    });
  });

  it('no longer shows a scope that was withdrawn from the client', async () => {
    const { credentials, access_token, change } = await holder('statements/write state profile');
    await change({ scope: 'statements/write profile/read' });
    expect(await service.introspect(credentials, access_token)).toMatchObject({
      active: true,
      scope: 'statements/write profile/read',
    });
    await change({ scope: 'define' });
    expect(await service.introspect(credentials, access_token)).toEqual(INACTIVE);
  });

  it('never shows a scope that the client was given after the token', async () => {
    const { credentials, access_token, change } = await holder('state');
    await change({ scope: 'all' });
    expect(await service.introspect(credentials, access_token)).toMatchObject({ scope: 'state' });
  });

  it('says for whom it is, where it is for a person', async () => {
    const { client_id, client_secret } = await service.addClient({ org: 'berlin', scope: 'state' });
    const restrictions = [{ actor: { mbox: 'mailto:ann@example.org' } }];
    await createPersonRegister(service.store).add(newPerson({ person_id: 'ann', org: 'berlin' }));
    const iat = Math.floor(Date.now() / 1000);
    const record = { client_id, generation: 0, org: 'berlin', scope: 'state', sub: 'ann', iat, exp: iat + 60 };
    const resource = `${service.issuer}/xapi`;
    await service.store.write('access-token', keyOf('ann-1'), encodeAccessToken(record), 60);
    await service.store.write(
      'access-token',
      keyOf('ann-2'),
      encodeAccessToken({ ...record, resource, restrictions }),
      60,
    );
    const expected = {
      active: true,
      sub: 'ann',
      client_id,
      org: 'berlin',
      scope: 'state',
      aud: resource,
      iss: service.issuer,
      token_type: 'Bearer',
      iat,
      exp: iat + 60,
    };
    expect(await service.introspect({ client_id, client_secret }, 'ann-1')).toEqual(expected);
    expect(await service.introspect(inspector, 'ann-2')).toEqual({
      ...expected,
      authorization_details: [{ type: 'xapi', ...restrictions[0] }],
    });
  });

  it('says 400 where there is no token, or an empty one, or two', async () => {
    for (const form of [{}, { token: '' }])
      expect(refusalOf(await service.post('/oauth2/introspect', inspector, form))).toMatchObject({
        status: 400,
        error: 'invalid_request',
        error_description: "missing required parameter 'token'",
      });
    const twice = service.post('/oauth2/introspect', inspector, {}).send('token=a').send('token=b');
    expect(refusalOf(await twice).status).toBe(400);
  });

  it('says 401 to whoever cannot say who they are', async () => {
    const { credentials, access_token } = await holder();
    const wrong = { ...credentials, client_secret: 'wrong' };
    for (const response of [
      await service.send('post', '/oauth2/introspect').type('form').send({ token: access_token }),
      await service.post('/oauth2/introspect', wrong, { token: access_token }),
    ])
      expect(refusalOf(response)).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('does not take the token itself for a credential', async () => {
    const { access_token } = await holder();
    const response = await service
      .send('post', '/oauth2/introspect')
      .set('Authorization', `Bearer ${access_token}`)
      .type('form')
      .send({ token: access_token });
    expect([400, 401]).toContain(refusalOf(response).status);
  });

  it('says 500 and nothing of it, where something else wrote to the store', async () => {
    await service.store.write('access-token', keyOf('a token'), '{"client_id":"somebody"}', 60);
    const refusal = refusalOf(await service.post('/oauth2/introspect', inspector, { token: 'a token' }));
    expect(refusal).toMatchObject({ status: 500, error: 'server_error' });
    expect(refusal.error_description).not.toMatch(/record|somebody/);
    expect(service.logged.join('')).toContain('is not an access-token record');
  });
});
