/** An LMS that hands out temporary credentials as at lxHive, and content that tincanjs and @xapi/xapi make calls for with them. */
import xapi from '@xapi/xapi';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { printedBy, startHallpass, type RunningService } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { basicOf, queryOf, type Temporary } from '../token/lxhive-scene.ts';
import { statement } from './product.ts';

interface TinCanLrs {
  saveStatement(statement: unknown, options: { callback: (error: unknown) => void }): void;
}
interface TinCan {
  LRS: new (options: { endpoint: string; username: string; password: string; allowFail: boolean }) => TinCanLrs;
  Statement: new (statement: object) => unknown;
}

let folder: TempFolder;
let hallpass: RunningService;
let lms: string;
beforeAll(async () => {
  folder = await tempFolder('lxhive');
  const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  hallpass = await startHallpass('all', env);
  const { client_id: key, client_secret: secret } = await printedBy<{ client_id: string; client_secret: string }>(
    ['client', 'create', '--name', 'An LMS', '--scope', 'super all'],
    { env },
  );
  lms = basicOf({ key, secret });
});
afterAll(async () => {
  await hallpass.stop();
  await folder.remove();
});

const tokens = (method: string, init: { query?: string; body?: object } = {}) =>
  fetch(`${hallpass.url}/auth/tokens${init.query === undefined ? '' : `?${init.query}`}`, {
    method,
    headers: { Authorization: lms, 'Content-Type': 'application/json' },
    ...(init.body && { body: JSON.stringify(init.body) }),
  });

async function issue(): Promise<Temporary> {
  const expiresAt = new Date(Date.now() + 600_000).toISOString();
  const body = { user: { email: 'john@example.org' }, name: 'Test', scopes: ['statements/write', 'state'], expiresAt };
  return (await (await tokens('POST', { body })).json()) as Temporary;
}

it('content writes with a key and a secret by tincanjs, until they are deleted', async () => {
  const tincan = createRequire(import.meta.url)('tincanjs') as TinCan;
  const pair = await issue();
  const lrs = new tincan.LRS({
    endpoint: `${hallpass.url}/xapi/`,
    username: pair.key,
    password: pair.secret,
    allowFail: false,
  });
  const save = () =>
    new Promise((resolve) => {
      lrs.saveStatement(new tincan.Statement(statement()), { callback: resolve });
    });
  expect(await save()).toBeNull();
  expect((await tokens('DELETE', { query: queryOf(pair) })).status).toBe(204);
  expect(await save()).toBe(401);
  expect((await tokens('GET', { query: queryOf(pair) })).status).toBe(404);
});

it('content keeps its state with them by @xapi/xapi, and nothing beyond its scopes', async () => {
  const pair = await issue();
  const auth = xapi.default.toBasicAuth(pair.key, pair.secret);
  const client = new xapi.default({ endpoint: `${hallpass.url}/xapi/`, auth, adapter: 'fetch' });
  const where = {
    agent: { mbox: 'mailto:john@example.org' },
    activityId: 'https://example.org/activities/a-course',
    stateId: 'bookmark',
  };
  await client.setState({ ...where, state: { page: 7 } });
  expect((await client.getState(where)).data).toEqual({ page: 7 });
  await expect(client.getStatements({ limit: 1 })).rejects.toThrow('insufficient_scope');
  const told = (await (await tokens('GET', { query: queryOf(pair) })).json()) as Temporary;
  expect(told).toMatchObject({ expired: false, name: 'Test', key: pair.key, user: { email: 'john@example.org' } });
});
