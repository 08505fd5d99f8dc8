/** An LMS's integrations against the whole product: set up on a page of OAuth clients, with what that page shows and nothing else. @see seed 001 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import xapi from '@xapi/xapi';
import { client as clientCommand } from '../../services/cli/client.ts';
import { runCommand } from '../cli/command.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startHallpass, type RunningService } from '../support/hallpass.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';
import { statement } from './product.ts';

/** What is copied from the page into the other system. */
interface Shown {
  client_id: string;
  client_secret: string;
  access_token: string;
  endpoints: { token_endpoint: string; scim_endpoint: string; xapi_endpoint: string };
}

const SCIM_USER = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ada' };

let folder: TempFolder;
let scim: EchoLrs;
let service: RunningService;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('lms');
  scim = await startEchoLrs();
  const upstream = { upstream: scim.url, methods: { GET: ['scim'], POST: ['scim'] } };
  const resources = [{ name: 'scim', path: '/scim/v2', ...upstream }];
  env = {
    HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`,
    HALLPASS_RESOURCES: JSON.stringify(resources),
  };
  service = await startHallpass('all', env);
});
afterAll(async () => {
  await service.stop();
  await scim.close();
  await folder.remove();
});

const page = async (...args: string[]) => {
  const { printed } = await runCommand(clientCommand, [...args, '--json'], { ...env, HALLPASS_ISSUER: service.url });
  return JSON.parse(printed) as Shown;
};
const create = (...args: string[]) => page('create', '--name', randomUUID(), ...args);

async function tokenOf({ client_id, client_secret, endpoints }: Shown): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const answer = await fetch(endpoints.token_endpoint, { method: 'POST', body });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

const XAPI = xapi.default;

/** A tool that was given the endpoint and a token. */
interface Tool {
  endpoint: string;
  auth: string;
}
const toolOf = ({ endpoints }: Shown, token: string): Tool => ({
  endpoint: endpoints.xapi_endpoint,
  auth: `Bearer ${token}`,
});

async function send(tool: Tool): Promise<string> {
  const id = randomUUID();
  const { data } = await new XAPI({ ...tool, adapter: 'fetch' }).sendStatement({
    statement: statement({ id }) as never,
  });
  expect(data).toEqual([id]);
  return id;
}

async function read({ endpoint, auth }: Tool, statementId: string): Promise<number> {
  const headers = { Authorization: auth, 'X-Experience-API-Version': '1.0.3' };
  return (await fetch(new URL(`statements?statementId=${statementId}`, endpoint), { headers })).status;
}

describe('a tool with "statements created by this client"', () => {
  it('reads what it wrote and nothing of others, until "full read" is ticked, and no more once it is not', async () => {
    const [tool, other] = await Promise.all([create('--allow', 'own-statements'), create('--allow', 'own-statements')]);
    const [lrs, others] = [toolOf(tool, await tokenOf(tool)), toolOf(other, await tokenOf(other))];
    const [own, foreign] = [await send(lrs), await send(others)];
    expect([await read(lrs, own), await read(lrs, foreign)]).toEqual([200, 404]);
    await page('update', tool.client_id, '--allow', 'full-read');
    const wider = toolOf(tool, await tokenOf(tool));
    expect([await read(wider, own), await read(wider, foreign)]).toEqual([200, 200]);
    await page('update', tool.client_id, '--disallow', 'full-read');
    await eventually(async () => expect(await read(wider, foreign)).toBe(404));
    expect(await read(wider, own)).toBe(200);
  });

  it('with a static token does the same with that alone, beside the tokens of its secret', async () => {
    const tool = await create('--allow', 'own-statements');
    const { access_token } = await page('generate-token', tool.client_id);
    const [lasting, asked] = [toolOf(tool, access_token), toolOf(tool, await tokenOf(tool))];
    const own = await send(lasting);
    expect([await read(lasting, own), await read(asked, own)]).toEqual([200, 200]);
    await page('regenerate', tool.client_id);
    await eventually(async () => expect(await read(asked, own)).toBe(401));
    expect(await read(lasting, own)).toBe(200);
    const { access_token: next } = await page('regenerate-token', tool.client_id);
    await eventually(async () => expect(await read(lasting, own)).toBe(401));
    expect(await read(toolOf(tool, next), own)).toBe(200);
    await page('update', tool.client_id, '--inactive');
    await eventually(async () => expect(await read(toolOf(tool, next), own)).toBe(401));
  });
});

describe('a provisioning system with a SCIM configuration', () => {
  const post = (url: string, token: string) =>
    fetch(`${url}/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      body: JSON.stringify(SCIM_USER),
    });

  it('provisions by tenant URL and secret token, and the SCIM server is told who, and which configuration', async () => {
    const workday = await create('--scim-configuration', 'workday');
    const { access_token } = await page('generate-token', workday.client_id);
    expect((await post(workday.endpoints.scim_endpoint, access_token)).status).toBe(200);
    expect(scim.requests.at(-1)).toMatchObject({
      method: 'POST',
      headers: {
        'x-hallpass-client': workday.client_id,
        'x-hallpass-scope': 'scim',
        'x-hallpass-scim-configuration': 'workday',
      },
    });
    expect(scim.requests.at(-1)?.headers).not.toHaveProperty('authorization');
    expect(await read(toolOf(workday, access_token), randomUUID())).toBe(403);
  });

  it('does so by client credentials, as Authlib asks for a token', async () => {
    const workday = await create('--scim-configuration', 'workday');
    const { token_endpoint, scim_endpoint } = workday.endpoints;
    const program = `
import json, sys
from authlib.integrations.requests_client import OAuth2Session
client_id, client_secret, token_endpoint, scim_endpoint = sys.stdin.read().split()
session = OAuth2Session(client_id, client_secret)
session.fetch_token(token_endpoint, grant_type="client_credentials")
print(session.post(scim_endpoint + "/Users", json={"userName": "ada"}).status_code)
`;
    const input = [workday.client_id, workday.client_secret, token_endpoint, scim_endpoint].join(' ');
    const running = runProcess('/usr/bin/python3', ['-c', program], {
      input,
      env: { AUTHLIB_INSECURE_TRANSPORT: '1' },
    });
    expect([await running.exited, running.stdout, running.stderr]).toEqual([{ code: 0, signal: null }, '200\n', '']);
  });

  it('is refused without the scope, though its configuration stands', async () => {
    const workday = await create('--scim-configuration', 'workday');
    const token = await tokenOf(workday);
    await page('update', workday.client_id, '--scope', 'state');
    await eventually(async () => expect((await post(workday.endpoints.scim_endpoint, token)).status).not.toBe(200));
  });
});
