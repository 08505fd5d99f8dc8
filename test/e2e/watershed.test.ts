/**
 * What was set up for Watershed, moved over with its key and secret: only the origin of its URLs is another.
 *
 * @see seeds: "Using OAuth 2 authorization with Watershed"
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import xapi from '@xapi/xapi';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { rawRequest } from '../support/raw-request.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { statement } from './product.ts';

/** The guide's own. */
const PROVIDER = { key: '30db41b72cbffb', secret: 'eb510b89c18441', org: '1234' };
/** Of another customer. */
const NEIGHBOUR = { key: '5f2c19aa7d03be', secret: '0c77e1d2b3f4a5', org: '5678' };
/** What was granted to an activity provider that may only read, and to one that may only write. */
const READER = { key: 'aaaaaaaaaaaaaa', secret: randomBytes(7).toString('hex'), org: '1234' };
const WRITER = { key: 'bbbbbbbbbbbbbb', secret: randomBytes(7).toString('hex'), org: '1234' };
/** Of the operator: Watershed's API is for global administrators. */
const ADMINISTRATOR = { key: 'cccccccccccccc', secret: randomBytes(7).toString('hex'), org: 'default' };

type ActivityProvider = typeof PROVIDER;

let folder: TempFolder;
let service: RunningService;
let echo: EchoLrs;
let api: EchoLrs;
let sample: SampleLrs;

beforeAll(async () => {
  [folder, echo, api] = await Promise.all([tempFolder('watershed'), startEchoLrs(), startEchoLrs({ basePath: '' })]);
  const credentials = [{ username: 'hallpass', password: 'at-the-lrs' }];
  sample = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials, maxPageSize: 2 });
  const resource = {
    name: 'watershed',
    path: '/watershed',
    upstream: api.url,
    methods: { GET: ['wsapi:all'], POST: ['wsapi:all'] },
  };
  const store = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
  service = await startHallpass('all', { ...store, HALLPASS_RESOURCES: JSON.stringify([resource]) });

  async function run(args: string[], input: string): Promise<void> {
    const { code, stderr } = await runHallpass(args, { env: store, input });
    if (code !== 0) throw new Error(stderr);
  }
  const customer = (org: string, url: string) =>
    run(
      ['org', 'create', org, '--name', `Customer ${org}`, '--lrs-url', url].concat(
        '--lrs-authority',
        'shared',
        '--lrs-username',
        'hallpass',
        '--lrs-password-stdin',
      ),
      'at-the-lrs\n',
    );
  const moveOver = ({ key, secret, org }: ActivityProvider, scope: string) =>
    run(
      ['client', 'create', '--org', org, '--id', key, '--secret-stdin', '--name', key, '--scope', scope],
      `${secret}\n`,
    );
  await Promise.all([customer('1234', echo.url), customer('5678', sample.url)]);
  await Promise.all([
    moveOver(PROVIDER, 'xapi:all,wsapi:all'),
    moveOver(NEIGHBOUR, 'xapi:all'),
    moveOver(READER, 'xapi:read'),
    moveOver(WRITER, 'xapi:write'),
    moveOver(ADMINISTRATOR, 'xapi:all,wsapi:all'),
  ]);
}, 60_000);
afterAll(async () => {
  await service.stop();
  for (const server of [echo, api, sample]) await server.close();
  await folder.remove();
});

const endpointOf = (org: string) => `/api/organizations/${org}/lrs/`;
const tokenUrlOf = (org: string) => `/api/organizations/${org}/oauth2/token`;
const basicOf = ({ key, secret }: ActivityProvider) => `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;

interface Granted {
  status: number | undefined;
  body: { access_token: string; token_type: string; expires_in: number; scope: string; error?: string };
}

/** As the guide has it: a form, and no header that the guide does not have. */
async function askToken(form: string, org = '1234'): Promise<Granted> {
  const head = `POST ${tokenUrlOf(org)} HTTP/1.1\r\nHost: watershed.example\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
  const answer = await rawRequest(service.port, `${head}Content-Length: ${form.length}\r\n\r\n${form}`, {
    responses: 1,
  });
  return { status: answer.status, body: JSON.parse(answer.body) as Granted['body'] };
}

const formOf = ({ key, secret }: ActivityProvider, more = '') =>
  `grant_type=client_credentials&client_id=${key}&client_secret=${secret}${more}`;

async function bearer(provider: ActivityProvider, scope?: string): Promise<string> {
  const { status, body } = await askToken(formOf(provider, scope && `&scope=${scope}`), provider.org);
  expect(status).toBe(200);
  return `Bearer ${body.access_token}`;
}

describe('the client credentials grant', () => {
  it('answers 200 with a token, of type bearer, for an hour, and says what it is for', async () => {
    const { status, body } = await askToken(formOf(PROVIDER));
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'bearer',
      expires_in: 3600,
      scope: 'all wsapi:all',
    });
  });

  it.each<[asked: string, granted: string]>([
    ['xapi:read', 'all/read'],
    ['xapi:read,xapi:write', 'all/read statements/write state/write profile/write'],
    ['xapi:read, xapi:write', 'all/read statements/write state/write profile/write'],
    ['xapi:read,xapi:write,xapi:all,wsapi:all', 'all all/read statements/write state/write profile/write wsapi:all'],
    ['wsapi:all', 'wsapi:all'],
  ])('takes a list with commas: %s', async (asked, granted) => {
    const { body } = await askToken(formOf(PROVIDER, `&scope=${encodeURIComponent(asked)}`));
    expect(body.scope.split(' ').sort()).toEqual(granted.split(' ').sort());
  });

  it('does not fail for more than was granted: the token is restricted to that', async () => {
    const { status, body } = await askToken(formOf(READER, '&scope=xapi:all,wsapi:all'));
    expect([status, body.scope]).toEqual([200, 'all/read']);
  });

  it('defaults to whatever was granted to the activity provider', async () => {
    expect((await askToken(formOf(READER))).body.scope).toBe('all/read');
    expect((await askToken(formOf(WRITER))).body.scope).toBe('statements/write state/write profile/write');
  });

  it('lets the client say when the token expires', async () => {
    expect((await askToken(formOf(PROVIDER, '&expire_seconds=90'))).body.expires_in).toBe(90);
    expect((await askToken(formOf(PROVIDER, '&expire_seconds=7200'))).body.expires_in).toBe(7200);
    expect((await askToken(formOf(PROVIDER, '&expire_seconds=999999999999'))).body.expires_in).toBe(86_400);
  });

  it.each(['0', '-1', '1e9', 'NaN', '1.5', '%2B60', '60%00'])('refuses to have it expire after %s', async (seconds) => {
    const { status, body } = await askToken(formOf(PROVIDER, `&expire_seconds=${seconds}`));
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });
});

const AGENT = encodeURIComponent(JSON.stringify({ mbox: 'mailto:learner@example.org' }));
const ACTIVITY = encodeURIComponent('https://example.org/activities/a-course');
const DOCUMENTS = [
  `activities/state?activityId=${ACTIVITY}&agent=${AGENT}&stateId=s`,
  `activities/profile?activityId=${ACTIVITY}&profileId=p`,
  `agents/profile?agent=${AGENT}&profileId=p`,
];
const READS = [
  'statements?limit=1',
  `activities?activityId=${ACTIVITY}`,
  `agents?agent=${AGENT}`,
  ...DOCUMENTS,
].flatMap((target) => [`GET ${target}`, `HEAD ${target}`]);
const WRITES = [
  `PUT statements?statementId=${randomUUID()}`,
  'POST statements',
  ...DOCUMENTS.flatMap((target) => [`PUT ${target}`, `POST ${target}`, `DELETE ${target}`]),
];

/** @returns the status, and what reached the LRS. */
async function call(line: string, authorization: string, prefix = endpointOf('1234')): Promise<[number, string[]]> {
  const [method = '', target = ''] = line.split(' ');
  const before = echo.requests.length;
  const response = await fetch(`${service.url}${prefix}${target}`, {
    method,
    headers: {
      Authorization: authorization,
      'X-Experience-API-Version': '1.0.3',
      ...(['PUT', 'POST'].includes(method) && { 'Content-Type': 'application/json' }),
    },
    ...(['PUT', 'POST'].includes(method) && { body: JSON.stringify(statement()) }),
  });
  await response.arrayBuffer();
  return [response.status, echo.requests.slice(before).map((request) => request.method)];
}

describe('a token', () => {
  it.each<[scope: string, permitted: readonly string[], refused: readonly string[]]>([
    ['xapi:read', READS, WRITES],
    ['xapi:write', WRITES, READS],
    ['xapi:all', [...READS, ...WRITES], []],
    ['wsapi:all', [], [...READS, ...WRITES]],
  ])('for %s is permitted what the guide says, and nothing else', async (scope, permitted, refused) => {
    const authorization = await bearer(PROVIDER, scope);
    for (const line of permitted)
      expect([line, ...(await call(line, authorization))]).toEqual([line, 200, [line.split(' ')[0]]]);
    for (const line of refused) expect([line, ...(await call(line, authorization))]).toEqual([line, 403, []]);
  });

  it('that names no scope is permitted what was granted to its provider', async () => {
    for (const [provider, permitted, refused] of [
      [READER, READS, WRITES],
      [WRITER, WRITES, READS],
    ] as const) {
      const authorization = await bearer(provider);
      for (const line of permitted) expect((await call(line, authorization))[0]).toBe(200);
      for (const line of refused) expect(await call(line, authorization)).toEqual([403, []]);
    }
  });

  it("for wsapi:all opens Watershed's API where it is configured, for the operator's own; one for xapi:all does not", async () => {
    const ask = async (provider: ActivityProvider, scope: string) => {
      const headers = { Authorization: await bearer(provider, scope) };
      return (await fetch(`${service.url}/watershed/activity-providers`, { headers })).status;
    };
    const asked = ['wsapi:all', 'xapi:all,wsapi:all', 'xapi:all', 'xapi:read,xapi:write'];
    expect(await Promise.all(asked.map((scope) => ask(ADMINISTRATOR, scope)))).toEqual([200, 200, 403, 403]);
    expect(await ask(PROVIDER, 'wsapi:all')).toBe(403);
  });
});

describe('Basic with the same key and secret', () => {
  it.each([endpointOf('1234'), '/xapi/'])('works at %s, for what was granted', async (prefix) => {
    for (const line of [...READS, ...WRITES]) expect((await call(line, basicOf(PROVIDER), prefix))[0]).toBe(200);
    for (const line of WRITES) expect(await call(line, basicOf(READER), prefix)).toEqual([403, []]);
    for (const line of READS) expect(await call(line, basicOf(WRITER), prefix)).toEqual([403, []]);
  });
});

describe('hostile: another organization', () => {
  it('key and secret get no token at the URL of another', async () => {
    const { status, body } = await askToken(formOf(NEIGHBOUR), '1234');
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect((await askToken(formOf(PROVIDER), 'default')).status).toBe(401);
  });

  it.each([
    ['a secret of another', { ...PROVIDER, secret: NEIGHBOUR.secret }],
    ['a key of another', { ...PROVIDER, key: NEIGHBOUR.key }],
  ])('%s opens nothing: no token, no Basic', async (_what, mixed) => {
    for (const org of ['1234', '5678']) expect((await askToken(formOf(mixed), org)).status).toBe(401);
    for (const prefix of [endpointOf('1234'), endpointOf('5678'), '/xapi/'])
      expect(await call('GET statements?limit=1', basicOf(mixed), prefix)).toEqual([401, []]);
  });

  it('Basic and token are refused at the endpoint of another', async () => {
    for (const authorization of [basicOf(NEIGHBOUR), await bearer(NEIGHBOUR)])
      for (const line of [...READS, ...WRITES]) expect(await call(line, authorization)).toEqual([403, []]);
  });

  it.each(['01234', '1234%20', '%31234', '１２３４', '1234.', '1234%2f', '1234/../1234', 'default/../1234'])(
    'the id of an organization in another spelling is none: %s',
    async (org) => {
      const authorization = await bearer(PROVIDER);
      const path = Buffer.from(`${endpointOf(org)}statements?limit=1`).toString('latin1');
      const before = echo.requests.length;
      const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Experience-API-Version: 1.0.3\r\nAuthorization: ${authorization}\r\n`;
      const { status } = await rawRequest(service.port, `${head}Connection: close\r\n\r\n`);
      expect([400, 403, 404]).toContain(status);
      expect(echo.requests.length).toBe(before);
    },
  );
});

describe('hostile: a scope in another spelling', () => {
  it.each(['XAPI:ALL', 'xapi:all%00', 'xapi%3Aall%0A', 'xapi:all;', 'xapi::all', 'xapi:ALL', 'xapi:*', 'wsapi:ALL'])(
    'gives nothing for %s',
    async (scope) => {
      const { status, body } = await askToken(formOf(PROVIDER, `&scope=${scope}`));
      expect(status).toBe(400);
      expect(body).not.toHaveProperty('access_token');
    },
  );

  it.each(['&scope[]=xapi:all', '&scope%5B0%5D=xapi:all', '&Scope=xapi:all', '&scopes=xapi:all'])(
    'is not the parameter: %s is passed over',
    async (more) => {
      expect((await askToken(formOf(READER, more))).body.scope).toBe('all/read');
    },
  );

  it('is refused where it comes twice', async () => {
    expect((await askToken(formOf(PROVIDER, '&scope=xapi:read&scope=xapi:all'))).status).toBe(400);
  });
});

describe('hostile: the request itself', () => {
  it('with credentials in the URL is refused', async () => {
    const path = `${tokenUrlOf('1234')}?${formOf(PROVIDER)}`;
    const response = await fetch(`${service.url}${path}`, { method: 'POST', body: new URLSearchParams() });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('access_token');
  });

  it('with a body of JSON is refused, and told what to send', async () => {
    const response = await fetch(`${service.url}${tokenUrlOf('1234')}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: PROVIDER.key,
        client_secret: PROVIDER.secret,
      }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error_description: expect.stringContaining('form') as string });
  });
});

/** What of tincanjs is used here: it has no types of its own. */
interface TinCanLrs {
  saveStatements(statements: object[], options: { callback: Callback<unknown> }): void;
  queryStatements(options: { params: object; callback: Callback<TinCanPage> }): void;
  moreStatements(options: { url: string; callback: Callback<TinCanPage> }): void;
}
interface TinCan {
  LRS: new (options: { endpoint: string; username?: string; password?: string; auth?: string }) => TinCanLrs;
  Statement: new (statement: object) => { id: string };
}
type Callback<T> = (error: unknown, result: T) => void;
type TinCanPage = { statements: { id: string }[]; more: string };

describe('an activity provider that others wrote', () => {
  const endpoint = () => `${service.url}${endpointOf(NEIGHBOUR.org)}`;

  function called<T>(call: (callback: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      call((error, result) => (error ? reject(new Error(JSON.stringify(error))) : resolve(result)));
    });
  }

  it('with tincanjs, by key and secret, stores and pages at the Watershed Endpoint', async () => {
    const tincan = createRequire(import.meta.url)('tincanjs') as TinCan;
    const lrs = new tincan.LRS({ endpoint: endpoint(), username: NEIGHBOUR.key, password: NEIGHBOUR.secret });
    const verb = { id: 'https://example.org/verbs/by-tincanjs' };
    const sent = Array.from({ length: 5 }, () => new tincan.Statement({ id: randomUUID(), ...statement({ verb }) }));
    await called((callback) => lrs.saveStatements(sent, { callback }));
    let page = await called<TinCanPage>((callback) => lrs.queryStatements({ params: {}, callback }));
    const seen = page.statements.map(({ id }) => id);
    for (let { more } = page; more; { more } = page) {
      page = await called<TinCanPage>((callback) => lrs.moreStatements({ url: more, callback }));
      seen.push(...page.statements.map(({ id }) => id));
    }
    expect(seen).toEqual(expect.arrayContaining(sent.map(({ id }) => id)));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('with @xapi/xapi, by a token from the OAuth Server URL, stores and pages there', async () => {
    const XAPI = xapi.default;
    const client = new XAPI({ endpoint: endpoint(), auth: await bearer(NEIGHBOUR), adapter: 'fetch' });
    const verb = { id: 'https://example.org/verbs/by-xapi', display: { en: 'sent' } };
    const statements = Array.from({ length: 5 }, () => ({ id: randomUUID(), ...statement({ verb }) }));
    await client.sendStatements({ statements: statements as never });
    let { data: page } = await client.getStatements({ verb: verb.id, limit: 2 });
    const seen = page.statements.map(({ id }) => id);
    while (page.more) {
      page = (await client.getMoreStatements({ more: page.more })).data as typeof page;
      seen.push(...page.statements.map(({ id }) => id));
    }
    expect(seen.sort()).toEqual(statements.map(({ id }) => id).sort());
  });

  describe('with requests-oauthlib', () => {
    async function fetchToken(scope: string, env: Record<string, string> = {}) {
      const url = `${service.url}${tokenUrlOf(PROVIDER.org)}`;
      const input = JSON.stringify({ ...PROVIDER, url, scope });
      const insecure = { OAUTHLIB_INSECURE_TRANSPORT: '1', ...env };
      const python = runProcess('/usr/bin/python3', ['-c', REQUESTS_OAUTHLIB], { input, env: insecure });
      const { code } = await python.exited;
      return { code, ...python };
    }

    it("gets a token by xAPI's own names as it is", async () => {
      const { code, stdout, stderr } = await fetchToken('statements/read state');
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ token_type: 'bearer', scope: ['statements/read', 'state'] });
    });

    it("gets one by Watershed's names where it does not insist that the answer has the same: OAUTHLIB_RELAX_TOKEN_SCOPE", async () => {
      expect((await fetchToken('xapi:read,xapi:write')).stderr).toContain('Scope has changed');
      const { code, stdout } = await fetchToken('xapi:read,xapi:write', { OAUTHLIB_RELAX_TOKEN_SCOPE: '1' });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ expires_in: 3600 });
    });
  });
});

const REQUESTS_OAUTHLIB = `
import json, sys
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

given = json.load(sys.stdin)
session = OAuth2Session(client=BackendApplicationClient(client_id=given['key'], scope=given['scope']))
token = session.fetch_token(given['url'], client_secret=given['secret'], include_client_id=True)
print(json.dumps(token))
`;
