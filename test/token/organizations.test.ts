/** The token endpoint of an organization: Watershed's URL, for the clients of that organization and nobody else. */
import { rawRequest } from '../support/raw-request.ts';
import { FORM, refusalOf, runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';

let service: TokenService;
let berlin: Credentials;
let munich: Credentials;
let plain: Credentials;
beforeAll(async () => {
  service = await runTokenService();
  berlin = await service.addClient({ org: 'berlin', scope: 'state' });
  munich = await service.addClient({ org: 'munich' });
  plain = await service.addClient();
});
afterAll(() => service.close());

const GRANT = { grant_type: 'client_credentials' };
const endpointOf = (org: string) => `/api/organizations/${org}/oauth2/token`;
const ask = (org: string, credentials: Credentials, form: object = {}) =>
  service
    .send('post', endpointOf(org))
    .type('form')
    .send({ ...GRANT, ...credentials, ...form });

describe('POST /api/organizations/{org}/oauth2/token', () => {
  it("gives the organization's clients what /oauth2/token gives them", async () => {
    const there = await ask('berlin', berlin, { scope: 'xapi:write', expire_seconds: '60' }).expect(200);
    expect(there.body).toMatchObject({ token_type: 'bearer', scope: 'state/write', expires_in: 60 });
    expect(there.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    const here = await service.issue(berlin);
    for (const { access_token } of [here, there.body as { access_token: string }])
      expect(await service.introspect(berlin, access_token)).toMatchObject({ active: true, org: 'berlin' });
  });

  it('takes HTTP Basic, as Watershed does', async () => {
    await service.post(endpointOf('berlin'), berlin, GRANT).expect(200);
    expect(refusalOf(await service.post(endpointOf('munich'), berlin, GRANT)).status).toBe(401);
  });

  it('serves the organization that exists from the start', async () => {
    await ask('default', plain).expect(200);
    expect(refusalOf(await ask('default', berlin)).status).toBe(401);
  });

  it('trap, an oracle: says the same of a client of another organization as of a wrong secret and an unknown client', async () => {
    const wrong = { ...munich, client_secret: 'not-the-secret' };
    const nobody = { ...munich, client_id: 'nobody-has-this' };
    const answers = [];
    for (const [org, credentials] of [
      ['munich', wrong],
      ['munich', nobody],
      ['munich', berlin],
      ['munich', plain],
      ['nowhere', berlin],
      ['nowhere', wrong],
    ] as const)
      for (const form of [{}, { grant_type: 'password' }, { scope: 'é' }, { authorization_details: '[' }]) {
        const byForm = await ask(org, credentials, form);
        const byHeader = await service.post(endpointOf(org), credentials, { ...GRANT, ...form });
        expect(refusalOf(byForm)).toMatchObject({ status: 401, error: 'invalid_client' });
        answers.push(
          [byForm, byHeader].map(({ status, headers, text }) => ({ status, headers: { ...headers, date: '' }, text })),
        );
      }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('binds the one request it was: the next, on the same connection, has every client', async () => {
    const body = new URLSearchParams({ ...GRANT, ...munich }).toString();
    const post = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { responses } = await rawRequest(
      service.port,
      post(endpointOf('berlin')) + post('/oauth2/token') + post(endpointOf('munich')) + post(endpointOf('berlin')),
      { responses: 4 },
    );
    expect(responses.map(({ status }) => status)).toEqual([401, 200, 200, 401]);
  });

  it('binds each of many at once', async () => {
    const asked = Array.from({ length: 40 }, (_, index) => ask(index % 2 ? 'berlin' : 'munich', berlin));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map((_, index) => (index % 2 ? 200 : 401)));
  });

  it.each(['get', 'put', 'delete', 'options'] as const)('says 405 and POST to %s', async (method) => {
    const response = await service.send(method, endpointOf('berlin'));
    expect(refusalOf(response)).toMatchObject({ status: 405, error: 'invalid_request' });
    expect(response.headers['allow']).toBe('POST');
  });

  it('says 400 to a secret in the URL', async () => {
    const refusal = refusalOf(
      await service
        .send('post', `${endpointOf('berlin')}?client_secret=x`)
        .type('form')
        .send(GRANT),
    );
    expect(refusal).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(refusal.error_description).toMatch(/never in the URL/);
  });

  it.each([
    'BERLIN',
    'Berlin',
    'berlin%20',
    '%62erlin',
    'berl%69n',
    'berlin%00',
    'berlin.',
    'berlin;a=b',
    'ber_lin',
    'bérlin',
    'berlın',
    'berlin\u200b',
    'ｂerlin',
    '-berlin',
    'berlin-',
    '',
    '.',
    '..',
    '%2e%2e',
    '..%2fberlin',
    'munich/../berlin',
    'munich/%2e%2e/berlin',
    'munich%2f..%2fberlin',
    'munich/berlin',
    'berlin/',
    '/berlin',
    'berlin%2foauth2%2ftoken%3f',
    'munich\\berlin',
    '__proto__',
    'a'.repeat(64),
  ])('trap, an organization in two spellings: there is nothing at %j', async (org) => {
    const body = new URLSearchParams({ ...GRANT, ...berlin }).toString();
    const path = Buffer.from(endpointOf(org)).toString('latin1');
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await rawRequest(service.port, head + body);
    expect(answer.text).not.toContain('access_token');
    expect([400, 404]).toContain(answer.status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
  });

  it.each([
    '/API/organizations/berlin/oauth2/token',
    '/api/organizations/berlin/oauth2/token/',
    '/api/organizations/berlin/oauth2/TOKEN',
    '/api/organizations/berlin/oauth2/introspect',
    '/api/organizations/berlin/oauth2/revoke',
    '/api/organizations/berlin//oauth2/token',
    '//api/organizations/berlin/oauth2/token',
    '/oauth2/token/api/organizations/berlin/oauth2/token',
    '/x/api/organizations/berlin/oauth2/token',
  ])('there is nothing at %s', async (path) => {
    expect(refusalOf(await service.send('post', path).type('form').send(GRANT))).toMatchObject({ status: 404 });
  });

  it('finds nothing at the absolute form of another host', async () => {
    const answer = await rawRequest(
      service.port,
      `POST http://evil.example${endpointOf('berlin')} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(answer.status).toBe(404);
  });
});

describe('a client that was moved to another organization', () => {
  it('has no use of its tokens from before: they were for the LRS of the other', async () => {
    const credentials = await service.addClient({ org: 'berlin' });
    const { access_token } = await service.issue(credentials);
    await service.clients.change(credentials.client_id, (client) => ({ ...client, org: 'munich' }));
    expect(await service.introspect(credentials, access_token)).toEqual({ active: false });
    await ask('munich', credentials).expect(200);
    expect(refusalOf(await ask('berlin', credentials)).status).toBe(401);
  });
});
