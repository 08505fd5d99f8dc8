/** The gateway is the only public door: the token service's paths are passed on to it, and no others. */
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { askPort, refusalOf, type Asked, type Headers } from './support.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe('a path of the token service, asked through the gateway', () => {
  let gateway: RunningGateway;
  let credentials: { client_id: string; client_secret: string };
  let basic: string;
  beforeAll(async () => {
    gateway = await startTestGateway({ lrsUrl: 'http://127.0.0.1:1/xapi' });
    const registered = await gateway.register('statements/write state');
    basic = registered.basic;
    credentials = { client_id: registered.client.client_id, client_secret: registered.secret };
  });
  afterAll(() => gateway.close());

  const token = async (): Promise<string> => {
    const body = form({ grant_type: 'client_credentials', ...credentials });
    const answer = await askPort(gateway.port, 'POST /oauth2/token', FORM, body);
    return (JSON.parse(answer.body) as { access_token: string }).access_token;
  };

  it('gives a token for an id and a secret, in the form or by Basic', async () => {
    for (const [fields, headers] of [
      [credentials, {}],
      [{}, { Authorization: basic }],
    ] as [Record<string, string>, Headers][]) {
      const body = form({ grant_type: 'client_credentials', ...fields });
      const answer = await askPort(gateway.port, 'POST /oauth2/token', { ...FORM, ...headers }, body);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({
        access_token: expect.stringMatching(/^[\w-]{43}$/) as string,
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'statements/write state',
      });
      expect(answer.header('Cache-Control')).toBe('no-store');
    }
  });

  it('introspects and revokes', async () => {
    const access_token = await token();
    const ask = (path: string) =>
      askPort(gateway.port, `POST ${path}`, FORM, form({ token: access_token, ...credentials }));
    expect(JSON.parse((await ask('/oauth2/introspect')).body)).toMatchObject({
      active: true,
      scope: 'statements/write state',
    });
    expect((await ask('/oauth2/revoke')).status).toBe(200);
    expect(JSON.parse((await ask('/oauth2/introspect')).body)).toEqual({ active: false });
  });

  it.each<[string, () => [line: string, headers: Headers, body?: string]]>([
    ['metadata', () => ['GET /.well-known/oauth-authorization-server', {}]],
    ['OpenID metadata', () => ['GET /.well-known/openid-configuration', {}]],
    ['keys', () => ['GET /oauth2/jwks', {}]],
    ["Open edX's account, without a token", () => ['GET /api/user/v1/me', {}]],
    [
      'a wrong secret',
      () => [
        'POST /oauth2/token',
        FORM,
        form({ grant_type: 'client_credentials', client_id: 'a', client_secret: 'b' }),
      ],
    ],
    ...['/api/oauth2/token', '/oauth/access_token'].map((path): [string, () => [string, Headers, string]] => [
      `a wrong secret at Learning Locker's ${path}`,
      () => [`POST ${path}`, FORM, form({ grant_type: 'client_credentials', client_id: 'a', client_secret: 'b' })],
    ]),
    ['a body that is no form', () => ['POST /oauth2/token', { 'Content-Type': 'text/plain' }, 'a']],
    ['a form without a body', () => ['POST /oauth2/token', FORM]],
    ['neither a body nor what it would be', () => ['POST /oauth2/token', {}]],
    ['a method that there is not', () => ['GET /oauth2/token', {}]],
    ['an endpoint that there is not', () => ['GET /oauth2/nothing', {}]],
  ])('has the answer of the token service itself: %s', async (_what, call) => {
    const [line, headers, body] = call();
    const [through, direct] = await Promise.all(
      [gateway.port, gateway.tokenPort].map((port) => askPort(port, line, headers, body)),
    );
    const comparable = (answer: Omit<Asked, 'upstream'> | undefined) => ({
      status: answer?.status,
      body: answer?.body,
      headers: [...(answer?.headers ?? [])].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)),
    });
    expect(comparable(through)).toEqual(comparable(direct));
  });

  it('says URLs of the issuer, whatever Host the caller says', async () => {
    const answer = await askPort(gateway.port, 'GET /.well-known/oauth-authorization-server', {
      'X-Forwarded-Host': 'evil.example',
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      issuer: 'https://lrs.example.org',
      token_endpoint: 'https://lrs.example.org/oauth2/token',
    });
    expect(answer.body).not.toMatch(/evil|gateway\.example|127\.0\.0\.1/);
  });

  it('gives a client that waits for it 100 Continue', async () => {
    const body = form({ grant_type: 'client_credentials', ...credentials });
    const answer = await askPort(gateway.port, 'POST /oauth2/token', { ...FORM, Expect: '100-continue' }, body);
    expect(answer.status).toBe(200);
  });
});

describe('what reaches the token service', () => {
  let service: EchoLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    service = await startEchoLrs();
    gateway = await startTestGateway({
      lrsUrl: 'http://127.0.0.1:1/xapi',
      options: { tokenServiceUrl: `http://127.0.0.1:${service.port}` },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await service.close();
  });

  it('is the call as it came, with its credential and its cookies', async () => {
    const headers = {
      ...FORM,
      Authorization: 'Basic YTpi',
      Cookie: 'a=b; c=d',
      'Accept-Language': 'fi',
      'X-Custom': 'é',
    };
    const answer = await askPort(gateway.port, 'POST /oauth2/token?a=%2F&b=c+d', headers, 'a=%2F&b=c+d');
    expect(answer.status).toBe(200);
    expect(service.requests.at(-1)).toMatchObject({
      method: 'POST',
      url: '/oauth2/token?a=%2F&b=c+d',
      headers: {
        'content-type': FORM['Content-Type'],
        'content-length': '11',
        authorization: 'Basic YTpi',
        cookie: 'a=b; c=d',
        'accept-language': 'fi',
        'x-custom': 'é',
      },
    });
    expect(service.requests.at(-1)?.body.toString()).toBe('a=%2F&b=c+d');
  });

  it('has nothing about the connection, and of who is calling only the address that the gateway sees', async () => {
    await askPort(
      gateway.port,
      'POST /oauth2/token',
      {
        ...FORM,
        Connection: 'close, X-Named',
        'X-Named': 'a',
        'Proxy-Authorization': 'Basic YTpi',
        TE: 'trailers',
        'Keep-Alive': 'timeout=1',
        'X-Forwarded-For': '1.2.3.4',
        'X-Forwarded-Host': 'evil.example',
        Forwarded: 'for=1.2.3.4',
        'X-Hallpass-Client': 'admin',
        X_Hallpass_Client: 'admin',
        'X-Hallpass-Address': '1.2.3.4',
        'X-Auth-Request-User': 'admin',
      },
      'a=b',
    );
    const { headers = {} } = service.requests.at(-1) ?? {};
    const told = ['connection', 'content-length', 'content-type', 'host', 'x-hallpass-address'];
    expect(Object.keys(headers).sort()).toEqual(told);
    expect(headers['x-hallpass-address']).toBe('127.0.0.1');
    expect(headers.connection).not.toContain('X-Named');
  });

  it.each([
    '/',
    '/oauth2',
    '/oauth2/',
    '/oauth2/token/',
    '/oauth2/TOKEN',
    '/OAuth2/token',
    '/oauth2//token',
    '//oauth2/token',
    '/oauth2/token/x',
    '/oauth2/%74oken',
    '/oauth2/token%2f',
    '/oauth2/../oauth2/token',
    '/oauth2/token;a=b',
    '/oauth2/token.json',
    '/.well-known/',
    '/.well-known/other',
    '/.well-known/openid-configuration/x',
    '/api/oauth2/token/',
    '/api/oauth2/introspect',
    '/api/oauth2/TOKEN',
    '/api/oauth2/../oauth2/token',
    '/oauth/access_token/',
    '/oauth/access_tokens',
    '/oauth/token',
    '/api/user/v1/me/',
    '/api/user/v1/ME',
    '/api/user/v1/accounts',
    '/api/user/v1/me/../me',
    '/admin',
    '/api/v1/clients',
    '/metrics',
    '/xapi',
    '/XAPI/statements',
    '/favicon.ico',
  ])('is nothing for %s: 404', async (path) => {
    const before = service.requests.length;
    for (const method of ['GET', 'POST']) {
      const answer = await askPort(gateway.port, `${method} ${path}`, FORM, method === 'POST' ? 'a=b' : undefined);
      expect(refusalOf(answer)).toMatchObject({ status: 404, error: 'not_found' });
    }
    expect(service.requests).toHaveLength(before);
  });
});

describe('a token service that cannot be asked', () => {
  it('is said to be away, with 502, and no call to the LRS fails for it', async () => {
    const lrs = await startEchoLrs();
    const gateway = await startTestGateway({ lrsUrl: lrs.url, options: { tokenServiceUrl: 'http://127.0.0.1:1' } });
    for (const path of ['/oauth2/token', '/oauth2/revoke']) {
      const answer = await askPort(gateway.port, `POST ${path}`, FORM, 'a=b');
      expect(refusalOf(answer)).toMatchObject({ status: 502, error: 'bad_gateway' });
      expect(refusalOf(answer).error_description).toContain('the token service cannot be reached');
    }
    const { bearer } = await gateway.mint('all');
    expect((await askPort(gateway.port, 'GET /xapi/statements', { Authorization: bearer })).status).toBe(200);
    await gateway.close();
    await lrs.close();
  });

  it('is said to be unknown, with 503, where the gateway was not told of one', async () => {
    const gateway = await startTestGateway({
      lrsUrl: 'http://127.0.0.1:1/xapi',
      options: { tokenServiceUrl: undefined },
    });
    const answer = await askPort(gateway.port, 'POST /oauth2/token', FORM, 'a=b');
    expect(refusalOf(answer)).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
    expect(answer.header('Retry-After')).toBe('1');
    expect((await askPort(gateway.port, 'GET /healthz')).status).toBe(200);
    await gateway.close();
  });
});
