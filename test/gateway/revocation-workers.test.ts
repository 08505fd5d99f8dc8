/**
 * What is revoked through one of several workers is accepted by none of them, once the call that revoked it has been
 * answered. Each connection goes to the next worker, so as many connections as there are workers ask each of them.
 *
 * @see RFC 7009 §2; design §3, Tokens 3
 */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { freePort } from '../support/free-port.ts';
import { allStarted, printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { startRedis } from '../support/redis-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

const WORKERS = 4;
const SLOW = { timeoutMs: 60_000 };

interface Registration {
  client_id: string;
  client_secret: string;
}

let lrs: EchoLrs;
beforeAll(async () => {
  lrs = await startEchoLrs();
});
afterAll(() => lrs.close());

/** By a connection of its own. */
function ask(url: string, token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' };
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/xapi/statements?statementId=a`, { agent: false, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject).end();
  });
}

async function askEach(url: string, token: string): Promise<number[]> {
  return Promise.all(Array.from({ length: 2 * WORKERS }, () => ask(url, token)));
}

async function post(url: string, form: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form) });
}

const STORES: [name: string, open: () => Promise<{ address: string; close(): Promise<void> }>][] = [
  [
    'Redis',
    async () => {
      const redis = await startRedis();
      return { address: redis.url, close: () => redis.close() };
    },
  ],
  [
    'an SQLite file',
    async () => {
      const folder = await tempFolder('revocation-workers');
      return { address: `sqlite:${join(folder.path, 'hallpass.db')}`, close: () => folder.remove() };
    },
  ],
];

describe.each(STORES)('a gateway with four workers and a token service with two, on %s', (_name, open) => {
  let backend: { address: string; close(): Promise<void> };
  let env: Record<string, string>;
  let tokens: RunningService;
  let gateway: RunningService;
  beforeAll(async () => {
    backend = await open();
    const tokenPort = await freePort();
    env = {
      HALLPASS_STORE: backend.address,
      HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      HALLPASS_LRS_URL: lrs.url,
      HALLPASS_TOKEN_URL: `http://127.0.0.1:${tokenPort}`,
    };
    [tokens, gateway] = await allStarted(
      startHallpass('token', { ...env, HALLPASS_WORKERS: '2' }, { port: tokenPort }),
      startHallpass('gateway', { ...env, HALLPASS_WORKERS: String(WORKERS), HALLPASS_CACHE_SECONDS: '300' }),
    );
    for (const service of [tokens, gateway])
      await eventually(() => expect(service.process.stderr).toContain('"msg":"ready"'), SLOW);
  });
  afterAll(async () => {
    await gateway?.stop();
    await tokens?.stop();
    await backend?.close();
  });

  const register = () =>
    printedBy<Registration>(['client', 'create', '--name', 'A', '--scope', 'statements/read'], { env });

  /** A token that every worker has in memory. */
  async function known(registration: Registration): Promise<string> {
    const answer = await post(`${gateway.url}/oauth2/token`, { grant_type: 'client_credentials', ...registration });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    for (let n = 0; n < 2; n++) expect(new Set(await askEach(gateway.url, token))).toEqual(new Set([200]));
    return token;
  }

  it('refuses a token everywhere, as soon as its revocation was answered', async () => {
    const registration = await register();
    const accepted: number[] = [];
    for (let n = 0; n < 25; n++) {
      const token = await known(registration);
      expect((await post(`${gateway.url}/oauth2/revoke`, { token, ...registration })).status).toBe(200);
      accepted.push((await askEach(gateway.url, token)).filter((status) => status !== 401).length);
    }
    expect(accepted.filter((count) => count > 0)).toEqual([]);
    await eventually(() => {
      const refused = gateway.process.stderr.matchAll(/"worker":(\d+)[^\n]*"status":401/g);
      expect(new Set([...refused].map(([, worker]) => worker)).size).toBe(WORKERS);
    });
  });

  it('refuses the tokens of a client everywhere that is deactivated on the command line', async () => {
    const registration = await register();
    const token = await known(registration);
    const { code } = await runHallpass(['client', 'update', registration.client_id, '--inactive'], { env });
    expect(code).toBe(0);
    await eventually(async () => expect(new Set(await askEach(gateway.url, token))).toEqual(new Set([401])), SLOW);
  });
});
