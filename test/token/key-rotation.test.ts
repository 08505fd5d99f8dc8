/** Keys that rotate under load: whoever verifies, with keys that are fetched now and then, never sees a failure. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { rotateKeys } from '../../services/store/rotate-keys.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { printedBy } from '../support/hallpass.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { startRedis } from '../support/redis-server.ts';
import { newSeal, runTokenService, tempStore } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';

const ISSUER = 'https://lrs.example.org';
/** How long the verifier uses keys without asking again. It asks for none that it does not know, either. */
const CACHE_MS = 1500;
const AFTER_SECONDS = 3;
/** That of the test gateway's seal. */
const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64url');

interface Shown {
  kid: string;
  alg?: string;
  state: string;
}

async function publishedBy(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(`${url}/oauth2/jwks`);
  expect(response.status).toBe(200);
  return (await response.json()) as JSONWebKeySet;
}

const kidsOf = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid);

/** An LRS that verifies each call with keys from one of several token services, each in turn. */
interface VerifyingLrs {
  readonly url: string;
  readonly failures: string[];
  /** Who signed, and how often. */
  readonly signers: Map<string, number>;
  /** Who is said to have signed what came last. */
  lastSigner(): string | undefined;
  /** Those whose keys are fetched. */
  readonly sources: string[];
  close(): Promise<void>;
}

async function startVerifyingLrs(): Promise<VerifyingLrs> {
  const sources: string[] = [];
  const failures: string[] = [];
  const signers = new Map<string, number>();
  let fetched = { at: -Infinity, keys: Promise.resolve<JSONWebKeySet>({ keys: [] }) };
  let fetches = 0;
  let last: string | undefined;

  function cachedKeys(): Promise<JSONWebKeySet> {
    if (performance.now() - fetched.at > CACHE_MS)
      fetched = { at: performance.now(), keys: publishedBy(sources[fetches++ % sources.length] ?? '') };
    return fetched.keys;
  }

  async function verify(authorization = ''): Promise<void> {
    const token = authorization.replace(/^Bearer /, '');
    last = decodeProtectedHeader(token).kid;
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(await cachedKeys()), { issuer: ISSUER });
    const kid = protectedHeader.kid ?? '';
    signers.set(kid, (signers.get(kid) ?? 0) + 1);
  }

  const server: Server = createServer((req, res) => {
    verify(req.headers.authorization)
      .catch((error: unknown) => failures.push((error as Error).message))
      .finally(() => res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"version":["1.0.3"]}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/xapi`,
    failures,
    signers,
    sources,
    lastSigner: () => last,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe.each(DRIVERS)('keys that rotate in %s', (_name, open) => {
  let shared: SharedStore;
  let lrs: VerifyingLrs;
  let gateways: RunningGateway[];
  beforeAll(async () => {
    shared = await open();
    lrs = await startVerifyingLrs();
    gateways = await Promise.all(
      ['generic', 'lrsql'].map(async (jwt_profile) =>
        startTestGateway({
          lrsUrl: lrs.url,
          store: await shared.connect(),
          lrsRegistration: { auth: 'jwt', jwt_profile: jwt_profile as 'generic' | 'lrsql' },
        }),
      ),
    );
    lrs.sources.push(...gateways.map(({ url }) => url));
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    await lrs.close();
    await shared.close();
  });

  const env = () => ({ HALLPASS_STORE: shared.address, HALLPASS_ENCRYPTION_KEY: ENCRYPTION_KEY });
  const keys = (...args: string[]) => printedBy<Shown[]>(['keys', ...args], { env: env() });

  it('fail no verification, in two gateways under load, with two token services that publish them', async () => {
    const [first] = gateways;
    const old = await keys('list');
    let isOver = false;
    let asked = 0;
    const load = gateways.map(async ({ url }) => {
      while (!isOver) {
        /* A client of its own, so that what was signed before is not used again. */
        const { bearer } = (await first?.mint('all')) ?? {};
        const response = await fetch(`${url}/xapi/statements`, {
          headers: { Authorization: bearer ?? '', 'X-Experience-API-Version': '1.0.3' },
        });
        expect(response.status).toBe(200);
        await response.arrayBuffer();
        asked += 1;
        await sleep(5);
      }
    });

    const rotations: Shown[][] = [];
    for (let round = 0; round < 2; round++) {
      const fresh = await keys('rotate', '--after-seconds', String(AFTER_SECONDS));
      rotations.push(fresh);
      const published = fresh.filter(({ alg }) => alg).map(({ kid }) => kid);
      for (const { url } of gateways)
        await eventually(async () => expect(kidsOf(await publishedBy(url))).toEqual(expect.arrayContaining(published)));
      expect([...lrs.signers.keys()].filter((kid) => published.includes(kid))).toEqual([]);
      await eventually(
        () => {
          for (const kid of published) expect(lrs.signers.get(kid) ?? 0).toBeGreaterThan(3);
        },
        { timeoutMs: 10_000 },
      );
    }
    isOver = true;
    await Promise.all(load);

    expect(lrs.failures).toEqual([]);
    expect(asked).toBeGreaterThan(50);
    const signing = (shown: Shown[]) => shown.flatMap(({ kid, alg }) => (alg ? [kid] : []));
    expect([...lrs.signers.keys()].sort()).toEqual([...signing(old), ...rotations.flatMap(signing)].sort());
    for (const { url } of gateways) {
      const expected = ['ES256', 'RS256'].flatMap((alg) =>
        [...rotations.toReversed(), old].map((shown) => shown.find((key) => key.alg === alg)?.kid),
      );
      expect(kidsOf(await publishedBy(url))).toEqual(expected);
    }
  });

  it('are gone at once from what both publish and sign with, where one is retired', async () => {
    const [compromised] = await keys('list');
    const kid = compromised?.kid ?? '';
    await keys('retire', `--kid=${kid}`);
    for (const { url } of gateways)
      await eventually(async () => expect(kidsOf(await publishedBy(url))).not.toContain(kid));
    await eventually(async () => {
      const { bearer } = (await gateways[0]?.mint('all')) ?? {};
      const response = await fetch(`${gateways[0]?.url}/xapi/statements`, {
        headers: { Authorization: bearer ?? '', 'X-Experience-API-Version': '1.0.3' },
      });
      expect(response.status).toBe(200);
      expect(lrs.lastSigner()).not.toBe(kid);
    });
  });
});

describe('keys in a store that cannot be reached', () => {
  it('are published all the same, and rotate when it is back', async () => {
    const redis = await startRedis({ appendonly: true });
    const address = readStoreAddress(redis.url);
    if (!address) throw new Error('not a store');
    const store = openStore(address, pino({ level: 'silent' }));
    await eventually(() => store.ping());
    const service = await runTokenService({ store });
    const before = kidsOf(await publishedBy(service.url));
    await redis.stop();
    for (const _ of [1, 2, 3]) expect(kidsOf(await publishedBy(service.url))).toEqual(before);
    await redis.start();
    await eventually(() => store.ping(), { timeoutMs: 10_000 });
    const fresh = await rotateKeys(store, service.seal, { afterSeconds: 0, longestLifeSeconds: 0 });
    await eventually(async () => expect(kidsOf(await publishedBy(service.url))[0]).toBe(fresh[0]?.kid));
    expect(kidsOf(await publishedBy(service.url))).toEqual([fresh[0]?.kid, before[0], fresh[1]?.kid, before[1]]);
    await service.close();
    await store.close();
    await redis.close();
  });
});

describe('a person who is on the way to a client while the keys of cookies rotate', () => {
  it('goes on where they were, at another service, whichever key their cookie was signed with', async () => {
    const opened = await tempStore();
    const seal = newSeal();
    const services = [
      await runTokenService({ store: opened.store, seal }),
      await runTokenService({ store: opened.connect(), seal }),
    ];
    const redirect_uri = 'https://player.example.com/callback';
    const { client_id = '' } =
      (await services[0]?.addClient({ grant_types: ['authorization_code'], redirect_uris: [redirect_uri] })) ?? {};
    const challenge = createHash('sha256')
      .update('a verifier of 43 characters, or some more of them')
      .digest('base64url');
    const query = {
      client_id,
      redirect_uri,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };

    async function begin(): Promise<{ page: string; cookie: string }> {
      const response = await services[0]?.send('get', `/oauth2/authorize?${new URLSearchParams(query).toString()}`);
      expect(response?.status).toBe(303);
      const cookies = response?.headers['set-cookie'] as unknown as string[];
      return {
        page: response?.headers.location ?? '',
        cookie: cookies.map((one) => one.split(';')[0]).join('; '),
      };
    }

    const flows = [await begin()];
    await rotateKeys(opened.store, seal, { afterSeconds: 1, longestLifeSeconds: 0 });
    flows.push(await begin());
    await sleep(2000);
    flows.push(await begin());
    const signatures = flows.map(({ cookie }) => /interaction\.sig=([^;]+)/.exec(cookie)?.[1]);
    expect(signatures).toEqual(Array(3).fill(expect.any(String)));
    for (const service of services)
      for (const { page, cookie } of flows) {
        await service.send('get', page).set('Cookie', cookie).expect(200);
        const forged = cookie.replace(/interaction\.sig=[^;]+/, 'interaction.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA');
        expect((await service.send('get', page).set('Cookie', forged)).status).toBeGreaterThanOrEqual(400);
      }
    for (const service of services) await service.close();
    await opened.close();
  });
});
