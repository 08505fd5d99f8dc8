/** What a client learns from the URL of a resource alone. @see RFC 9728 */
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { askPort, refusalOf, VERSION_1 } from './support.ts';

const ISSUER = 'https://lrs.example.org';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** xAPI 1.0.3 Part 3 §4.2, and what SQL LRS and Ralph divide them into. */
const LRS_SCOPES = [
  'all',
  'all/read',
  'statements/write',
  'statements/read',
  'statements/read/mine',
  'state',
  'state/read',
  'state/write',
  'define',
  'profile',
  'profile/read',
  'profile/write',
  'activities_profile',
  'activities_profile/read',
  'agents_profile',
  'agents_profile/read',
];

let upstream: EchoLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startEchoLrs();
  const resources: FurtherResource[] = [
    {
      name: 'scim',
      path: '/scim/v2',
      upstream: upstream.url,
      methods: { GET: ['scim', 'ext/scim.read'], POST: ['scim'] },
    },
  ];
  gateway = await startTestGateway({ lrsUrl: upstream.url, options: { resources } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** The public origin, as it is reached in a test. */
const publicFetch: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  expect(url.origin).toBe(ISSUER);
  return fetch(gateway.url + url.pathname + url.search, init);
};
const reached = { [oauth.customFetch]: publicFetch as never };

const discover = async (resource: string): Promise<oauth.ResourceServer> => {
  const url = new URL(resource);
  return oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url, reached));
};

describe('the metadata of a resource', () => {
  const forLrs = (resource: string) => ({
    resource,
    resource_name: 'Learning Record Store',
    authorization_servers: [ISSUER],
    scopes_supported: LRS_SCOPES,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
    tls_client_certificate_bound_access_tokens: true,
    authorization_details_types_supported: ['xapi'],
  });

  it.each(['/xapi', '/xapi/', '/api/organizations/acme/lrs', '/api/organizations/acme/lrs/', ''])(
    'is found from its URL by oauth4webapi: %j of the issuer',
    async (path) => {
      const found = await discover(ISSUER + path);
      expect(found).toEqual({ ...forLrs(ISSUER + path), scopes_supported: expect.anything() as unknown });
      expect([...(found.scopes_supported ?? [])].sort()).toEqual([...LRS_SCOPES].sort());
    },
  );

  it('names the scopes of a further resource, and those only', async () => {
    expect(await discover(`${ISSUER}/scim/v2`)).toEqual({
      resource: `${ISSUER}/scim/v2`,
      resource_name: 'scim',
      authorization_servers: [ISSUER],
      scopes_supported: ['scim', 'ext/scim.read'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
      tls_client_certificate_bound_access_tokens: true,
    });
  });

  it('is there for everything that the authorization server says tokens can be for', async () => {
    const response = await publicFetch(`${ISSUER}/.well-known/oauth-authorization-server`);
    const { protected_resources = [] } = (await response.json()) as { protected_resources?: string[] };
    expect(protected_resources).toEqual([`${ISSUER}/xapi`, `${ISSUER}/scim/v2`]);
    for (const resource of protected_resources) expect((await discover(resource)).resource).toBe(resource);
  });

  it('tells nobody which organizations there are', async () => {
    const bodyFor = async (org: string) =>
      (await askPort(gateway.port, `GET ${WELL_KNOWN}/api/organizations/${org}/lrs`)).body.replaceAll(org, 'ORG');
    expect(await bodyFor('default')).toBe(await bodyFor('there-is-none'));
  });

  it('is JSON that may be kept, for any page, and without a token', async () => {
    const answer = await askPort(gateway.port, `GET ${WELL_KNOWN}/xapi?a=b`, { Origin: 'https://content.example' });
    expect(answer.status).toBe(200);
    expect(answer.header('Content-Type')).toMatch(/^application\/json/);
    expect(answer.header('Cache-Control')).toBe('public, max-age=3600');
    expect(answer.header('Access-Control-Allow-Origin')).toBe('*');

    const head = await askPort(gateway.port, `HEAD ${WELL_KNOWN}/xapi`);
    expect([head.status, head.body, head.header('Content-Type')]).toEqual([200, '', answer.header('Content-Type')]);

    const preflight = await askPort(gateway.port, `OPTIONS ${WELL_KNOWN}/xapi`, { Origin: 'https://content.example' });
    expect([preflight.status, preflight.header('Access-Control-Allow-Origin')]).toEqual([204, '*']);
    expect(preflight.header('Access-Control-Allow-Headers')).toBe('*');
  });

  it('can only be read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await askPort(gateway.port, `${method} ${WELL_KNOWN}/xapi`, {}, 'a');
      expect(refusalOf(answer).status).toBe(405);
      expect(answer.header('Allow')).toBe('GET, HEAD, OPTIONS');
    }
  });

  it.each([
    '/nothing',
    '/xapi/statements',
    '/xapi//',
    '/XAPI',
    '/%78api',
    '//',
    'x',
    '/scim',
    '/scim/V2',
    '/api/organizations/ACME/lrs',
    '/api/organizations/../lrs',
    '/api/organizations/%61cme/lrs',
    '/api/organizations//lrs',
    '/api/organizations/acme"/lrs',
    '/constructor',
    '/__proto__',
  ])('is not there for what is no resource: %s', async (path) => {
    expect(refusalOf(await askPort(gateway.port, `GET ${WELL_KNOWN}${path}`)).status).toBe(404);
  });
});

describe('a challenge', () => {
  const challenged = async (line: string, headers = {}): Promise<string> =>
    (await askPort(gateway.port, line, { ...VERSION_1, ...headers })).header('WWW-Authenticate') ?? '';

  it.each([
    ['GET /xapi/statements', '/xapi'],
    ['PUT /xapi/activities/state', '/xapi'],
    ['GET /api/organizations/acme/lrs/statements', '/api/organizations/acme/lrs'],
    ['GET /scim/v2/Users/1', '/scim/v2'],
  ])('of 401 says where the metadata is: %s', async (line, path) => {
    for (const headers of [{}, { Authorization: 'Bearer never-issued' }, { Authorization: 'Basic YTpi' }])
      expect(await challenged(line, headers)).toContain(`resource_metadata="${ISSUER}${WELL_KNOWN}${path}"`);
  });

  it('of 403 says so too, where another token would do', async () => {
    const { bearer } = await gateway.mint('state');
    for (const [line, path] of [
      ['GET /xapi/statements', '/xapi'],
      ['GET /api/organizations/default/lrs/statements', '/api/organizations/default/lrs'],
      ['GET /scim/v2/Users', '/scim/v2'],
    ] as const)
      expect(await challenged(line, { Authorization: bearer })).toMatch(
        new RegExp(`error="insufficient_scope".*, resource_metadata="${ISSUER}${WELL_KNOWN}${path}"$`),
      );
  });
});

describe('a client that knows nothing but the URL of the LRS', () => {
  const statements = new URL(`${ISSUER}/xapi/statements?limit=1`);

  it.each(['/xapi', '/scim/v2'])('finds its way to an answer: %s', async (path) => {
    const { client, secret } = await gateway.register('statements/read scim');
    const allowed = { [oauth.customFetch]: publicFetch as never };

    const first = await publicFetch(`${ISSUER}${path}/statements`, { headers: VERSION_1 });
    const metadata = /resource_metadata="([^"]+)"/.exec(first.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(metadata).toBe(`${ISSUER}${WELL_KNOWN}${path}`);
    const resource = await discover(ISSUER + path);
    const issuer = new URL(resource.authorization_servers?.[0] ?? '');
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...allowed }),
    );
    const who = { client_id: client.client_id };
    const granted = await oauth.processClientCredentialsResponse(
      server,
      who,
      await oauth.clientCredentialsGrantRequest(
        server,
        who,
        oauth.ClientSecretBasic(secret),
        { resource: resource.resource },
        allowed,
      ),
    );
    const call = oauth.protectedResourceRequest(
      granted.access_token,
      'GET',
      new URL(`${ISSUER}${path}/statements`),
      new Headers(VERSION_1),
      null,
      allowed,
    );
    expect((await call).status).toBe(200);
  });

  it('reads the challenge with openid-client', async () => {
    const config = await openid.discovery(new URL(ISSUER), 'a', 'b', undefined, {
      algorithm: 'oauth2',
      [openid.customFetch]: publicFetch as never,
    });
    const refused = openid.fetchProtectedResource(config, 'never-issued', statements, 'GET', null, new Headers());
    await expect(refused).rejects.toMatchObject({
      status: 401,
      cause: [
        {
          scheme: 'bearer',
          parameters: {
            error: 'invalid_token',
            resource_metadata: `${ISSUER}${WELL_KNOWN}/xapi`,
          },
        },
      ],
    });
  });
});
