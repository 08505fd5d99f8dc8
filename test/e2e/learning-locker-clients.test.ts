/** What was set up for Learning Locker, moved over with its key and secret of 40 hexadecimal digits. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import xapi from '@xapi/xapi';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { storeImported } from '../../services/shared/secret.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { statement } from './product.ts';

const KEY = randomBytes(20).toString('hex');
const SECRET = randomBytes(20).toString('hex');
const BASIC = `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString('base64')}`;

let lrs: SampleLrs;
let gateway: RunningGateway;
beforeAll(async () => {
  const credentials = [{ username: 'hallpass', password: 'at-the-lrs' }];
  lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials, maxPageSize: 2 });
  gateway = await startTestGateway({
    lrsUrl: lrs.url,
    username: 'hallpass',
    password: 'at-the-lrs',
    options: { trustedProxies: ['127.0.0.1/32'] },
  });
  const secrets = [await storeImported(SECRET, 0)];
  await gateway.register('all', { client_id: KEY, secrets });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
});

const PATHS = ['/api/oauth2/token', '/oauth/access_token'];

/** From the internet, by a proxy: a machine's own loopback is not counted as anybody's network. */
function ask(path: string, form: Record<string, string>): Promise<Response> {
  const headers = { 'X-Forwarded-For': '198.51.100.7' };
  return fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
}

async function tokenAt(path: string): Promise<string> {
  const form = { client_id: KEY, client_secret: SECRET, grant_type: 'client_credentials', scope: 'xapi:write' };
  const answer = await ask(path, form);
  expect(answer.status).toBe(200);
  const granted = (await answer.json()) as { access_token: string; token_type: string; expires_in: number };
  expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
  return granted.access_token;
}

const read = (authorization: string) =>
  fetch(`${gateway.url}/xapi/statements?limit=1`, {
    headers: { Authorization: authorization, 'X-Experience-API-Version': '1.0.3' },
  });

describe.each(PATHS)('a token from %s, through the gateway', (path) => {
  it('reads and writes, though its request had the scope xapi:write, as every one has there', async () => {
    const authorization = `Bearer ${await tokenAt(path)}`;
    const stored = await fetch(`${gateway.url}/xapi/statements`, {
      method: 'POST',
      headers: {
        Authorization: authorization,
        'X-Experience-API-Version': '1.0.3',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(statement()),
    });
    expect(stored.status).toBe(200);
    expect((await read(authorization)).status).toBe(200);
  });

  it('after "Bearer:", with the colon of the documentation, is 400, and the answer says what to write', async () => {
    const answer = await read(`Bearer: ${await tokenAt(path)}`);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining('without a colon') as string },
    ]);
  });

  it('hostile: whoever goes through secrets is told to wait, 429 as everywhere, and the audit has each without the secret', async () => {
    const { client } = await gateway.register('all');
    const form = { client_id: client.client_id, grant_type: 'client_credentials' };
    const tried = Array.from({ length: 22 }, () => randomBytes(20).toString('hex'));
    const statuses = [];
    for (const client_secret of tried) statuses.push((await ask(path, { ...form, client_secret })).status);
    expect([statuses.slice(0, 20), statuses.at(-1)]).toEqual([Array(20).fill(400), 429]);
    const lines = gateway.logged().split('\n');
    const audited = lines.filter((line) => line.includes(client.client_id) && line.includes('"granted":false'));
    expect(audited).toHaveLength(tried.length);
    for (const secret of tried) expect(gateway.logged()).not.toContain(secret);
  });

  it('is refused where the secret is wrong: 400, by its own name', async () => {
    const wrong = { client_id: KEY, client_secret: SECRET.replace(/./, 'x'), grant_type: 'client_credentials' };
    const answer = await ask(path, wrong);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_client' }]);
  });
});

it('key and secret work by Basic, and a key with another secret does not', async () => {
  expect((await read(BASIC)).status).toBe(200);
  expect((await read(`Basic ${Buffer.from(`${KEY}:${KEY}`).toString('base64')}`)).status).toBe(401);
});

/** What of tincanjs is used here: it has no types of its own. */
interface TinCan {
  LRS: new (options: { endpoint: string; username: string; password: string }) => {
    saveStatement(statement: object, options: { callback: (error: unknown) => void }): void;
    retrieveStatement(id: string, options: { callback: (error: unknown, found: { id: string }) => void }): void;
  };
  Statement: new (statement: object) => { id: string };
}

describe('a client that others wrote', () => {
  it('with tincanjs, by key and secret', async () => {
    const tincan = createRequire(import.meta.url)('tincanjs') as TinCan;
    const client = new tincan.LRS({ endpoint: `${gateway.url}/xapi/`, username: KEY, password: SECRET });
    const sent = new tincan.Statement({ id: randomUUID(), ...statement() });
    const failed = await new Promise((resolve) => client.saveStatement(sent, { callback: resolve }));
    expect(failed).toBeNull();
    const found = await new Promise<string>((resolve, reject) =>
      client.retrieveStatement(sent.id, {
        callback: (error, { id }) => (error ? reject(new Error(JSON.stringify(error))) : resolve(id)),
      }),
    );
    expect(found).toBe(sent.id);
  });

  it.each([
    ['key and secret', () => Promise.resolve(xapi.default.toBasicAuth(KEY, SECRET))],
    ['a token', async () => `Bearer ${await tokenAt('/api/oauth2/token')}`],
  ])('with @xapi/xapi, by %s, page by page', async (_how, auth) => {
    const client = new xapi.default({ endpoint: `${gateway.url}/xapi/`, auth: await auth(), adapter: 'fetch' });
    const verb = { id: `https://example.org/verbs/${randomUUID()}` };
    const statements = Array.from({ length: 5 }, () => ({ id: randomUUID(), ...statement({ verb }) }));
    await client.sendStatements({ statements: statements as never });
    let { data: page } = await client.getStatements({ verb: verb.id });
    const seen = page.statements.map(({ id }) => id);
    while (page.more) {
      page = (await client.getMoreStatements({ more: page.more })).data as typeof page;
      seen.push(...page.statements.map(({ id }) => id));
    }
    expect(seen.sort()).toEqual(statements.map(({ id }) => id).sort());
  });
});
