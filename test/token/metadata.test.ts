/** @see RFC 8414; RFC 9396 §10; RFC 9728 §4; OpenID Connect Discovery 1.0 §3, §4 */
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { ISSUER, runTokenService, type TokenService } from '../support/token-service.ts';

let service: TokenService;
beforeAll(async () => {
  service = await runTokenService();
});
afterAll(() => service.close());

type Metadata = Record<string, unknown>;

const DOCUMENTS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

async function read(path: string, headers: Record<string, string> = {}): Promise<Metadata> {
  const response = await service.send('get', path).set(headers).expect(200);
  expect(response.headers['content-type']).toMatch(/^application\/json\b/);
  return response.body as Metadata;
}

/** Every URL in a document, by the name it has there. */
function urlsIn(metadata: Metadata): [name: string, url: string][] {
  return Object.entries(metadata).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && /^https?:/.test(value) ? [[name, value]] : [],
  );
}

/** Ways in which a caller, or a proxy that believes one, says that we are somebody else. */
const LIES: Record<string, string>[] = [
  { Host: 'evil.example' },
  { Host: 'evil.example:8443' },
  { Host: '127.0.0.1:1' },
  { 'X-Forwarded-Host': 'evil.example' },
  { 'X-Forwarded-Host': 'evil.example, lrs.example.org' },
  { 'X-Forwarded-Proto': 'http' },
  { 'X-Forwarded-Port': '8443' },
  { 'X-Forwarded-Server': 'evil.example' },
  { Forwarded: 'for=1.2.3.4;host=evil.example;proto=http' },
  {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    Forwarded: 'host=evil.example',
  },
];

/** OpenID Connect Core 1.0 §5.4, §11, and Open edX's `read`; `profile` is a scope of xAPI as well. */
const WHO = ['openid', 'profile', 'email', 'read', 'offline_access'];

describe.each(DOCUMENTS)('GET %s', (path) => {
  it('names the issuer and its endpoints, and has what the specification requires', async () => {
    expect(await read(path)).toMatchObject({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/oauth2/token`,
      introspection_endpoint: `${ISSUER}/oauth2/introspect`,
      revocation_endpoint: `${ISSUER}/oauth2/revoke`,
      jwks_uri: `${ISSUER}/oauth2/jwks`,
      authorization_endpoint: `${ISSUER}/oauth2/authorize`,
      userinfo_endpoint: `${ISSUER}/oauth2/userinfo`,
      device_authorization_endpoint: `${ISSUER}/oauth2/device`,
      pushed_authorization_request_endpoint: `${ISSUER}/oauth2/par`,
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE],
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'self_signed_tls_client_auth',
        'none',
      ],
    });
  });

  it.each(LIES)('trap, URLs from the Host header: says the same of the issuer to %j', async (headers) => {
    expect(await read(path, headers)).toEqual(await read(path));
  });

  it('announces nothing that is not served', async () => {
    const metadata = await read(path);
    const urls = urlsIn(metadata).filter(([name]) => name !== 'issuer');
    expect(urls.map(([name]) => name).sort()).toEqual([
      'authorization_endpoint',
      'device_authorization_endpoint',
      'end_session_endpoint',
      'introspection_endpoint',
      'jwks_uri',
      'pushed_authorization_request_endpoint',
      'registration_endpoint',
      'revocation_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
    ]);
    for (const [name, url] of urls) {
      const { origin, pathname } = new URL(url);
      expect(origin).toBe(ISSUER);
      const method = name === 'jwks_uri' ? 'get' : 'post';
      expect([name, (await service.send(method, pathname)).status]).not.toEqual([name, 404]);
      expect([name, (await service.send(method, pathname)).status]).not.toEqual([name, 405]);
    }
    expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^check_session_/)]));
  });

  it("has every scope of xAPI 1.0.3 §4.2 and other LRSs' finer ones, and none that opens anything else", async () => {
    const scopes = (await read(path))['scopes_supported'] as string[];
    const eight = [
      'statements/write',
      'statements/read/mine',
      'statements/read',
      'state',
      'define',
      'profile',
      'all/read',
      'all',
    ];
    expect(scopes).toEqual(expect.arrayContaining([...eight, ...WHO]));
    for (const scope of ['introspect', 'authority/write', 'scim', 'events', 'wsapi:all', 'admin'])
      expect(scopes).not.toContain(scope);
    expect(new Set(scopes).size).toBe(scopes.length);
  });

  it('names the type of authorization_details that there is, and what tokens are for', async () => {
    expect(await read(path)).toMatchObject({
      authorization_details_types_supported: ['xapi'],
      protected_resources: [`${ISSUER}/xapi`],
    });
  });

  it('grants every scope that it announces, to a client that has all', async () => {
    const credentials = await service.addClient({ scope: 'all' });
    const scopes = (await read(path))['scopes_supported'] as string[];
    for (const scope of scopes.filter((name) => name === 'profile' || !WHO.includes(name)))
      expect((await service.issue(credentials, { scope })).scope).toBe(scope);
  });
});

describe('with further resources', () => {
  it('names each, and issues a token for each that it names', async () => {
    const events = { name: 'events', path: '/events', upstream: 'http://127.0.0.1:9', methods: { GET: ['events'] } };
    const other = await runTokenService({ resources: [events] });
    const credentials = await other.addClient({ scope: 'all events' });
    for (const path of DOCUMENTS) {
      const { protected_resources: resources } = (await other.send('get', path)).body as Metadata;
      expect(resources).toEqual([`${ISSUER}/xapi`, `${ISSUER}/events`]);
      for (const resource of resources as string[]) await other.issue(credentials, { resource });
    }
    await other.close();
  });
});

describe('an issuer with a port', () => {
  it('is what every URL begins with', async () => {
    const other = await runTokenService({ issuer: 'http://lrs.example.org:8080' });
    for (const path of DOCUMENTS) {
      const response = await other.send('get', path).set('Host', 'evil.example').set('X-Forwarded-Proto', 'https');
      for (const [, url] of urlsIn(response.body as Metadata))
        expect(new URL(url).origin).toBe('http://lrs.example.org:8080');
    }
    await other.close();
  });
});

describe('what a refusal says of us', () => {
  it.each(LIES)('trap, URLs from the Host header: the realm of 401 is the issuer also to %j', async (headers) => {
    const response = await service.askToken({ grant_type: 'client_credentials' }).set(headers).expect(401);
    expect(response.headers['www-authenticate']).toBe(`Basic realm="${ISSUER}"`);
  });
});
