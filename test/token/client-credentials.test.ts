/** @see RFC 6749 §4.4, §5.1, §3.3; xAPI 1.0.3 Part 3 §4.2 */
import { setTimeout as pause } from 'node:timers/promises';
import { generateSecret, storeGenerated, storeImported } from '../../services/shared/secret.ts';
import type { Client } from '../../services/shared/client.ts';
import {
  nowSeconds,
  refusalOf,
  runTokenService,
  type Credentials,
  type Form,
  type TokenAnswer,
  type TokenService,
} from '../support/token-service.ts';

let service: TokenService;
beforeAll(async () => {
  service = await runTokenService();
});
afterAll(() => service.close());

const GRANT = { grant_type: 'client_credentials' };
const ask = (credentials: Credentials, form: Form = {}) => service.askToken({ ...GRANT, ...credentials, ...form });
const sorted = (scope: string) => scope.split(' ').sort();

async function scopeFor(registration: Partial<Client>, form: Form): Promise<string> {
  return (await service.issue(await service.addClient(registration), form)).scope;
}

async function refusalFor(registration: Partial<Client>, form: Form) {
  return refusalOf(await ask(await service.addClient(registration), form));
}

async function isActive(credentials: Credentials, { access_token }: { access_token: string }): Promise<boolean> {
  return (await service.introspect(credentials, access_token)).active;
}

describe('POST /oauth2/token grant_type=client_credentials', () => {
  it('answers with token, type, life and scope, as JSON that nobody may store', async () => {
    const response = await ask(await service.addClient());
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(response.headers['content-type']).toMatch(/^application\/json; ?charset=utf-8$/i);
    expect(response.body).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43,}$/) as unknown,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'all',
    });
  });

  it('issues another token every time', async () => {
    const credentials = await service.addClient();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => service.issue(credentials)));
    expect(new Set(tokens.map(({ access_token }) => access_token)).size).toBe(20);
  });

  it('takes client_secret_basic and client_secret_post alike', async () => {
    const credentials = await service.addClient({ scope: 'state' });
    const byForm = (await ask(credentials)).body as TokenAnswer;
    const byHeader = (await service.post('/oauth2/token', credentials, GRANT)).body as TokenAnswer;
    expect({ ...byHeader, access_token: '' }).toEqual({ ...byForm, access_token: '' });
    expect(byHeader.scope).toBe('state');
  });

  it('takes a Basic header beside a client_id that says the same (RFC 6749 §3.2.1 allows it)', async () => {
    const credentials = await service.addClient();
    await service.post('/oauth2/token', credentials, { ...GRANT, client_id: credentials.client_id }).expect(200);
  });

  it("answers the form of Watershed's and LinkedIn Learning's own documentation", async () => {
    const { client_id, client_secret } = await service.addClient({ scope: 'all/read statements/write state profile' });
    const form = `grant_type=client_credentials&client_id=${client_id}&client_secret=${client_secret}&scope=xapi:read,xapi:write&expire_seconds=1800`;
    const response = await service.send('post', '/oauth2/token').type('form').send(form).expect(200);
    expect(response.body).toMatchObject({
      expires_in: 1800,
      scope: 'all/read statements/write state/write profile/write',
    });
  });

  it('gives a parameter it does not know no meaning', async () => {
    await ask(await service.addClient(), { audience: 'x', toString: 'x', hasOwnProperty: 'x' }).expect(200);
  });
});

describe('the scope of a token', () => {
  const PAIR = 'statements/write statements/read/mine';

  it.each<[registered: string, asked: string, granted: string]>([
    ['all', 'all', 'all'],
    ['all', 'statements/read', 'statements/read'],
    ['all', 'statements/read/mine statements/write', PAIR],
    ['all', 'define', 'define'],
    ['all/read', 'all', 'all/read'],
    ['all/read', 'statements/read profile/read', 'statements/read profile/read'],
    ['statements/read', 'statements/read/mine', 'statements/read/mine'],
    ['state', 'state/read', 'state/read'],
    ['profile', 'agents_profile', 'agents_profile'],
    [PAIR, 'all', PAIR],
    [PAIR, 'statements/write state', 'statements/write'],
    [PAIR, 'statements/read', 'statements/read/mine'],
    [PAIR, 'statements/write nonsense', 'statements/write'],
    ['all', 'all introspect', 'all'],
    ['all introspect', 'introspect', 'introspect'],
    ['all', 'all scim events wsapi:all authority/write ext/grades', 'all'],
    ['all scim ext/grades', 'scim ext/grades ext/other', 'scim ext/grades'],
    ['statements/write authority/write', 'statements/write authority/write', 'statements/write authority/write'],
    ['wsapi:all all', 'xapi:all', 'all'],
  ])('of a client with "%s" that asks for "%s" is "%s"', async (scope, asked, granted) => {
    expect(sorted(await scopeFor({ scope }, { scope: asked }))).toEqual(sorted(granted));
  });

  /** Watershed and LinkedIn `xapi:`, Learning Locker `xapi/`, SQL LRS `…_profile`, Ralph `…/read`, `…/write`. */
  it.each<[asked: string, granted: string]>([
    ['xapi:read', 'all/read'],
    ['xapi:write', 'statements/write state/write profile/write'],
    ['xapi:all', 'all'],
    ['xapi/read', 'all/read'],
    ['xapi/all', 'all'],
    ['activities_profile agents_profile', 'activities_profile agents_profile'],
    ['state/read state/write', 'state/read state/write'],
    ['profile/read profile/write', 'profile/read profile/write'],
  ])("is answered in our vocabulary where '%s' was asked: '%s'", async (asked, granted) => {
    expect(sorted(await scopeFor({ scope: 'all' }, { scope: asked }))).toEqual(sorted(granted));
  });

  it.each([
    'statements/write,state',
    'statements/write, state',
    ' statements/write  state ',
    ',statements/write,,state,',
  ])(
    'trap, commas and double spaces refused or kept as names: is read from %j, and answered with single spaces',
    async (asked) => {
      expect(await scopeFor({ scope: 'all' }, { scope: asked })).toBe('statements/write state');
    },
  );

  it('names nothing twice', async () => {
    expect(await scopeFor({ scope: 'all' }, { scope: 'state/write xapi:write state/write' })).toBe(
      'statements/write state/write profile/write',
    );
  });

  it('trap, the scopeless 200: is all that the client has, where it asks for none', async () => {
    expect(await scopeFor({ scope: 'state profile' }, {})).toBe('state profile');
  });

  it.each(['', ' ', ','])('is the same for an empty scope parameter: %j', async (scope) => {
    expect(await scopeFor({ scope: 'state profile' }, { scope })).toBe('state profile');
  });

  it('is the 1.0.3 pair, where the client is registered so', async () => {
    expect(await scopeFor({ scope: 'all', default_scope: PAIR }, {})).toBe(PAIR);
    expect(await scopeFor({ scope: 'all', default_scope: PAIR }, { scope: 'all' })).toBe('all');
  });

  it('never goes beyond the registration by way of the default', async () => {
    expect(await scopeFor({ scope: 'statements/write', default_scope: PAIR }, {})).toBe('statements/write');
  });

  it.each<[registered: string, asked: string]>([
    ['statements/write', 'statements/read'],
    ['statements/write state', 'nonsense'],
    ['statements/write state', 'introspect'],
    ['all', 'admin'],
    ['all', 'ALL'],
    ['all', 'openid offline_access'],
  ])(
    'trap, the scopeless 200: a client with "%s" that asks for "%s" is told what it may ask for',
    async (scope, asked) => {
      const refusal = await refusalFor({ scope }, { scope: asked });
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
      expect(refusal.error_description).toContain(`it may ask for ${scope}`);
      for (const name of asked.split(' ')) expect(refusal.error_description).toContain(name);
    },
  );

  it('trap, the scopeless 200: a client without any scope gets no token', async () => {
    const refusal = await refusalFor({ scope: '' }, {});
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
    expect(refusal.error_description).toContain('an administrator');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'is no name of the prototype: %s',
    async (scope) => {
      expect(await refusalFor({ scope: 'all' }, { scope })).toMatchObject({ status: 400, error: 'invalid_scope' });
    },
  );

  describe('where the realm writes lrs: before each', () => {
    let prefixed: TokenService;
    beforeAll(async () => {
      prefixed = await runTokenService({ scopePrefix: 'lrs:' });
    });
    afterAll(() => prefixed.close());

    it.each<[asked: string, granted: string]>([
      ['lrs:statements/read', 'statements/read'],
      ['statements/read', 'statements/read'],
      ['lrs:statements/write,lrs:state', 'statements/write state'],
      ['lrs:xapi:read', 'all/read'],
      ['lrs:state lrs:nonsense', 'state'],
    ])("is answered in our vocabulary where '%s' was asked: '%s'", async (scope, granted) => {
      const credentials = await prefixed.addClient({ scope: 'all' });
      expect((await prefixed.issue(credentials, { scope })).scope).toBe(granted);
    });

    it('is none where only the prefix is known', async () => {
      const credentials = await prefixed.addClient({ scope: 'state' });
      const refusal = refusalOf(await prefixed.askToken({ ...GRANT, ...credentials, scope: 'lrs:nonsense' }));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
      expect(refusal.error_description).toContain('lrs:nonsense');
    });
  });

  it('has no prefix where none is set', async () => {
    expect(await refusalFor({ scope: 'all' }, { scope: 'lrs:state' })).toMatchObject({ error: 'invalid_scope' });
  });

  describe('of a client registered strict', () => {
    const strict = { scope: PAIR, strict: true };

    it.each(['all', 'statements/write state', 'statements/write nonsense', 'xapi:write'])(
      'is refused, and not narrowed, where it asks for %j',
      async (scope) => {
        const refusal = await refusalFor(strict, { scope });
        expect(refusal).toMatchObject({ status: 400, error: 'invalid_scope' });
        expect(refusal.error_description).toContain(`it may ask for ${PAIR}`);
      },
    );

    it('is what it asks for within its own', async () => {
      expect(await scopeFor(strict, { scope: 'statements/write' })).toBe('statements/write');
      expect(await scopeFor(strict, {})).toBe(PAIR);
    });
  });
});

describe('expire_seconds', () => {
  const lives = { token_seconds: 600, max_token_seconds: 7200 };

  it.each<[asked: string, seconds: number]>([
    ['60', 60],
    ['1', 1],
    ['0060', 60],
    ['7200', 7200],
    ['7201', 7200],
    ['99999999999', 7200],
    ['999999999999999999999', 7200],
    ['', 600],
  ])('gives %j a life of %i seconds', async (asked, seconds) => {
    const credentials = await service.addClient(lives);
    const { access_token, expires_in } = await service.issue(credentials, { expire_seconds: asked });
    expect(expires_in).toBe(seconds);
    const { iat = 0, exp = 0 } = await service.introspect(credentials, access_token);
    expect(exp - iat).toBe(seconds);
  });

  it("leaves the client's own life, where it is not sent", async () => {
    expect((await service.issue(await service.addClient(lives))).expires_in).toBe(600);
    const capped = await service.addClient({ token_seconds: 600, max_token_seconds: 60 });
    expect((await service.issue(capped)).expires_in).toBe(60);
  });

  it.each(['0', '-1', '1.5', 'abc', '1e3', '0x10', ' 5', '+5', '٣', 'NaN', 'Infinity', '000'])(
    'refuses %j and says what it should be',
    async (expire_seconds) => {
      const refusal = await refusalFor(lives, { expire_seconds });
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(refusal.error_description).toMatch(/expire_seconds should be a whole number of seconds, at least 1/);
    },
  );

  it('trap, an array where a string is expected: refuses two of them rather than choose one', async () => {
    const { client_id, client_secret } = await service.addClient(lives);
    const form = `grant_type=client_credentials&client_id=${client_id}&client_secret=${client_secret}`;
    const response = await service
      .send('post', '/oauth2/token')
      .type('form')
      .send(`${form}&expire_seconds=10&expire_seconds=20`);
    expect(refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('ends the token when it says', async () => {
    const credentials = await service.addClient(lives);
    const token = await service.issue(credentials, { expire_seconds: '1' });
    await pause(1100);
    expect(await isActive(credentials, token)).toBe(false);
  });
});

describe('the client', () => {
  const INVALID = { status: 401, error: 'invalid_client' };

  it('gets no token while it is inactive, and one again when it is active', async () => {
    const credentials = await service.addClient();
    await service.clients.change(credentials.client_id, (client) => ({ ...client, active: false }));
    expect(refusalOf(await ask(credentials))).toMatchObject(INVALID);
    await service.clients.change(credentials.client_id, (client) => ({ ...client, active: true }));
    await ask(credentials).expect(200);
  });

  it('gets no token once it is deleted', async () => {
    const credentials = await service.addClient();
    await service.issue(credentials);
    await service.clients.remove(credentials.client_id);
    expect(refusalOf(await ask(credentials))).toMatchObject(INVALID);
  });

  it('gets no token by a grant it is not registered for', async () => {
    const refusal = await refusalFor({ grant_types: [] }, {});
    expect(refusal).toMatchObject({ status: 400, error: 'unauthorized_client' });
  });

  it('rotates: both secrets work during the overlap, and only the new one after it', async () => {
    const credentials = await service.addClient();
    const renewed = { ...credentials, client_secret: generateSecret() };
    const rotate = (expires_at: number) =>
      service.clients.change(credentials.client_id, (client) => ({
        ...client,
        secrets: [
          storeGenerated(renewed.client_secret, nowSeconds()),
          { ...storeGenerated(credentials.client_secret, client.created_at), expires_at },
        ],
      }));
    await rotate(nowSeconds() + 60);
    const before = await service.issue(credentials);
    await service.issue(renewed);

    await rotate(nowSeconds());
    const refusal = refusalOf(await ask(credentials));
    expect(refusal).toMatchObject(INVALID);
    expect(refusal.error_description).toContain('overlap');
    await service.issue(renewed);
    expect(await isActive(renewed, before)).toBe(true);
  });

  it('regenerates: the old secret and every token that depended on it are cut off at once', async () => {
    const credentials = await service.addClient();
    const before = await service.issue(credentials);
    const renewed = { ...credentials, client_secret: generateSecret() };
    await service.clients.change(credentials.client_id, (client) => ({
      ...client,
      generation: client.generation + 1,
      secrets: [storeGenerated(renewed.client_secret, nowSeconds())],
    }));
    expect(refusalOf(await ask(credentials))).toMatchObject(INVALID);
    expect(await isActive(renewed, before)).toBe(false);
    expect(await isActive(renewed, await service.issue(renewed))).toBe(true);
  });

  it('may have a secret that came from elsewhere, of any visible characters, by header and by form', async () => {
    const imported = 'pass: w%rd+/&="\\~';
    const { client_id } = await service.addClient({ secrets: [await storeImported(imported, nowSeconds())] });
    await ask({ client_id, client_secret: imported }).expect(200);
    const encoded = { client_id, client_secret: encodeURIComponent(imported) };
    await service.post('/oauth2/token', encoded, GRANT).expect(200);
    expect(refusalOf(await ask({ client_id, client_secret: `${imported}x` }))).toMatchObject(INVALID);
  });

  it('gets nothing by the placeholder that the library is given for a secret', async () => {
    const { client_id } = await service.addClient();
    expect(refusalOf(await ask({ client_id, client_secret: 'kept as a hash' }))).toMatchObject(INVALID);
  });
});

describe('the log of the token service', () => {
  it('has each grant and refusal with the client, and no secret and no token', async () => {
    const credentials = await service.addClient();
    const { access_token } = await service.issue(credentials, { scope: 'state' });
    await ask({ ...credentials, client_secret: 'wrong-secret-1234' });
    await service.post('/oauth2/introspect', credentials, { token: access_token });
    const lines = service.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ audit: 'token', granted: true, client: credentials.client_id, scope: 'state' }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        audit: 'token',
        granted: false,
        client: credentials.client_id,
        reason: 'invalid_client',
      }),
    );
    const log = service.logged.join('\n');
    for (const secret of [credentials.client_secret, access_token, 'wrong-secret-1234'])
      expect(log).not.toContain(secret);
  });
});
