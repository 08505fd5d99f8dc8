/** The fetch URL of a launch: once, whoever asks and how often, and always with an answer that content can read. @see cmi5 §8.2 */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import request from 'supertest';
import { readStoreAddress } from '../../config/store-address.ts';
import { decodeAccessToken, encodeAccessToken } from '../../services/shared/access-token.ts';
import { openStore } from '../../services/store/open-store.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { startRedis } from '../support/redis-server.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { newSeal, runTokenService, type TokenService } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';
import { addLms, askFetch, askLaunch, endLaunch, fetched, launched, type Launched } from '../support/cmi5.ts';

const AT_ONCE = 50;

describe.each(DRIVERS)('over %s, at two token services', (_name, open) => {
  let shared: SharedStore;
  let store: Store;
  let service: TokenService;
  let other: TokenService;
  beforeAll(async () => {
    shared = await open();
    const seal = newSeal();
    store = await shared.connect();
    service = await runTokenService({ store, seal });
    other = await runTokenService({ store: await shared.connect(), seal });
  });
  afterAll(async () => {
    await other?.close();
    await service?.close();
    await shared?.close();
  });

  const tokensIn = (answers: readonly { 'auth-token'?: string }[]) =>
    answers.flatMap((answer) => answer['auth-token'] ?? []);

  /** As if it had been launched so long ago. */
  async function age({ id }: Launched, bySeconds: number): Promise<void> {
    const before = decodeAccessToken((await store.readOnce('cmi5-launch', keyOf(id)))?.value ?? '');
    const aged = { ...before, iat: before.iat - bySeconds, exp: before.exp - bySeconds };
    await store.write('cmi5-launch', keyOf(id), encodeAccessToken(aged), 60);
  }

  it('gives the token once: a Basic pair without a user name, of 256 random bits', async () => {
    const launch = await launched(service, await addLms(service));
    const first = await fetched(service, launch);
    expect(Object.keys(first)).toEqual(['auth-token']);
    const pair = Buffer.from(first['auth-token'] ?? '', 'base64');
    expect(pair.toString('base64')).toBe(first['auth-token']);
    expect(pair.toString()).toMatch(/^:[\w-]{43}$/);
    for (const again of [service, other, service])
      expect(await fetched(again, launch)).toEqual({
        'error-code': '1',
        'error-text': 'The authorization token has already been returned.',
      });
  });

  it('gives it to exactly one of 50 that ask at once', async () => {
    const lms = await addLms(service);
    const launch = await launched(service, lms);
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, turn) => fetched(turn % 2 ? service : other, launch)),
    );
    const [token = '', ...others] = tokensIn(answers);
    expect(others).toEqual([]);
    expect(answers.filter((answer) => answer['error-code'] === '1')).toHaveLength(AT_ONCE - 1);
    expect((await service.introspect(lms, token)).active).toBe(true);
  });

  it('gives a token that ends when the launch says, and that says what it is held to', async () => {
    const lms = await addLms(service);
    const launch = await launched(service, lms, { expires_in: 900 });
    const { 'auth-token': token = '' } = await fetched(service, launch);
    const told = await service.introspect(lms, token);
    expect(told).toMatchObject({ active: true, client_id: lms.client_id, exp: launch.expires_at, scope: launch.scope });
    expect(told.authorization_details).toContainEqual({
      type: 'xapi',
      actor: launch.actor,
      registration: launch.registration,
      activity: launch.activityId,
      'no-void': true,
      datatypes: ['statements', 'activities', 'activities/state', 'activities/profile'],
      'no-write': ['LMS.LaunchData'],
    });
  });

  it('says that the session has expired, and that its own time is over: 1', async () => {
    const lms = await addLms(service);
    const ended = await launched(service, lms, { expires_in: 60 });
    await age(ended, 61);
    expect(await fetched(service, ended)).toMatchObject({ 'error-code': '1' });
    const late = await launched(service, lms);
    await age(late, 601);
    expect(await fetched(service, late)).toMatchObject({ 'error-code': '1' });
    const early = await launched(service, lms);
    await age(early, 500);
    expect(await fetched(service, early)).toHaveProperty('auth-token');
  });

  it('says that the client was deactivated, regenerated, or may launch no more: 2, until it may again', async () => {
    const lms = await addLms(service);
    const launch = await launched(service, lms);
    for (const change of [{ active: false }, { generation: 7 }, { scope: 'all' }]) {
      await other.clients.change(lms.client_id, (client) => ({ ...client, ...change }));
      await expect(fetched(other, launch)).resolves.toMatchObject({ 'error-code': '2' });
      const back = { active: true, generation: 0, scope: 'launch all' };
      await other.clients.change(lms.client_id, (client) => ({ ...client, ...back }));
    }
    expect(await fetched(other, launch)).toHaveProperty('auth-token');
  });

  it('says that it knows nothing of a URL that nobody was given: 2', async () => {
    for (const secret of [randomBytes(32).toString('base64url'), '_'.repeat(43)])
      expect(await fetched(service, { fetch: `https://x.example/cmi5/fetch/${secret}` })).toMatchObject({
        'error-code': '2',
      });
  });

  it('gives nothing for the id of a launch, by which the LMS ends it', async () => {
    const launch = await launched(service, await addLms(service));
    const guessed = { fetch: launch.fetch.replace(/[^/]+$/, launch.id) };
    expect(await fetched(service, guessed)).toMatchObject({ 'error-code': '2' });
    expect(await fetched(service, launch)).toHaveProperty('auth-token');
  });

  it('gives nothing once the launch was ended, and what it gave ends with it', async () => {
    const lms = await addLms(service);
    const unused = await launched(service, lms);
    expect((await endLaunch(other, lms, unused.id)).status).toBe(204);
    const told = await fetched(service, unused);
    expect([told['error-code'], told['error-text']]).toEqual(['1', 'this session was ended: launch the content again']);
    const used = await launched(service, lms);
    const { 'auth-token': token = '' } = await fetched(service, used);
    expect((await service.introspect(lms, token)).active).toBe(true);
    expect((await endLaunch(other, lms, used.id)).status).toBe(204);
    expect((await service.introspect(lms, token)).active).toBe(false);
    expect((await endLaunch(other, lms, used.id)).status).toBe(404);
  });

  it('leaves no token that counts where it is fetched and ended at once', async () => {
    const lms = await addLms(service);
    for (let round = 0; round < 5; round++) {
      const launch = await launched(service, lms);
      const [ended, ...answers] = await Promise.all([
        endLaunch(other, lms, launch.id),
        ...Array.from({ length: 6 }, (_, turn) => fetched(turn % 2 ? service : other, launch)),
      ]);
      expect(ended.status).toBe(204);
      for (const token of tokensIn(answers)) expect((await service.introspect(lms, token)).active).toBe(false);
      expect(await fetched(service, launch)).toMatchObject({ 'error-code': '1' });
    }
  });

  it('is revoked like any other token', async () => {
    const lms = await addLms(service);
    const { 'auth-token': token = '' } = await fetched(service, await launched(service, lms));
    expect((await service.post('/oauth2/revoke', lms, { token })).status).toBe(200);
    expect((await service.introspect(lms, token)).active).toBe(false);
  });

  it('is never in the log, and neither is the URL it came from, or the learner', async () => {
    const launch = await launched(service, await addLms(service));
    const { 'auth-token': token = '' } = await fetched(service, launch);
    await fetched(service, launch);
    const log = service.logged.join('');
    expect(log).toContain(`"launch":"${launch.id}"`);
    for (const secret of [
      token,
      Buffer.from(token, 'base64').toString().slice(1),
      new URL(launch.fetch).pathname,
      '1625378',
    ])
      expect(log).not.toContain(secret);
    expect(log).not.toContain(launch.fetch.split('/').at(-1));
  });
});

describe('whatever is sent', () => {
  let service: TokenService;
  beforeAll(async () => {
    service = await runTokenService();
  });
  afterAll(() => service?.close());

  it.each([
    ['no type and no body', {}, undefined],
    ['an empty form', { 'Content-Type': 'application/x-www-form-urlencoded' }, ''],
    ['JSON that is none', { 'Content-Type': 'application/json' }, '{"a":'],
    ['bytes', { 'Content-Type': 'application/octet-stream' }, '\0\xff'],
    ['a credential of another', { Authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' }, undefined],
    ['an Authorization that is none', { Authorization: 'Bearer: x' }, undefined],
  ])('gives the token to a POST with %s', async (_what, headers, body) => {
    const launch = await launched(service, await addLms(service));
    const response = await askFetch(service, launch).set(headers).send(body);
    expect([response.status, Object.keys(response.body as object)]).toEqual([200, ['auth-token']]);
  });

  it.each(['get', 'head', 'put', 'delete', 'patch'] as const)(
    'gives nothing to %s, and is not spent by it',
    async (method) => {
      const launch = await launched(service, await addLms(service));
      const response = await service.send(method, new URL(launch.fetch).pathname);
      expect([response.status, response.headers.allow]).toEqual([405, 'POST, OPTIONS']);
      expect(await fetched(service, launch)).toHaveProperty('auth-token');
    },
  );

  it.each([
    ['more after it', (path: string) => `${path}/`],
    ['a longer secret', (path: string) => `${path}a`],
    ['a shorter secret', (path: string) => path.slice(0, -1)],
    ['an escape', (path: string) => path.replace('/fetch', '/%66etch')],
    ['capitals', (path: string) => path.replace('/cmi5', '/CMI5')],
    ['nothing', () => '/cmi5/fetch/'],
  ])('is nowhere with %s in its path', async (_what, change) => {
    const launch = await launched(service, await addLms(service));
    const response = await request(service.url).post(change(new URL(launch.fetch).pathname));
    expect(response.status).toBe(404);
  });

  it('lets pages of any origin ask and read, without cookies', async () => {
    const launch = await launched(service, await addLms(service));
    const path = new URL(launch.fetch).pathname;
    const preflight = await service.send('options', path).set({
      Origin: 'https://au.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': '*, Authorization',
    });
    const answer = await askFetch(service, launch).set('Origin', 'https://au.example');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(answer.body).toHaveProperty('auth-token');
  });

  it('gives nothing to a page of another origin than its client is registered with, and is not spent by it', async () => {
    const lms = await addLms(service, { allowed_origins: ['https://au.example'] });
    const launch = await launched(service, lms);
    for (const origin of ['https://evil.example', 'null', 'https://au.example.evil.example', 'http://au.example']) {
      const answer = await askFetch(service, launch).set('Origin', origin);
      expect([answer.status, answer.body]).toMatchObject([200, { 'error-code': '2' }]);
    }
    const answer = await askFetch(service, launch).set('Origin', 'https://au.example');
    expect(answer.body).toHaveProperty('auth-token');
  });
});

it('says 3 while the store is away, and gives the token afterwards', async () => {
  const redis = await startRedis({ appendonly: true });
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error('not a store');
  const store = openStore(address, pino({ level: 'silent' }));
  try {
    await eventually(() => store.ping());
    const service = await runTokenService({ store });
    try {
      const lms = await addLms(service);
      const launch = await launched(service, lms);
      await redis.kill();
      expect(await fetched(service, launch)).toEqual({
        'error-code': '3',
        'error-text': 'the token cannot be made just now: try again',
      });
      expect((await askLaunch(service, lms)).status).toBe(503);
      await redis.start();
      await eventually(async () => expect(await fetched(service, launch)).toHaveProperty('auth-token'));
    } finally {
      await service.close();
    }
  } finally {
    await store.close();
    await redis.close();
  }
});
