/** OAuth 1 at what is not the LRS: the endpoints where it is spoken, further resources, and the token service's own. */
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { addSigner, inHeader, inQuery, type Keys } from './oauth1-scene.ts';
import { askPort, JSON_TYPE, refusalOf, VERSION_1, type Headers } from './support.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let lrs: EchoLrs;
let scim: EchoLrs;
let gateway: RunningGateway;
let keys: Keys;
beforeAll(async () => {
  lrs = await startEchoLrs();
  scim = await startEchoLrs({ basePath: '/internal' });
  const resource = { name: 'scim', path: '/scim/v2', upstream: scim.url, methods: { GET: ['scim'], POST: ['scim'] } };
  gateway = await startTestGateway({ lrsUrl: lrs.url, options: { oauth1: true, resources: [resource] } });
  ({ keys } = await addSigner(gateway, 'scim super all'));
});
afterAll(async () => {
  await gateway?.close();
  await scim?.close();
  await lrs?.close();
});

const ask = (target: string, headers: Headers = VERSION_1, body?: string) =>
  askPort(gateway.port, target, headers, body);

describe('/xapi/OAuth', () => {
  it.each(['initiate', 'token'])('%s is answered by the token service, which asks for a signature', async (name) => {
    for (const target of [`/xapi/OAuth/${name}`, `/xapi/OAuth/${name}?scope=all`]) {
      const answer = await ask(`POST ${target}`);
      expect([answer.status, answer.header('Content-Type')]).toEqual([400, 'application/x-www-form-urlencoded']);
      expect(answer.body).toContain('oauth_problem=parameter_absent');
    }
  });

  it('authorize is a page', async () => {
    const answer = await ask('GET /xapi/OAuth/authorize?oauth_token=none', { Accept: 'text/html' });
    expect([answer.status, answer.header('Content-Type')]).toEqual([404, expect.stringContaining('text/html')]);
  });

  it.each([
    '/xapi/OAuth/',
    '/xapi/OAuth/initiate/',
    '/xapi/oauth/initiate',
    '/xapi/OAuth/%69nitiate',
    '/xapi/OAuth//initiate',
    '/xapi/OAuth/tokens',
    '/xapi/x/../OAuth/initiate',
    '/xAPI/OAuth/initiate',
    '/api/organizations/default/lrs/OAuth/initiate',
  ])('%s is nothing', async (target) => {
    expect((await ask(`GET ${target}`)).status).toBe(404);
    expect(lrs.requests).toEqual([]);
  });
});

describe('a further resource', () => {
  it('takes a signature in the header, and in the query, which then goes no further', async () => {
    const target = '/scim/v2/Users?filter=userName%20eq%20%22a%22';
    expect((await ask(`GET ${target}`, inHeader(keys, target))).status).toBe(200);
    expect((await ask(`GET ${inQuery(keys, target)}`)).status).toBe(200);
    expect(scim.requests.map(({ url }) => url)).toEqual(
      Array(2).fill('/internal/Users?filter=userName%20eq%20%22a%22'),
    );
    expect(JSON.stringify(scim.requests)).not.toContain('oauth_');
    const answer = await ask('GET /scim/v2/Users', inHeader(keys, target));
    expect([answer.status, answer.header('WWW-Authenticate')]).toEqual([401, 'OAuth realm="scim"']);
  });

  it('says that it takes no signed form', async () => {
    const [target, form] = ['/scim/v2/Users', [['a', 'b']] as [string, string][]];
    const answer = await ask(`POST ${target}`, { ...inHeader(keys, target, { method: 'POST', form }), ...FORM }, 'a=b');
    expect(answer.status).toBe(400);
    expect(refusalOf(answer).error_description).toContain('a form that is signed by OAuth 1 is not taken here');
    const json = await ask(`POST ${target}`, { ...inHeader(keys, target, { method: 'POST' }), ...JSON_TYPE }, '{}');
    expect(json.status).toBe(200);
  });
});

it('is known to the token service, where it asks who is calling', async () => {
  const target = '/auth/tokens';
  const body = JSON.stringify({ user: { email: 'ann@example.org' }, scopes: ['state'] });
  const post = (headers: Headers) => ask(`POST ${target}`, { ...headers, ...JSON_TYPE }, body);
  const headers = inHeader(keys, target, { method: 'POST' });
  const created = await post(headers);
  expect([created.status, created.body]).toEqual([200, expect.stringContaining('"key"')]);
  const again = await post(headers);
  expect([again.status, again.body]).toEqual([401, expect.stringContaining('oauth_nonce was used before')]);
});
