/**
 * JWT access tokens at the gateway: one policy, whatever a token looks like. Two gateways on one store, as two processes
 * have it.
 *
 * @see RFC 9068 §4, RFC 8725 §2, RFC 7009 §2
 */
import { decodeJwt } from 'jose';
import type { Client } from '../../services/shared/client.ts';
import type { FurtherResource } from '../../services/shared/resources.ts';
import { loadSigningKeys } from '../../services/store/signing-keys.ts';
import { retireKey, rotateKeys } from '../../services/store/rotate-keys.ts';
import type { Store } from '../../services/store/store.ts';
import { createConsents } from '../../services/token/consents.ts';
import { newProver, type Prover } from '../support/dpop.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, TEST_SEAL, type RunningGateway } from '../support/gateway.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { ISSUER, type Credentials } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';
import { personScene, type PersonScene } from '../token/person-scene.ts';
import { openStore } from '../../services/store/open-store.ts';
import { readStoreAddress } from '../../config/store-address.ts';
import { createLog } from '../../services/shared/log.ts';
import { forgeriesOf } from './access-token-forgeries.ts';

const STATE = 'activities/state?activityId=a&agent=b&stateId=c';

async function ask(gateway: RunningGateway, token: string, path = `xapi/${STATE}`, method = 'GET') {
  const response = await fetch(`${gateway.url}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' },
  });
  await response.text();
  return { status: response.status, challenge: response.headers.get('www-authenticate') };
}

const REFUSED = { status: 401, challenge: expect.stringContaining('error="invalid_token"') as string };

describe.each(DRIVERS)('a JWT access token, on %s', (_driver, open) => {
  const RESOURCES: FurtherResource[] = [];
  let lrs: EchoLrs;
  let shared: SharedStore;
  let store: Store;
  let here: RunningGateway;
  let there: RunningGateway;
  let scene: PersonScene;
  const opened: { close(): Promise<unknown> }[] = [];
  beforeAll(async () => {
    lrs = await startEchoLrs();
    opened.push(lrs);
    shared = await open();
    opened.unshift(shared);
    store = await shared.connect();
    RESOURCES.push({ name: 'scim', path: '/scim/v2', upstream: lrs.url, methods: { GET: ['scim'] } });
    here = await startTestGateway({ lrsUrl: lrs.url, store, options: { resources: RESOURCES } });
    opened.unshift(here);
    there = await startTestGateway({
      lrsUrl: lrs.url,
      store: await shared.connect(),
      options: { resources: RESOURCES },
    });
    opened.unshift(there);
    scene = await personScene({ store: await shared.connect(), seal: TEST_SEAL, resources: RESOURCES });
    opened.unshift(scene);
    await scene.service.clients.change(scene.tool.client_id, asJwt);
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
  });

  const asJwt = (client: Client): Client => ({ ...client, access_token_format: 'jwt' });
  const both = () => [here, there];

  async function holder(said: Partial<Client> = {}, form: Record<string, string> = {}) {
    const credentials = await scene.service.addClient({ access_token_format: 'jwt', ...said });
    const { access_token: token } = await scene.service.issue(credentials, form);
    const change = (fields: Partial<Client>) =>
      here.clients.change(credentials.client_id, (client) => ({ ...client, ...fields }));
    return { credentials, token, change };
  }

  /** Seen by both gateways, so that both have it in memory. */
  async function known(token: string): Promise<void> {
    for (const gateway of both()) expect(await ask(gateway, token)).toMatchObject({ status: 200 });
  }

  async function refusedEverywhere(token: string): Promise<void> {
    for (const gateway of both())
      await eventually(async () => expect(await ask(gateway, token)).toMatchObject(REFUSED));
  }

  const revoke = (by: Credentials, token: string) => scene.service.post('/oauth2/revoke', by, { token }).expect(200);

  it('lets through what an opaque one would, and no more', async () => {
    const { token, change } = await holder({ scope: 'state/read' });
    await known(token);
    expect(await ask(here, token, 'xapi/statements')).toMatchObject({ status: 403 });
    expect(await ask(here, token, `xapi/${STATE}`, 'DELETE')).toMatchObject({ status: 403 });
    await change({ scope: 'statements/write' });
    for (const gateway of both())
      await eventually(async () => expect(await ask(gateway, token)).toMatchObject({ status: 403 }));
  });

  it('is held to its restrictions', async () => {
    const details = [{ type: 'xapi', activity: 'https://course.example/*' }];
    const { token } = await holder({}, { authorization_details: JSON.stringify(details) });
    const of = (activity: string) =>
      ask(here, token, `xapi/activities/profile?activityId=${encodeURIComponent(activity)}&profileId=p`);
    expect((await of('https://course.example/1')).status).toBe(200);
    expect((await of('https://other.example/1')).status).toBe(403);
  });

  it('is good where it says that it is meant for, and nowhere else', async () => {
    const { token: forLrs } = await holder({ scope: 'all scim' }, { resource: `${ISSUER}/xapi` });
    const { token: forScim } = await holder({ scope: 'all scim' }, { resource: `${ISSUER}/scim/v2` });
    const { token: forBoth } = await holder({ scope: 'all scim' });
    const { token: before, change } = await holder({ scope: 'all' });
    await change({ scope: 'all scim' });
    const seen = async (token: string) =>
      Promise.all([`xapi/${STATE}`, 'scim/v2/Users'].map(async (path) => (await ask(here, token, path)).status));
    expect(await seen(forLrs)).toEqual([200, 401]);
    expect(await seen(forScim)).toEqual([401, 200]);
    expect(await seen(forBoth)).toEqual([200, 200]);
    expect(await seen(before)).toEqual([200, 401]);
  });

  it.each<[string, (held: Awaited<ReturnType<typeof holder>>) => Promise<unknown>]>([
    ['it is revoked', ({ credentials, token }) => revoke(credentials, token)],
    ['its client is deactivated', ({ change }) => change({ active: false })],
    ['its client’s secret is regenerated', ({ change }) => change({ generation: 1 })],
    ['its client moves to another organization', ({ change }) => change({ org: 'berlin' })],
    ['its client is deleted', ({ credentials }) => here.clients.remove(credentials.client_id)],
  ])('is refused by every gateway once %s', async (_when, end) => {
    const held = await holder();
    await known(held.token);
    await end(held);
    await refusedEverywhere(held.token);
  });

  it('is refused at once by the gateway through which it was revoked', async () => {
    const { credentials, token } = await holder();
    await known(token);
    const response = await fetch(`${here.url}/oauth2/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ ...credentials, token }),
    });
    expect(response.status).toBe(200);
    expect(await ask(here, token)).toMatchObject(REFUSED);
    await refusedEverywhere(token);
  });

  it.each<[string, (tokens: { access_token: string; refresh_token?: string }) => Promise<unknown>]>([
    ['is revoked', ({ access_token }) => revoke(scene.tool, access_token)],
    ['is ended by its refresh token', ({ refresh_token = '' }) => revoke(scene.tool, refresh_token)],
    ['is withdrawn by the person', () => createConsents(store).withdraw(scene.person.person_id, scene.tool.client_id)],
  ])('of a person is refused once its family %s', async (_how, end) => {
    const tokens = await scene.tokens();
    const other = await scene.tokens();
    await known(tokens.access_token);
    await known(other.access_token);
    await end(tokens);
    await refusedEverywhere(tokens.access_token);
    const isAll = _how.includes('person');
    for (const gateway of both())
      await eventually(async () =>
        expect(await ask(gateway, other.access_token)).toMatchObject({ status: isAll ? 401 : 200 }),
      );
  });

  it('of a person is held to what the person has, and ends with their password', async () => {
    const person = await scene.addPerson();
    const { access_token: token } = await scene.tokens({ walk: { identifier: person.email } });
    await known(token);
    const change = (fields: object) => scene.people.change(person.person_id, (now) => ({ ...now, ...fields }));
    await change({ scope: 'statements/read' });
    for (const gateway of both())
      await eventually(async () => expect(await ask(gateway, token)).toMatchObject({ status: 403 }));
    await change({ scope: 'all' });
    for (const gateway of both())
      await eventually(async () => expect(await ask(gateway, token)).toMatchObject({ status: 200 }));
    await change({ generation: person.generation + 1 });
    await refusedEverywhere(token);
  });

  it('that anybody made, or that was made for something else, is refused: algorithms, keys, types, claims', async () => {
    const { token, credentials } = await holder({ scope: 'state' });
    const { control, forgeries } = await forgeriesOf(token, credentials.client_id, { store, seal: TEST_SEAL });
    await here.clients.change(credentials.client_id, (client) => ({ ...client, scope: 'all' }));
    const before = lrs.requests.length;
    const letThrough: [string, number][] = [];
    for (const forgery of forgeries) {
      const { status } = await ask(here, forgery.token);
      if (status !== 401) letThrough.push([forgery.what, status]);
    }
    expect(letThrough).toEqual([]);
    expect(forgeries.length).toBeGreaterThan(40);
    expect(lrs.requests.length).toBe(before);
    await known(control);
  });

  it('that is bound to a key is good with a proof by it, and never as a bearer token', async () => {
    const credentials = await scene.service.addClient({ access_token_format: 'jwt' });
    const key = await newProver();
    const answer = await scene.service
      .askToken({ grant_type: 'client_credentials', ...credentials })
      .set('DPoP', await key.prove('POST', `${ISSUER}/oauth2/token`));
    expect(answer.body).toMatchObject({ token_type: 'DPoP' });
    const { access_token: token } = answer.body as { access_token: string };
    expect(decodeJwt(token).cnf).toEqual({ jkt: key.jkt });
    expect(await scene.service.introspect(credentials, token)).toMatchObject({
      token_type: 'DPoP',
      cnf: { jkt: key.jkt },
    });
    const call = async (by: Prover) => {
      const proof = await by.prove('GET', `${ISSUER}/xapi/activities/state`, { token });
      const headers = { Authorization: `DPoP ${token}`, DPoP: proof, 'X-Experience-API-Version': '1.0.3' };
      return (await fetch(`${here.url}/xapi/${STATE}`, { headers })).status;
    };
    expect(await call(key)).toBe(200);
    expect(await call(await newProver())).toBe(401);
    expect((await ask(here, token)).status).toBe(401);
  });

  it('is no secret of a client: Basic knows none', async () => {
    const { credentials, token } = await holder();
    const response = await fetch(`${here.url}/xapi/${STATE}`, {
      headers: {
        Authorization: `Basic ${Buffer.from(`${credentials.client_id}:${token}`).toString('base64')}`,
        'X-Experience-API-Version': '1.0.3',
      },
    });
    expect(response.status).toBe(401);
  });

  it('is in no log of a gateway', async () => {
    const { token } = await holder({ scope: 'state/read' });
    await known(token);
    await ask(here, token, 'xapi/statements');
    expect(here.logged()).not.toContain(token.split('.')[2]);
  });

  it('is good while the key that signed it is published, and ends with it', async () => {
    const { token } = await holder();
    await known(token);
    const kid = (await loadSigningKeys(store, TEST_SEAL)).jwks[0]?.kid ?? '';
    await rotateKeys(store, TEST_SEAL, { afterSeconds: 0, longestLifeSeconds: 3600 });
    await known(token);
    await eventually(async () => {
      const { token: fresh } = await holder();
      await known(fresh);
    });
    await retireKey(store, TEST_SEAL, kid);
    await refusedEverywhere(token);
  });
});

describe('where the store cannot tell whether a JWT was revoked', () => {
  let redis: RedisServer;
  let lrs: EchoLrs;
  let store: Store;
  let gateway: RunningGateway;
  const opened: { close(): Promise<unknown> }[] = [];
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true });
    opened.push(redis);
    lrs = await startEchoLrs();
    opened.unshift(lrs);
    const address = readStoreAddress(redis.url);
    if (!address) throw new Error('no address');
    store = openStore(address, createLog('test', 'silent'));
    opened.unshift(store);
    await eventually(() => store.ping());
    gateway = await startTestGateway({ lrsUrl: lrs.url, store });
    opened.unshift(gateway);
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
  });

  it('a gateway says 503, also for one that it let through a moment ago, and lets it through again afterwards', async () => {
    const { client, secret } = await gateway.register('state', { access_token_format: 'jwt' });
    const response = await fetch(`${gateway.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.client_id,
        client_secret: secret,
      }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(token.split('.')).toHaveLength(3);
    expect(await ask(gateway, token)).toMatchObject({ status: 200 });
    await redis.stop();
    await eventually(async () => expect(await ask(gateway, token)).toEqual({ status: 503, challenge: null }));
    await redis.start();
    await eventually(async () => expect(await ask(gateway, token)).toMatchObject({ status: 200 }), {
      timeoutMs: 15_000,
    });
  });
});
