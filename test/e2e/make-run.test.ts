/** What `make run` starts, as a newcomer meets it: one command, two lines of curl. */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hallpass, printedBy, runHallpass, startHallpass, type RunningService } from '../support/hallpass.ts';
import { freePort } from '../support/free-port.ts';
import { rawRequest } from '../support/raw-request.ts';
import { startRedis } from '../support/redis-server.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

const STATEMENT = {
  actor: { mbox: 'mailto:lea@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
  object: { id: 'https://example.org/activities/e2e' },
};

/** Everything said by every process of this file, and every secret it was about. */
const said: { output: string; banner: boolean }[] = [];
const secrets = new Set<string>();

function listen(service: RunningService, { banner = false } = {}): RunningService {
  void service.process.exited.then(() => said.push({ output: service.process.output, banner }));
  return service;
}

interface Registration {
  client_id: string;
  client_secret: string;
}

async function tokenFrom(url: string, { client_id, client_secret }: Registration): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const response = await fetch(`${url}/oauth2/token`, { method: 'POST', body: form });
  const { access_token } = (await response.json()) as { access_token: string };
  secrets.add(client_secret).add(access_token);
  return access_token;
}

function headersWith(token: string): Record<string, string> {
  return {
    Authorization: `Bearer ${token}`,
    'X-Experience-API-Version': '1.0.3',
    'Content-Type': 'application/json',
  };
}

async function store(url: string, token: string): Promise<string> {
  const id = randomUUID();
  const response = await fetch(`${url}/xapi/statements?statementId=${id}`, {
    method: 'PUT',
    headers: headersWith(token),
    body: JSON.stringify(STATEMENT),
  });
  expect(response.status).toBe(204);
  return id;
}

async function readBack(url: string, token: string, id: string): Promise<unknown> {
  const response = await fetch(`${url}/xapi/statements?statementId=${id}`, { headers: headersWith(token) });
  expect(response.status).toBe(200);
  return response.json();
}

/** Everything that somebody might do wrong with a secret, so that a process has reason to speak of it. */
async function misuse(url: string, token: string, { client_id, client_secret }: Registration): Promise<number[]> {
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) });
  const asked: [path: string, init: RequestInit][] = [
    [`/xapi/statements?access_token=${token}`, { headers: headersWith(token) }],
    [`/xapi/${token}`, { headers: headersWith(token) }],
    ['/xapi/statements', { headers: { Authorization: `Bearer: ${token}` } }],
    ['/xapi/statements', { headers: { Authorization: token } }],
    ['/xapi/statements', { headers: { Authorization: `Basic ${basic}x` } }],
    ['/xapi/statements', { headers: { ...headersWith(token), 'X-Experience-API-Version': token } }],
    ['/xapi/statements?method=GET', form({ Authorization: `Bearer ${token}`, content: client_secret, secret: token })],
    [`/oauth2/token?client_secret=${client_secret}`, form({ grant_type: 'client_credentials', client_id })],
    ['/oauth2/token', form({ grant_type: client_secret, client_id, client_secret })],
    ['/oauth2/token', form({ grant_type: 'client_credentials', client_id: client_secret, client_secret: client_id })],
    ['/oauth2/token', { ...form({ scope: client_secret }), headers: { Authorization: `Basic ${basic}` } }],
    ['/oauth2/introspect', form({ token, client_id, client_secret: token })],
    [`/oauth2/revoke?token=${token}`, form({ token, client_id, client_secret })],
    [`/${client_secret}`, {}],
  ];
  const statuses: number[] = [];
  for (const [path, init] of asked) {
    const response = await fetch(`${url}${path}`, init);
    await response.text();
    statuses.push(response.status);
  }
  return statuses;
}

async function sh(line: string): Promise<string> {
  const shell = runProcess('sh', ['-c', line]);
  expect(await shell.exited).toEqual({ code: 0, signal: null });
  return shell.stdout;
}

describe('hallpass all, in an empty folder', () => {
  let folder: TempFolder;
  let port: number;
  let service: RunningService;
  let demo: Registration;
  let token: string;
  const start = () => startHallpass('all', { HALLPASS_LOG_LEVEL: 'trace' }, { cwd: folder.path, port });
  beforeAll(async () => {
    folder = await tempFolder('make-run');
    port = await freePort();
    service = listen(await start(), { banner: true });
    await service.process.waitFor(/Store a statement[^\n]*\n.+\n/);
    demo = {
      client_id: /client_id +(\S+)/.exec(service.process.stdout)?.[1] ?? '',
      client_secret: /client_secret +(\S+)/.exec(service.process.stdout)?.[1] ?? '',
    };
  });
  afterAll(async () => {
    await service.stop();
    await folder.remove();
  });

  const curlLines = () => service.process.stdout.split('\n').filter((line) => line.startsWith('curl '));

  it('says that it is in front of the sample LRS, where it is, and a client with its secret', () => {
    expect(service.process.stdout).toContain('HALLPASS_LRS_URL is not set');
    expect(service.process.stdout).toContain(`hallpass is at ${service.url}`);
    expect(demo).toEqual({ client_id: 'demo', client_secret: expect.stringMatching(/^[\w-]{43}$/) as string });
  });

  it('prints two curl lines: the first gets a token, the second stores a statement that can be read back', async () => {
    const [getToken = '', storeStatement = '', ...others] = curlLines();
    expect(others).toEqual([]);
    const answer = JSON.parse(await sh(getToken)) as { access_token: string; token_type: string; scope: string };
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: 'all' });
    token = answer.access_token;
    secrets.add(token).add(demo.client_secret);

    const [id] = JSON.parse(await sh(storeStatement)) as string[];
    expect(await readBack(service.url, token, id ?? '')).toMatchObject({
      id,
      actor: { mbox: 'mailto:learner@example.org' },
    });
  });

  it('has the demo client, which may do everything, in the record of what was changed', async () => {
    const changes = await printedBy<object[]>(['audit'], { cwd: folder.path });
    expect(changes).toEqual([
      expect.objectContaining({ subject: 'client', id: 'demo', action: 'all', outcome: 'added', scope: 'all' }),
    ]);
    expect(JSON.stringify(changes)).not.toContain(demo.client_secret);
  });

  it('keeps the database and its key for its owner alone', async () => {
    const listing = await sh(`stat -c '%a %n' ${join(folder.path, 'data')}/hallpass.*`);
    expect(listing).toMatch(/^600 .*hallpass\.db$/m);
    expect(listing).toMatch(/^600 .*hallpass\.key$/m);
    expect(listing).not.toMatch(/^[^6]|^6[^0]|^60[^0]/m);
  });

  it('finishes the call under way when it is interrupted, and ends with 0', async () => {
    const body = JSON.stringify(STATEMENT);
    const head = [
      'POST /xapi/statements HTTP/1.1',
      'Host: a',
      ...Object.entries(headersWith(token)).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${body.length}`,
    ];
    const slow = rawRequest(port, [`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`, body.slice(10)], {
      pauseMs: 1000,
    });
    await sleep(300);
    service.process.signal('SIGINT');
    await service.process.waitFor(/"msg":"draining"/);
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();

    const { status, body: answer } = await slow;
    expect(status).toBe(200);
    expect(JSON.parse(answer)).toHaveLength(1);
    expect(await service.process.exited).toEqual({ code: 0, signal: null });
  });

  it('has its registrations when it starts again, prints no secret, and takes a token of the first run', async () => {
    service = listen(await start());
    await service.process.waitFor(/registrations are still there/);
    expect(service.process.stdout).not.toContain('client_secret');
    const id = await store(service.url, token);
    expect(await readBack(service.url, token, id)).toMatchObject({ id });
    await tokenFrom(service.url, demo);
  });

  it('notices at once what the command line does beside it', async () => {
    const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'data/hallpass.db')}` };
    const fresh = await printedBy<Registration>(['client', 'regenerate', 'demo'], { env });
    secrets.add(fresh.client_secret);
    await eventually(async () => {
      const response = await fetch(`${service.url}/xapi/statements`, { headers: headersWith(token) });
      expect(response.status).toBe(401);
    });
    const again = await tokenFrom(service.url, fresh);
    expect(await readBack(service.url, again, await store(service.url, again))).toMatchObject(STATEMENT);
  });

  it('says in one line that its port is taken, and ends with 1', async () => {
    const second = await runHallpass(['all'], {
      env: { HALLPASS_PORT: String(port), HALLPASS_LOG_LEVEL: 'fatal' },
      cwd: folder.path,
    });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^hallpass: listen EADDRINUSE[^\n]*\n$/);
  });
});

describe('hallpass all with wrong settings', () => {
  it('names every one of them with what it should be, and ends with 2', async () => {
    const { code, stderr, stdout } = await runHallpass(['all'], {
      env: {
        HALLPASS_PORT: '80 80',
        HALLPASS_STORE: 'postgres://localhost',
        HALLPASS_LRS_URL: 'lrs.example.org/xapi',
        HALLPASS_LRS_USERNAME: 'only-a-name',
        HALLPASS_PROT: '8080',
      },
    });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('3 wrong settings');
    expect(stderr).toMatch(/^ {2}HALLPASS_PORT should be a whole number from 0 to 65535/m);
    expect(stderr).toMatch(/^ {2}HALLPASS_STORE should be sqlite:PATH/m);
    expect(stderr).toMatch(/^ {2}HALLPASS_LRS_URL should be an http or https URL/m);
    expect(stderr).toContain('HALLPASS_PROT is not a setting');
  });

  it.each([
    ['gateway', {}, 'HALLPASS_LRS_URL should be set'],
    ['gateway', { HALLPASS_LRS_URL: 'http://127.0.0.1:1/xapi', HALLPASS_LRS_PASSWORD: 'p' }, 'both or neither'],
    ['token', { HALLPASS_STORE: 'redis://127.0.0.1:1' }, 'HALLPASS_ENCRYPTION_KEY should be set'],
    ['all', { HALLPASS_STORE_FILE: '/nowhere/store' }, 'HALLPASS_STORE cannot be read from /nowhere/store: ENOENT'],
  ])('ends with 2 where %s is started with %j: %s', async (verb, env, fault) => {
    const folder = await tempFolder('wrong-settings');
    const { code, stderr } = await runHallpass([verb], { env, cwd: folder.path });
    await folder.remove();
    expect(code).toBe(2);
    expect(stderr).toContain(fault);
  });
});

describe('the token service and the gateway as processes of their own, on Redis', () => {
  const LRS = { HALLPASS_LRS_USERNAME: 'gateway', HALLPASS_LRS_PASSWORD: randomBytes(12).toString('hex') };

  it('do the same together, and one registration serves both', async () => {
    const redis = await startRedis({ password: 'redis-password' });
    secrets.add('redis-password').add(LRS.HALLPASS_LRS_PASSWORD);
    const key = randomBytes(32).toString('base64url');
    secrets.add(key);
    const shared = { HALLPASS_STORE: redis.url, HALLPASS_ENCRYPTION_KEY: key, HALLPASS_LOG_LEVEL: 'trace' };
    const lrs = await startHallpass('sample-lrs', LRS).catch(async (error: unknown) => {
      await redis.close();
      throw error;
    });
    const tokens = listen(await startHallpass('token', shared));
    const gateway = listen(
      await startHallpass('gateway', {
        ...shared,
        ...LRS,
        HALLPASS_LRS_URL: `${lrs.url}/xapi`,
        HALLPASS_TOKEN_URL: tokens.url,
      }),
    );

    const registration = await printedBy<Registration>(
      ['client', 'create', '--name', 'Two', '--scope', 'statements/write statements/read'],
      { env: shared },
    );
    const token = await tokenFrom(gateway.url, registration);
    const id = await store(gateway.url, token);
    expect(await readBack(gateway.url, token, id)).toMatchObject(STATEMENT);
    await store(gateway.url, await tokenFrom(tokens.url, registration));
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);

    for (const status of await misuse(gateway.url, token, registration)) expect([400, 401, 404]).toContain(status);
    expect(await lrs.stop()).toEqual({ code: 0, signal: null });
    expect((await fetch(`${gateway.url}/xapi/statements`, { headers: headersWith(token) })).status).toBe(502);
    await redis.stop();
    for (const status of await misuse(gateway.url, token, registration)) expect([400, 401, 404, 503]).toContain(status);

    for (const service of [gateway, tokens]) expect(await service.stop()).toEqual({ code: 0, signal: null });
    await redis.close();
  });

  it('serve the whole product from one process on Redis, which waits for it to come up', async () => {
    const redis = await startRedis({ appendonly: true });
    await redis.stop();
    const port = await freePort();
    const folder = await tempFolder('make-run-redis');
    const running = hallpass(['all'], {
      env: {
        HALLPASS_PORT: String(port),
        HALLPASS_STORE: redis.url,
        HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      },
      cwd: folder.path,
    });
    await sleep(1500);
    await redis.start();
    const [, secret = ''] = await running.waitFor(/client_secret +(\S+)/);
    await running.waitFor(/Store a statement[^\n]*\n.+\n/);
    void running.exited.then(() => said.push({ output: running.output, banner: true }));
    const url = `http://127.0.0.1:${port}`;
    const token = await tokenFrom(url, { client_id: 'demo', client_secret: secret });
    expect(await readBack(url, token, await store(url, token))).toMatchObject(STATEMENT);
    expect(await running.stop()).toEqual({ code: 0, signal: null });
    await redis.close();
    await folder.remove();
  });
});

describe('all that these processes said', () => {
  it('has no secret and no token in it, but for the banner that shows the first secret once', () => {
    expect(secrets.size).toBeGreaterThan(8);
    expect(said.length).toBe(5);
    for (const { output, banner } of said) {
      const quiet = banner ? output.replace(/^ +client_secret .*$|^curl .*$/gm, '') : output;
      expect(quiet.length).toBeGreaterThan(100);
      for (const secret of secrets) expect(quiet).not.toContain(secret);
    }
  });
});
