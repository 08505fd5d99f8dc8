/**
 * Revoked means revoked: at once in the process that answered, within a bound in every other, and where a gateway cannot
 * know, it says so.
 *
 * @see RFC 7009 §2; design §3, Tokens 3
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { openStore } from '../../services/store/open-store.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { keyOf, type PlainKind, type Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import {
  allStarted,
  printedBy,
  runHallpass,
  startHallpass,
  type RunningService,
  type Settings,
} from '../support/hallpass.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { newClient } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

interface Registration {
  client_id: string;
  client_secret: string;
}

interface Seen {
  status: number;
  challenge: string | null;
  retryAfter: string | null;
  tookMs: number;
}

let lrs: EchoLrs;
beforeAll(async () => {
  lrs = await startEchoLrs();
});
afterAll(() => lrs.close());

async function ask(url: string, authorization: string): Promise<Seen> {
  const startedAt = performance.now();
  const response = await fetch(`${url}/xapi/activities/state?activityId=a&agent=b&stateId=c`, {
    headers: { Authorization: authorization, 'X-Experience-API-Version': '1.0.3' },
  });
  await response.text();
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    tookMs: performance.now() - startedAt,
  };
}

const REFUSED = { status: 401, challenge: expect.stringContaining('error="invalid_token"') as string };
const within = (timeoutMs: number) => ({ timeoutMs, everyMs: 10 });

async function post(url: string, form: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form) });
}

async function tokenOf(url: string, { client_id, client_secret }: Registration): Promise<string> {
  const response = await post(`${url}/oauth2/token`, { grant_type: 'client_credentials', client_id, client_secret });
  return ((await response.json()) as { access_token: string }).access_token;
}

interface Backend {
  address: string;
  close(): Promise<void>;
}

/** The store as another process of the same installation has it. */
async function connect(address: string): Promise<Store> {
  const read = readStoreAddress(address);
  if (!read) throw new Error(`not a store: ${address}`);
  const store = openStore(read, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  return store;
}

async function register(clients: ClientRegister): Promise<Registration> {
  const { client, client_secret } = newClient();
  await clients.add(client);
  return { client_id: client.client_id, client_secret };
}

function settingsFor(address: string): Settings {
  return {
    HALLPASS_STORE: address,
    HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    HALLPASS_LRS_URL: lrs.url,
    HALLPASS_LOG_LEVEL: 'fatal',
  };
}

const BACKENDS: [name: string, open: () => Promise<Backend>][] = [
  [
    'one Redis',
    async () => {
      const redis = await startRedis();
      return { address: redis.url, close: () => redis.close() };
    },
  ],
  [
    'one SQLite file',
    async () => {
      const folder = await tempFolder('revocation');
      return { address: `sqlite:${join(folder.path, 'hallpass.db')}`, close: () => folder.remove() };
    },
  ],
];

describe.each(BACKENDS)('two gateways and a token service, processes of their own, on %s', (_name, open) => {
  let backend: Backend;
  let env: Settings;
  let store: Store;
  let clients: ClientRegister;
  let tokens: RunningService;
  let one: RunningService;
  let other: RunningService;
  beforeAll(async () => {
    backend = await open();
    store = await connect(backend.address);
    clients = createClientRegister(store);
    const tokenPort = await freePort();
    env = { ...settingsFor(backend.address), HALLPASS_TOKEN_URL: `http://127.0.0.1:${tokenPort}` };
    [tokens, one, other] = await allStarted(
      startHallpass('token', env, { port: tokenPort }),
      startHallpass('gateway', env),
      startHallpass('gateway', env),
    );
  });
  afterAll(async () => {
    await Promise.all([one, other, tokens].map((service) => service?.stop()));
    await store?.close();
    await backend?.close();
  });

  /** A client with a token that both gateways have in memory. */
  async function known(): Promise<Registration & { token: string; bearer: string; basic: string }> {
    const registration = await register(clients);
    const { client_id, client_secret } = registration;
    const token = await tokenOf(tokens.url, registration);
    const bearer = `Bearer ${token}`;
    const basic = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
    for (const gateway of [one, other, one, other])
      for (const authorization of [bearer, basic])
        expect(await ask(gateway.url, authorization)).toMatchObject({ status: 200 });
    return { ...registration, token, bearer, basic };
  }

  it('refuse a token at once that was revoked through one of them, and at the other within a second', async () => {
    const { token, bearer, client_id, client_secret } = await known();
    const answer = await post(`${one.url}/oauth2/revoke`, { token, client_id, client_secret });
    expect(answer.status).toBe(200);
    expect(await ask(one.url, bearer)).toMatchObject(REFUSED);
    await eventually(async () => expect(await ask(other.url, bearer)).toMatchObject(REFUSED), within(15_000));
  });

  it('refuse a token within a second that was revoked at the token service', async () => {
    const { token, bearer, client_id, client_secret } = await known();
    const answer = await post(`${tokens.url}/oauth2/revoke`, { token, client_id, client_secret });
    expect(answer.status).toBe(200);
    for (const gateway of [one, other])
      await eventually(async () => expect(await ask(gateway.url, bearer)).toMatchObject(REFUSED), within(15_000));
  });

  it('go on accepting the other tokens of its client', async () => {
    const { token, bearer, ...registration } = await known();
    const second = await tokenOf(one.url, registration);
    expect(await ask(one.url, `Bearer ${second}`)).toMatchObject({ status: 200 });
    await post(`${one.url}/oauth2/revoke`, { token, ...registration });
    expect(await ask(one.url, bearer)).toMatchObject(REFUSED);
    expect(await ask(one.url, `Bearer ${second}`)).toMatchObject({ status: 200 });
  });

  it.each([
    ['is deactivated', (id: string) => ['client', 'update', id, '--inactive']],
    ['has its secret regenerated', (id: string) => ['client', 'regenerate', id]],
    ['is deleted', (id: string) => ['client', 'delete', id]],
  ])(
    'refuse the tokens and the secret within a second of a client that %s on the command line',
    async (_what, verb) => {
      const { bearer, basic, client_id } = await known();
      expect(await runHallpass(verb(client_id), { env })).toMatchObject({ code: 0 });
      for (const gateway of [one, other]) {
        await eventually(async () => expect(await ask(gateway.url, bearer)).toMatchObject(REFUSED), within(15_000));
        expect(await ask(gateway.url, basic)).toMatchObject({ status: 401 });
      }
    },
  );

  it.each([
    ['regenerated', 'regenerate-token'],
    ['removed', 'remove-token'],
  ])('refuse a static token within a second that is %s on the command line', async (_what, verb) => {
    const { bearer, client_id } = await known();
    const { access_token } = await printedBy<{ access_token: string }>(['client', 'generate-token', client_id], {
      env,
    });
    const lasting = `Bearer ${access_token}`;
    for (const gateway of [one, other])
      await eventually(
        async () => expect(await ask(gateway.url, lasting)).toMatchObject({ status: 200 }),
        within(15_000),
      );
    expect(await runHallpass(['client', verb, client_id], { env })).toMatchObject({ code: 0 });
    for (const gateway of [one, other]) {
      await eventually(async () => expect(await ask(gateway.url, lasting)).toMatchObject(REFUSED), within(15_000));
      expect(await ask(gateway.url, bearer)).toMatchObject({ status: 200 });
    }
  });

  it('accept the tokens again of a client that was deactivated and is active again', async () => {
    const { bearer, client_id } = await known();
    await clients.change(client_id, (client) => ({ ...client, active: false }));
    await eventually(async () => expect(await ask(one.url, bearer)).toMatchObject(REFUSED), within(15_000));
    await clients.change(client_id, (client) => ({ ...client, active: true }));
    for (const gateway of [one, other])
      await eventually(
        async () => expect(await ask(gateway.url, bearer)).toMatchObject({ status: 200 }),
        within(15_000),
      );
  });

  it('hold a token to what its client has been left with', async () => {
    const { bearer, client_id } = await known();
    await clients.change(client_id, (client) => ({ ...client, scope: 'statements/write' }));
    for (const gateway of [one, other])
      await eventually(
        async () => expect(await ask(gateway.url, bearer)).toMatchObject({ status: 403 }),
        within(15_000),
      );
  });
});

describe('a store that cannot be asked', () => {
  let redis: RedisServer;
  let gateway: RunningService;
  let cached: string;
  let unseen: string[];
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true });
    const env = { ...settingsFor(redis.url), HALLPASS_CACHE_SECONDS: '300' };
    const store = await connect(redis.url);
    const registration = await register(createClientRegister(store));
    await store.close();
    const [tokens, started] = await allStarted(startHallpass('token', env), startHallpass('gateway', env));
    gateway = started;
    const issued = await Promise.all([1, 2, 3, 4].map(() => tokenOf(tokens.url, registration)));
    [cached = '', ...unseen] = issued.map((token) => `Bearer ${token}`);
    await tokens.stop();
  });
  afterAll(async () => {
    await gateway.stop();
    await redis.close();
  });

  it.each([
    ['has stopped', () => redis.stop(), () => redis.start()],
    ['was killed', () => redis.kill(), () => redis.start()],
    ['hangs', () => Promise.resolve(redis.pause()), () => Promise.resolve(redis.resume())],
  ])(
    'is said to be unavailable where it %s, also for a token in memory, until it is back',
    async (_what, fail, mend) => {
      for (let n = 0; n < 3; n++) expect(await ask(gateway.url, cached)).toMatchObject({ status: 200 });
      await fail();
      const failedAt = performance.now();
      const since = () => performance.now() - failedAt;

      const fresh = unseen.pop() ?? '';
      const first = await ask(gateway.url, fresh);
      expect(first).toMatchObject({ status: 503, retryAfter: '1', challenge: null });
      expect(first.tookMs).toBeLessThan(10_000);

      while (since() < 2500) {
        const asked = since();
        const seen = await ask(gateway.url, cached);
        expect([200, 503]).toContain(seen.status);
        if (asked > 1500) expect(seen).toMatchObject({ status: 503, retryAfter: '1', challenge: null });
        expect(seen.tookMs).toBeLessThan(10_000);
        await sleep(50);
      }

      await mend();
      await eventually(
        async () => expect(await ask(gateway.url, cached)).toMatchObject({ status: 200 }),
        within(20_000),
      );
      await eventually(
        async () => expect(await ask(gateway.url, fresh)).toMatchObject({ status: 200 }),
        within(20_000),
      );
      expect(await ask(gateway.url, 'Bearer never-issued')).toMatchObject(REFUSED);
    },
  );
});

describe('a gateway with HALLPASS_CACHE_SECONDS=0', () => {
  it('reads the store on every call: not even an announcement is needed', async () => {
    const folder = await tempFolder('no-cache');
    const path = join(folder.path, 'hallpass.db');
    const [store, elsewhere] = [openSqlite(path), openSqlite(path)];
    const gateway = await startTestGateway({ lrsUrl: lrs.url, store, cacheSeconds: 0 });
    const { token, bearer } = await gateway.mint('all');
    for (let n = 0; n < 3; n++) expect(await ask(gateway.url, bearer)).toMatchObject({ status: 200 });
    await elsewhere.remove('access-token', keyOf(token));
    expect(await ask(gateway.url, bearer)).toMatchObject(REFUSED);

    const { bearer: second, client } = await gateway.mint('all');
    expect(await ask(gateway.url, second)).toMatchObject({ status: 200 });
    await elsewhere.remove('client', keyOf(client.client_id));
    expect(await ask(gateway.url, second)).toMatchObject(REFUSED);
    await gateway.close();
    await store.close();
    await elsewhere.close();
    await folder.remove();
  });
});

describe('a record that is being read while it is withdrawn', () => {
  let gateway: RunningGateway;
  let store: Store;
  let folder: { remove(): Promise<void> };
  let held: { kind: PlainKind; reached: () => void; released: Promise<void> } | undefined;
  beforeAll(async () => {
    const temp = await tempFolder('in-flight');
    folder = temp;
    store = openSqlite(join(temp.path, 'hallpass.db'));
    const slow: Store = {
      ...store,
      read: async (kind, key) => {
        const value = await store.read(kind, key);
        if (held?.kind === kind) {
          const { reached, released } = held;
          held = undefined;
          reached();
          await released;
        }
        return value;
      },
    };
    gateway = await startTestGateway({ lrsUrl: lrs.url, store: slow });
  });
  afterAll(async () => {
    await gateway.close();
    await store.close();
    await folder.remove();
  });

  /** Resolves once a read of that kind has its value, which it gives back only when released. */
  async function holdNextRead(kind: PlainKind): Promise<{ reached: Promise<void>; release: () => void }> {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    held = { kind, reached: reached.resolve, released: released.promise };
    return Promise.resolve({ reached: reached.promise, release: released.resolve });
  }

  it.each<['access-token' | 'client']>([['access-token'], ['client']])(
    'is not kept, so the next call is refused: %s',
    async (kind) => {
      const { token, bearer, client } = await gateway.mint('all');
      const { reached, release } = await holdNextRead(kind);
      const underWay = ask(gateway.url, bearer);
      await reached;
      if (kind === 'client') await gateway.clients.remove(client.client_id);
      else {
        await store.remove('access-token', keyOf(token));
        await store.announce('access-token', keyOf(token));
      }
      release();
      await underWay;
      expect(await ask(gateway.url, bearer)).toMatchObject(REFUSED);
    },
  );
});
