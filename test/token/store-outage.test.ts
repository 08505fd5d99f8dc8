/** While nobody can tell, the answer is 503: never 401, never 200, never 500. @see design §3.3 */
import { pino } from 'pino';
import type { Response } from 'supertest';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { clientSecretContext } from '../../services/shared/oauth1/secrets.ts';
import { header, signed } from '../support/oauth1-signer.ts';
import { openBrowser, type Browser } from '../support/people-flow.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { ISSUER, refusalOf, runTokenService, type Credentials, type TokenService } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';
import { confirm, enter, type DeviceAnswer } from './device-scene.ts';

/** Of a client that may well be there. */
const AUTHORIZE = '/oauth2/authorize?response_type=code&client_id=somebody&redirect_uri=https://tool.example.com/';

/** By OAuth 1. */
const SIGNER = { consumerKey: 'a-signer', clientSecret: 'a secret of its own' };

let redis: RedisServer;
let store: Store;
let service: TokenService;
let known: Credentials;
let unread: Credentials;
/** Hands out temporary credentials. */
let lms: Credentials;
/** Asks people. */
let asking: Credentials;
let token: string;
/** Somebody on their way to let a device in. */
let withDevice: Browser;
let wayOn: string;

beforeAll(async () => {
  redis = await startRedis({ appendonly: true });
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error('not a store');
  store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  service = await runTokenService({ store, oauth1: true });
  known = await service.addClient();
  unread = await service.addClient();
  lms = await service.addClient({ scope: 'super all' });
  token = (await service.issue(known)).access_token;
  asking = await service.addClient({
    grant_types: [DEVICE_CODE, 'authorization_code'],
    redirect_uris: ['https://tool.example.com/'],
    pkce: false,
  });
  const { consumerKey: client_id, clientSecret } = SIGNER;
  const oauth1 = { secret: service.seal.seal(clientSecret, clientSecretContext(client_id)) };
  await service.addClient({ client_id, grant_types: ['authorization_code'], oauth1 });
  expect((await signedCall('/xapi/OAuth/initiate', { oauth_callback: 'oob' })).status).toBe(200);
  const { user_code } = (await service.post('/oauth2/device', asking, {})).body as DeviceAnswer;
  withDevice = openBrowser(service);
  wayOn = (await confirm(withDevice, user_code, 'mine')).location ?? '';
});
afterAll(async () => {
  await service.close();
  await store.close();
  await redis.close();
});

function expectUnavailable(response: Response): void {
  expect(refusalOf(response)).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
  expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(response.text).not.toMatch(/access_token|"active"|ECONNREFUSED|redis/i);
}

function signedCall(path: string, oauth: Record<string, string>) {
  const parameters = signed({ method: 'POST', url: `${ISSUER}${path}`, ...SIGNER, oauth });
  return service.send('post', path).set('Authorization', header(parameters));
}

async function expectEverythingUnavailable(): Promise<void> {
  const answers = await Promise.all([
    service.askToken({ grant_type: 'client_credentials', ...known }),
    service.askToken({ grant_type: 'client_credentials', ...unread }),
    service.askToken({ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' }),
    service.post('/oauth2/token', unread, { grant_type: 'client_credentials' }),
    service.post('/oauth2/introspect', known, { token }),
    service.post('/oauth2/introspect', known, { token: 'nothing' }),
    service.post('/oauth2/revoke', known, { token }),
    service.send('get', '/readyz'),
    service.send('get', '/oauth2/userinfo').set('Authorization', `Bearer ${token}`),
    service.send('get', '/api/user/v1/me').set('Authorization', `Bearer ${token}`),
    ...(['post', 'put', 'get', 'delete'] as const).map((method) =>
      service.send(method, '/auth/tokens?key=a&secret=b').auth(lms.client_id, lms.client_secret),
    ),
    service.send('get', AUTHORIZE),
    service.post('/oauth2/device', asking, { scope: 'state' }),
    service.post('/oauth2/par', asking, { response_type: 'code', client_id: asking.client_id }),
    service.askToken({ grant_type: DEVICE_CODE, device_code: 'a-code', ...asking }),
    signedCall('/xapi/OAuth/initiate', { oauth_callback: 'oob' }),
    signedCall('/xapi/OAuth/token', { oauth_token: 'a-token', oauth_verifier: '1' }),
  ]);
  answers.forEach(expectUnavailable);
  const pages = await Promise.all([
    service.send('get', AUTHORIZE).set('Accept', 'text/html'),
    withDevice.get(wayOn),
    enter(withDevice, 'BBBB-BBBB'),
    withDevice.get('/xapi/OAuth/authorize?oauth_token=a-token'),
    withDevice.get(`/sign-in/oauth1-${'a'.repeat(43)}`),
  ]);
  for (const page of pages) {
    expect([page.status, page.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(Number(page.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(page.text).toContain('<h1>Not available at the moment</h1>');
  }
}

async function expectEverythingBack(): Promise<void> {
  await eventually(async () => expect((await service.introspect(known, token)).active).toBe(true), {
    timeoutMs: 10_000,
  });
  await service.issue(unread);
  await service.send('get', '/readyz').expect(200, { status: 'ready' });
}

describe('a token service whose Redis goes away', () => {
  it('says 503 and Retry-After to every token request, and has lost nothing when it is back', async () => {
    await redis.stop();
    await expectEverythingUnavailable();
    await redis.start();
    await expectEverythingBack();
    expect((await withDevice.follow(wayOn)).text).toContain('type="password"');
  });

  it('says so where Redis hangs', async () => {
    redis.pause();
    await expectEverythingUnavailable().finally(() => redis.resume());
    await expectEverythingBack();
  });

  it('is alive meanwhile, and publishes what it need not ask for', async () => {
    await redis.stop();
    await service.send('get', '/healthz').expect(200, { status: 'ok' });
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/oauth2/jwks'])
      await service.send('get', path).expect(200);
    await redis.start();
    await expectEverythingBack();
  });

  it('refuses what is malformed as ever: that needs no store', async () => {
    await redis.stop();
    expect(refusalOf(await service.send('post', '/oauth2/token')).status).toBe(400);
    expect(refusalOf(await service.send('get', '/oauth2/token')).status).toBe(405);
    await redis.start();
    await expectEverythingBack();
  });
});
