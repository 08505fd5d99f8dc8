/** Static bearer tokens at two gateways on one store: one policy with their client's, until they are ended. @see design §3, Tokens 4 */
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { generateSecret, storeGenerated } from '../../services/shared/secret.ts';
import { withRegeneratedSecret, withRotatedSecret, withStaticToken } from '../../services/shared/client-credentials.ts';
import type { Client } from '../../services/shared/client.ts';
import { generateStaticToken } from '../../services/shared/static-token.ts';
import { openStore } from '../../services/store/open-store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis-server.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { eventually } from '../support/wait.ts';
import { askPort, refusalOf, VERSION_1, type Asked, type Headers } from './support.ts';

const STATE = '/xapi/activities/state?stateId=a';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

type Held = { client: Client; token: string; basic: string; secret: string };
type Seen = Omit<Asked, 'upstream'>;

describe.each(DRIVERS)('a static bearer token, on %s', (_name, open) => {
  let shared: SharedStore;
  let lrs: EchoLrs;
  let one: RunningGateway;
  let other: RunningGateway;
  let uncached: RunningGateway;
  beforeAll(async () => {
    shared = await open();
    lrs = await startEchoLrs();
    const start = async (cacheSeconds: number) =>
      startTestGateway({ lrsUrl: lrs.url, store: await shared.connect(), cacheSeconds });
    one = await start(30);
    [other, uncached] = await Promise.all([start(30), start(0)]);
  });
  afterAll(async () => {
    for (const gateway of [one, other, uncached]) await gateway.close();
    await lrs.close();
    await shared.close();
  });

  const ask = (gateway: RunningGateway, authorization: string, target = `GET ${STATE}`, more: Headers = {}) =>
    askPort(gateway.port, target, { ...VERSION_1, Authorization: authorization, ...more });
  const everywhere = () => [one, other, uncached];

  /** A client with a token that every gateway has seen. */
  async function holder(scope = 'state', said: Partial<Client> = {}): Promise<Held> {
    const { client, basic, secret } = await one.register(scope, said);
    const token = await give(client.client_id);
    return { client, token, basic, secret };
  }

  async function give(clientId: string): Promise<string> {
    const { token, stored } = generateStaticToken(clientId);
    await one.clients.change(clientId, (client) => withStaticToken(client, stored));
    return token;
  }

  const change = (clientId: string, fields: Partial<Client>) =>
    one.clients.change(clientId, (client) => ({ ...client, ...fields }));

  async function expectPasses(token: string, gateways = everywhere()): Promise<void> {
    for (const gateway of gateways) expect((await ask(gateway, `Bearer ${token}`)).status).toBe(200);
  }

  function expectInvalid(answer: Seen): void {
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(answer.header('WWW-Authenticate')).toMatch(/^Bearer realm="xapi", error="invalid_token"/);
    expect(answer.body).toContain('unknown, expired or revoked');
  }

  /** At once where it was done and where nothing is kept, and soon elsewhere. */
  async function expectEnded(token: string): Promise<void> {
    for (const gateway of [one, uncached]) expectInvalid(await ask(gateway, `Bearer ${token}`));
    await eventually(async () => expectInvalid(await ask(other, `Bearer ${token}`)));
  }

  it('is let pass without a token request, and held to the scope of its client', async () => {
    const { client, token } = await holder();
    await expectPasses(token);
    const answer = await ask(one, `Bearer ${token}`, 'GET /xapi/statements');
    expect(answer.status).toBe(403);
    expect(answer.header('WWW-Authenticate')).toContain('error="insufficient_scope"');
    await change(client.client_id, { scope: 'all' });
    expect((await ask(one, `Bearer ${token}`, 'GET /xapi/statements')).status).toBe(200);
  });

  it('is held to the restrictions of its client, and to its organization', async () => {
    const { token } = await holder('all', { restrictions: [{ activity: 'https://example.org/course' }] });
    const answer = await ask(one, `Bearer ${token}`, 'GET /xapi/activities/profile?activityId=https://other.example');
    expect(answer.status).toBe(403);
    const elsewhere = await holder('all', { org: 'acme' });
    for (const org of ['default', 'other']) {
      const place = `GET /api/organizations/${org}/lrs/activities/state?stateId=a`;
      expect(refusalOf(await ask(one, `Bearer ${elsewhere.token}`, place))).toMatchObject({ status: 403 });
    }
  });

  it('is taken in the form of the alternate request syntax', async () => {
    const { token } = await holder();
    const form = new URLSearchParams({ Authorization: `Bearer ${token}`, stateId: 'a' }).toString();
    const post = (body: string) =>
      askPort(one.port, 'POST /xapi/activities/state?method=GET', { ...VERSION_1, ...FORM }, body);
    expect((await post(form)).status).toBe(200);
    expect((await post(form.replace('&', 'x&'))).status).toBe(401);
  });

  it('ends everywhere when another is generated, which works at once', async () => {
    const { client, token } = await holder();
    await expectPasses(token);
    const next = await give(client.client_id);
    expect(next).not.toBe(token);
    await expectEnded(token);
    await eventually(() => expectPasses(next));
  });

  it('outlives a regenerated and a rotated secret, which it does not depend on, and neither they nor their tokens need it', async () => {
    const { client, token, secret } = await holder();
    const asked = await fetch(`${one.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.client_id,
        client_secret: secret,
      }),
    });
    const { access_token } = (await asked.json()) as { access_token: string };
    await expectPasses(access_token, [one]);
    const stored = () => storeGenerated(generateSecret(), Math.floor(Date.now() / 1000));
    const times = { nowSeconds: Math.floor(Date.now() / 1000), overlapSeconds: 60 };
    await one.clients.change(client.client_id, (now) => withRotatedSecret(now, stored(), times));
    await expectPasses(token, [one]);
    await give(client.client_id);
    await expectPasses(access_token, [one]);
    const last = await give(client.client_id);
    await one.clients.change(client.client_id, (now) => withRegeneratedSecret(now, stored()));
    await eventually(() => expectPasses(last));
    await expectEnded(access_token);
  });

  it('is worth nothing while its client is switched off, and after it was deleted', async () => {
    const { client, token, basic } = await holder();
    await expectPasses(token);
    await change(client.client_id, { active: false });
    await expectEnded(token);
    expect((await ask(one, basic)).status).toBe(401);
    await change(client.client_id, { active: true });
    await eventually(() => expectPasses(token));
    await one.clients.remove(client.client_id);
    await expectEnded(token);
  });

  it('does not come to life again with a new client under the same id', async () => {
    const { client, token } = await holder();
    await one.clients.remove(client.client_id);
    const again = await one.register('all', { client_id: client.client_id });
    expect((await ask(one, again.basic)).status).toBe(200);
    await expectEnded(token);
    const next = await give(client.client_id);
    await eventually(() => expectPasses(next));
    await expectEnded(token);
  });

  it.each<[string, Partial<Client>]>([
    ['gets bound tokens only, by DPoP', { dpop_bound_access_tokens: true }],
    ['gets bound tokens only, by its certificate', { tls_client_certificate_bound_access_tokens: true }],
    ['authenticates by keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['is public', { public: true }],
    ['acts for people only', { grant_types: ['authorization_code'] }],
  ])('is refused where its client %s by now', async (_why, fields) => {
    const { client, token } = await holder();
    await change(client.client_id, fields);
    await expectEnded(token);
  });

  it('is refused in every other spelling, with another id, and without its secret', async () => {
    const { client, token } = await holder();
    const another = await holder();
    const [, id = '', secret = ''] = token.split('~');
    const [, otherId = ''] = another.token.split('~');
    const encoded = (text: string) => Buffer.from(text).toString('base64url');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    /* Of 256 bits the last character has four: this one decodes to the same bytes. */
    const sameBytes = secret.slice(0, -1) + (alphabet[alphabet.indexOf(secret.at(-1) ?? '') + 1] ?? '');
    for (const wrong of [
      `hallpass~${otherId}~${secret}`,
      `hallpass~${encoded(client.client_id.toUpperCase())}~${secret}`,
      `hallpass~${id.toLowerCase()}~${secret}`,
      `hallpass~${id}A~${secret}`,
      `hallpass~${encoded(` ${client.client_id}`)}~${secret}`,
      `hallpass~${encoded(`${client.client_id}\0`)}~${secret}`,
      `hallpass~${client.client_id}~${secret}`,
      `Hallpass~${id}~${secret}`,
      `HALLPASS~${id}~${secret}`,
      `hallpass~${id}~${sameBytes}`,
      `hallpass~${id}~${secret.slice(0, -1)}`,
      `hallpass~${id}~${secret}A`,
      `hallpass~${id}~${secret}~`,
      `hallpass~${id}~${secret}=`,
      `hallpass~${id}~~${secret}`,
      `hallpass~~${secret}`,
      `hallpass~${id}~`,
      `hallpass~${id}`,
      'hallpass~',
      'hallpass~~',
      '~',
      '~~',
      `~${id}~${secret}`,
      `jwt~${id}~${secret}`,
      `hallpass.${id}.${secret}`,
      `hallpass~${id}~${secret}.`,
      secret,
      `hallpass~${encoded('__proto__')}~${secret}`,
      `hallpass~${encoded('constructor')}~${secret}`,
      `hallpass~${encoded('nobody')}~${secret}`,
      `hallpass~${id}~${client.static_token?.hash ?? another.secret}`,
      `hallpass~${id}~${'A'.repeat(5000)}`,
    ])
      expectInvalid(await ask(one, `Bearer ${wrong}`));
    await expectPasses(token, [one]);
  });

  it('is no secret, and needs the scheme Bearer', async () => {
    const { client, token, secret } = await holder();
    const basicOf = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
    for (const pair of [basicOf(client.client_id, token), basicOf(token, ''), basicOf('', token)])
      expect((await ask(one, pair)).status).toBe(401);
    for (const form of [
      { grant_type: 'client_credentials', client_id: client.client_id, client_secret: token },
      { grant_type: 'refresh_token', client_id: client.client_id, client_secret: secret, refresh_token: token },
    ]) {
      const answer = await fetch(`${one.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
      expect([400, 401]).toContain(answer.status);
    }
    const answer = await ask(one, `DPoP ${token}`);
    expect(refusalOf(answer)).toMatchObject({ status: 401, error: 'invalid_token' });
    expect(answer.header('WWW-Authenticate')).toMatch(/DPoP/);
    expect((await ask(one, `Basic ${token}`)).status).toBe(400);
    await expectPasses(token, [one]);
  });

  it('is in neither the log nor the store, whole or in part', async () => {
    const { client, token } = await holder();
    await expectPasses(token);
    expectInvalid(await ask(one, `Bearer ${token}x`));
    const [, , secret = ''] = token.split('~');
    const stored = JSON.stringify(await one.clients.find(client.client_id));
    expect(one.logged()).toContain('invalid_token');
    expect(stored).toContain('static_token');
    for (const text of [one.logged(), stored])
      for (const part of [secret.slice(0, 12), secret.slice(-12)]) expect(text).not.toContain(part);
  });

  describe('at the token service', () => {
    const post = async (path: string, { client, secret }: Held, token: string, gateway = one) => {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id: client.client_id, client_secret: secret }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const introspect = async (held: Held, token: string) => (await post('/oauth2/introspect', held, token)).body;

    it('is introspected by its client as what it is now, without an end', async () => {
      const held = await holder('statements/write state');
      const about = await introspect(held, held.token);
      expect(about).toEqual({
        active: true,
        client_id: held.client.client_id,
        scope: 'statements/write state',
        token_type: 'Bearer',
        iss: 'https://lrs.example.org',
        aud: 'https://lrs.example.org/xapi',
        org: 'default',
        iat: expect.closeTo(Date.now() / 1000, -2) as number,
      });
      await change(held.client.client_id, { scope: 'state' });
      await eventually(async () => expect(await introspect(held, held.token)).toMatchObject({ scope: 'state' }));
    });

    it('is nothing to other clients, but to those that may introspect; and is inactive where it does not count', async () => {
      const held = await holder();
      const inspector = await holder('introspect');
      expect(await introspect(await holder(), held.token)).toEqual({ active: false });
      expect(await introspect(inspector, held.token)).toMatchObject({ active: true });
      expect(await introspect(inspector, `${held.token}x`)).toEqual({ active: false });
      for (const fields of [{ active: false }, { active: true, dpop_bound_access_tokens: true as const }]) {
        await change(held.client.client_id, fields);
        await eventually(async () => expect(await introspect(inspector, held.token)).toEqual({ active: false }));
      }
    });

    it('is removed when its client revokes it, at every gateway; others cannot', async () => {
      const held = await holder();
      await expectPasses(held.token);
      const stranger = await post('/oauth2/revoke', await holder(), held.token);
      expect(stranger).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      await expectPasses(held.token);
      expect(await post('/oauth2/revoke', held, `${held.token}x`)).toMatchObject({ status: 200 });
      await expectPasses(held.token);
      expect(await post('/oauth2/revoke', held, held.token)).toMatchObject({ status: 200 });
      await expectEnded(held.token);
      expect(await one.clients.find(held.client.client_id)).not.toHaveProperty('static_token');
      expect((await ask(one, held.basic)).status).toBe(200);
    });

    it('is revoked though its client is switched off, so that it does not come back with it', async () => {
      const held = await holder();
      await change(held.client.client_id, { active: false });
      await eventually(async () =>
        expect(await post('/oauth2/revoke', await holder('introspect'), held.token)).toMatchObject({ status: 200 }),
      );
      await change(held.client.client_id, { active: true });
      await expectEnded(held.token);
    });

    it('says nothing of who a person is', async () => {
      const { token } = await holder('all');
      for (const path of ['/oauth2/userinfo', '/api/user/v1/me']) {
        const answer = await fetch(`${one.url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
        expect([401, 403]).toContain(answer.status);
      }
    });
  });
});

it('is neither let pass nor called wrong while nobody can tell', async () => {
  const redis = await startRedis({ appendonly: true });
  const lrs = await startEchoLrs();
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error('not a store');
  const store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  const gateway = await startTestGateway({ lrsUrl: lrs.url, store, cacheSeconds: 0 });
  try {
    const { client } = await gateway.register('state');
    const { token, stored } = generateStaticToken(client.client_id);
    await gateway.clients.change(client.client_id, (now) => withStaticToken(now, stored));
    const ask = () => askPort(gateway.port, `GET ${STATE}`, { ...VERSION_1, Authorization: `Bearer ${token}` });
    expect((await ask()).status).toBe(200);
    await redis.stop();
    expect(refusalOf(await ask())).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
    await redis.start();
    await eventually(async () => expect((await ask()).status).toBe(200));
  } finally {
    await gateway.close();
    await store.close();
    await lrs.close();
    await redis.close();
  }
});
