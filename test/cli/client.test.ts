/** `hallpass client …`: registrations, beside services that run. @see RFC 7591 §2, §3.2.1; design, Tokens 4 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import type { Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { printedBy, runHallpass } from '../support/hallpass.ts';
import { runProcess } from '../support/run-process.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';

interface Registration {
  client_id: string;
  client_secret?: string;
  client_name: string;
  scope: string;
  [name: string]: unknown;
}

let folder: TempFolder;
let store: Store;
let lrs: EchoLrs;
let gateway: RunningGateway;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('cli-client');
  const path = join(folder.path, 'hallpass.db');
  env = { HALLPASS_STORE: `sqlite:${path}` };
  store = openSqlite(path);
  lrs = await startEchoLrs();
  gateway = await startTestGateway({ lrsUrl: lrs.url, store });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
  await store.close();
  await folder.remove();
});

/** The command without a process around it: what it prints, or throws. */
async function run(args: string[], input = ''): Promise<string> {
  const printed: string[] = [];
  await clientCommand({
    args,
    environment: env,
    print: (line) => void printed.push(line),
    note: (line) => void printed.push(`note: ${line}`),
    readInput: () => Promise.resolve(input),
  });
  return printed.join('\n');
}

const json = async <T = Registration>(args: string[], input?: string) =>
  JSON.parse(await run([...args, '--json'], input)) as T;
const create = (name: string, scope: string, ...more: string[]) =>
  json(['create', '--name', name, '--scope', scope, ...more]);

async function askToken(client_id: string, client_secret: string): Promise<{ status: number; token: string }> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const response = await fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body });
  const { access_token = '' } = (await response.json()) as { access_token?: string };
  return { status: response.status, token: access_token };
}

async function statusWith(authorization: string): Promise<number> {
  const headers = { Authorization: authorization, 'X-Experience-API-Version': '1.0.3' };
  return (await fetch(`${gateway.url}/xapi/activities/state?stateId=a`, { headers })).status;
}

const soon = (assertion: () => Promise<void>) => eventually(assertion, { everyMs: 20 });

describe('client create', () => {
  it('prints a registration with the names of RFC 7591, and a secret that works', async () => {
    const { client_secret = '', ...registration } = await create('A feed', 'statements/write state');
    const now = Math.floor(Date.now() / 1000);
    expect(registration).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      client_name: 'A feed',
      org: 'default',
      active: true,
      grant_types: ['client_credentials'],
      scope: 'statements/write state',
      strict: false,
      token_seconds: 3600,
      max_token_seconds: 86_400,
      token_endpoint_auth_method: 'client_secret_basic',
      client_id_issued_at: expect.closeTo(now, -1) as number,
      client_secret_expires_at: 0,
      updated_at: expect.closeTo(now, -1) as number,
      secrets: [{ created_at: expect.closeTo(now, -1) as number }],
      access: expect.any(Object) as object,
      endpoints: expect.any(Object) as object,
    });
    expect(client_secret).toMatch(/^[\w-]{43}$/);
    expect((await askToken(registration.client_id, client_secret)).status).toBe(200);
  });

  it('takes everything that can be said of a client', async () => {
    const said = [
      '--description',
      'Sends what is watched',
      '--default-scope',
      'state',
      '--grant-type',
      'client_credentials',
    ];
    const more = [
      '--org',
      'default',
      '--strict',
      '--token-seconds',
      '60',
      '--max-token-seconds',
      '120',
      '--id',
      'a-feed_1.~',
    ];
    expect(await create('A feed', 'all', ...said, ...more)).toMatchObject({
      client_id: 'a-feed_1.~',
      description: 'Sends what is watched',
      default_scope: 'state',
      strict: true,
      token_seconds: 60,
      max_token_seconds: 120,
    });
  });

  it('shows the secret once, in words and as JSON, and never again in any form', async () => {
    const printed = await run(['create', '--name', 'Once', '--scope', 'all', '--id', 'once']);
    const secret = /client_secret +(\S+) +\(shown this once\)/.exec(printed)?.[1] ?? '';
    expect((await askToken('once', secret)).status).toBe(200);
    for (const args of [['show', 'once'], ['list'], ['update', 'once', '--description', 'again']])
      for (const form of [[], ['--json']]) {
        const again = await run([...args, ...form]);
        expect(again).toContain('once');
        expect(again).not.toContain(secret);
        expect(again).not.toMatch(/client_secret\W|sha256|scrypt|hash/);
      }
  });

  it.each([
    ['statements/write,state', 'statements/write state'],
    ['state, statements/write', 'statements/write state'],
    ['xapi:write', 'statements/write state/write profile/write'],
    ['xapi:read xapi/all', 'all all/read'],
    ['all all', 'all'],
  ])('reads the scope %j as %j, whatever system writes it so', async (said, scope) => {
    expect((await create('Spelt', said)).scope).toBe(scope);
  });

  it.each([
    ['statements/wirte', 'statements/wirte'],
    ['all nonsense more-nonsense', 'nonsense, more-nonsense'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['ALL', 'ALL'],
  ])('names the unknown scope, and those there are: %j', async (said, named) => {
    const failed = create('Unknown', said);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(`there is no scope ${named}; there are all, `);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'Ääkkönen \u{1F600} "quoted"', 'x'.repeat(200)])(
    'takes any line for a name: %s',
    async (name) => {
      const { client_id, client_name } = await create(name, 'all');
      expect(client_name).toBe(name);
      expect((await json(['show', client_id])).client_name).toBe(name);
      expect(await run(['list'])).toContain(name);
    },
  );

  it('takes constructor for an id like any other', async () => {
    const { client_secret = '' } = await create('Odd', 'all', '--id', 'constructor');
    expect((await askToken('constructor', client_secret)).status).toBe(200);
    expect((await json(['regenerate', 'constructor'])).client_secret).not.toBe(client_secret);
    expect(await run(['delete', 'constructor'])).toBe('client constructor is deleted');
    await expect(run(['show', 'constructor'])).rejects.toThrow('there is no client "constructor"');
  });

  it.each<[string, string[]]>([
    ['--name is needed', ['--scope', 'all']],
    ['--scope is needed', ['--name', 'A']],
    ['--name should be one line', ['--name', ' ', '--scope', 'all']],
    ['--name should be one line', ['--name', 'a\nb', '--scope', 'all']],
    ['--name should be one line', ['--name', 'a\u001b[2Jb', '--scope', 'all']],
    ['--name should be one line', ['--name', 'x'.repeat(201), '--scope', 'all']],
    ['--scope should name at least one', ['--name', 'A', '--scope', ' ']],
    ['--id should be', ['--name', 'A', '--scope', 'all', '--id', 'a/b']],
    ['--id should be', ['--name', 'A', '--scope', 'all', '--id', '__proto__']],
    ['--id should be', ['--name', 'A', '--scope', 'all', '--id', 'a b']],
    ['--id should be', ['--name', 'A', '--scope', 'all', '--id', 'x'.repeat(129)]],
    [
      '--grant-type should be one of client_credentials, authorization_code, refresh_token, urn:ietf:params:oauth:grant-type:device_code, not "password"',
      ['--name', 'A', '--scope', 'all', '--grant-type', 'password'],
    ],
    ['there is no organization "acme"; there is default', ['--name', 'A', '--scope', 'all', '--org', 'acme']],
    ['--token-seconds should be a whole number', ['--name', 'A', '--scope', 'all', '--token-seconds', '1.5']],
    ['--max-token-seconds should be a whole number', ['--name', 'A', '--scope', 'all', '--max-token-seconds', '0']],
    ["Unknown option '--scop'", ['--name', 'A', '--scop', 'all']],
    ['argument missing', ['--name', 'A', '--scope']],
  ])('says what is wrong: %s', async (said, args) => {
    const failed = run(['create', ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });

  it('leaves a client alone that has the id already', async () => {
    const { client_secret = '' } = await create('First', 'all', '--id', 'taken');
    const failed = create('Second', 'state', '--id', 'taken');
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow('there is a client taken already');
    expect(await json(['show', 'taken'])).toMatchObject({ client_name: 'First', scope: 'all' });
    expect((await askToken('taken', client_secret)).status).toBe(200);
  });
});

describe('client create --secret-stdin', () => {
  const importing = (input: string, id: string) =>
    run(['create', '--name', 'Imported', '--scope', 'all', '--id', id, '--secret-stdin'], input);

  it.each(['chosen-by-a-person', 'with:colons&and=signs%+', 'x'.repeat(1024)])(
    'takes the secret that it is given, and does not show it: %s',
    async (secret) => {
      const id = `imported-${secret.length}`;
      const printed = await importing(`${secret}\n`, id);
      expect(printed).not.toContain(secret);
      expect(printed).not.toContain('client_secret');
      expect((await askToken(id, secret)).status).toBe(200);
      expect((await askToken(id, `${secret}\n`)).status).not.toBe(200);
      expect(await statusWith(`Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`)).toBe(200);
    },
  );

  it.each(['', '\n', 'short', 'with a space', 'näin', 'two\nlines-of-it', 'tab\tbetween', 'x'.repeat(1025)])(
    'refuses %j, and registers nothing',
    async (input) => {
      await expect(importing(input, 'refused')).rejects.toThrow(UsageError);
      await expect(run(['show', 'refused'])).rejects.toThrow(CommandFailed);
    },
  );
});

describe('client list and show', () => {
  it('list by name, and say which is not active', async () => {
    await create('zz last', 'all', '--id', 'zz');
    await create('! first', 'all', '--id', 'aa');
    await run(['update', 'zz', '--inactive']);
    const names = (await json<Registration[]>(['list'])).map(({ client_name }) => client_name);
    expect([names[0], names.at(-1)].sort()).not.toContain('');
    expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)));
    expect(await run(['list'])).toMatch(/^zz {2}zz last {2}\[all\] {2}inactive$/m);
    expect(await json(['show', 'zz'])).toMatchObject({ active: false });
  });

  it.each([
    [['show']],
    [['show', 'a', 'b']],
    [['delete']],
    [['update', '--name', 'a']],
    [['rotate']],
    [['regenerate']],
  ])('say that one client is to be named: %j', async (args) => {
    await expect(run(args)).rejects.toThrow('name one client id');
  });

  it.each(['show', 'delete', 'rotate', 'regenerate'])('%s fails for a client that there is not', async (verb) => {
    for (const id of ['nobody', '__proto__', '', 'a\u001b[2J'])
      await expect(run([verb, id])).rejects.toThrow(`there is no client ${JSON.stringify(id)}`);
  });
});

describe('client update', () => {
  it('changes what was said and nothing else, for a service that runs too', async () => {
    const { client_id, client_secret = '', ...before } = await create('Before', 'all');
    const { token } = await askToken(client_id, client_secret);
    expect(await statusWith(`Bearer ${token}`)).toBe(200);
    const after = await json(['update', client_id, '--name', 'After', '--scope', 'statements/write']);
    const { client_secret_expires_at: _expiry, ...kept } = before;
    expect(after).toEqual({
      ...kept,
      client_id,
      client_name: 'After',
      scope: 'statements/write',
      access: expect.any(Object) as object,
      updated_at: expect.any(Number) as number,
    });
    await soon(async () => expect(await statusWith(`Bearer ${token}`)).toBe(403));
  });

  it('switches a client off and on', async () => {
    const { client_id, client_secret = '' } = await create('Switched', 'all');
    const { token } = await askToken(client_id, client_secret);
    await run(['update', client_id, '--inactive']);
    await soon(async () => expect(await statusWith(`Bearer ${token}`)).toBe(401));
    expect((await askToken(client_id, client_secret)).status).toBe(401);
    await run(['update', client_id, '--active']);
    await soon(async () => expect(await statusWith(`Bearer ${token}`)).toBe(200));
  });

  it('makes a client strict, and lenient again', async () => {
    const { client_id } = await create('Strict', 'all');
    expect(await json(['update', client_id, '--strict'])).toMatchObject({ strict: true });
    expect(await json(['update', client_id, '--no-strict'])).toMatchObject({ strict: false });
  });

  it.each<[string, string[]]>([
    ['say what to change', []],
    ['--active or --inactive, not both', ['--active', '--inactive']],
    ['there is no scope nonsense', ['--scope', 'nonsense']],
    ['Unknown option', ['--generation', '9']],
    ['Unknown option', ['--secret', 'a']],
  ])('says what is wrong: %s', async (said, args) => {
    const { client_id } = await create('Wrong', 'all');
    const failed = run(['update', client_id, ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });
});

describe('a new secret', () => {
  it('of rotate works beside the old one until the overlap ends, and tokens live on', async () => {
    const { client_id, client_secret: old = '' } = await create('Rotated', 'all');
    const { token } = await askToken(client_id, old);
    const { client_secret: fresh = '', secrets } = await json(['rotate', client_id, '--overlap-seconds', '2']);
    expect(fresh).toMatch(/^[\w-]{43}$/);
    expect(secrets).toEqual([
      { created_at: expect.any(Number) as number },
      { created_at: expect.any(Number) as number, expires_at: expect.any(Number) as number },
    ]);
    await soon(async () => expect((await askToken(client_id, fresh)).status).toBe(200));
    expect((await askToken(client_id, old)).status).toBe(200);
    await sleep(2000);
    await eventually(async () => expect((await askToken(client_id, old)).status).toBe(401));
    expect((await askToken(client_id, fresh)).status).toBe(200);
    expect(await statusWith(`Bearer ${token}`)).toBe(200);
  });

  it('of rotate leaves the old one a day, and a second rotation does not make that longer', async () => {
    const { client_id } = await create('Twice', 'all');
    const now = Math.floor(Date.now() / 1000);
    await run(['rotate', client_id, '--overlap-seconds', '100']);
    const { secrets } = await json<Registration & { secrets: { expires_at?: number }[] }>(['rotate', client_id]);
    const ends = secrets.map(({ expires_at }) => expires_at && expires_at - now);
    expect(ends).toEqual([undefined, expect.closeTo(86_400, -1), expect.closeTo(100, -1)]);
  });

  it('of regenerate is the only one at once, and the tokens of a running service end with the old one', async () => {
    const { client_id, client_secret: old = '' } = await create('Regenerated', 'all');
    const { token } = await askToken(client_id, old);
    expect(await statusWith(`Bearer ${token}`)).toBe(200);
    const { client_secret: fresh = '', secrets } = await json(['regenerate', client_id]);
    expect(secrets).toHaveLength(1);
    await soon(async () => expect(await statusWith(`Bearer ${token}`)).toBe(401));
    expect((await askToken(client_id, old)).status).toBe(401);
    expect(await statusWith(`Bearer ${(await askToken(client_id, fresh)).token}`)).toBe(200);
  });
});

describe('client delete', () => {
  it('ends the client, its secret and its tokens, and says so', async () => {
    const { client_id, client_secret = '' } = await create('Deleted', 'all');
    const { token } = await askToken(client_id, client_secret);
    expect(await json<object>(['delete', client_id])).toEqual({ client_id, deleted: true });
    await soon(async () => expect(await statusWith(`Bearer ${token}`)).toBe(401));
    expect((await askToken(client_id, client_secret)).status).toBe(401);
    await expect(run(['delete', client_id])).rejects.toThrow(CommandFailed);
    await expect(run(['show', client_id])).rejects.toThrow(CommandFailed);
  });

  it('gives the id free, and no token of before works for who has it next', async () => {
    const { client_secret = '' } = await create('Before', 'all', '--id', 'reused');
    const { token } = await askToken('reused', client_secret);
    await run(['delete', 'reused']);
    await create('After', 'all', '--id', 'reused');
    await soon(async () => expect((await askToken('reused', client_secret)).status).toBe(401));
    expect(await statusWith(`Bearer ${token}`)).toBe(401);
  });
});

describe('the process', () => {
  it.each<[status: number, args: string[], says: RegExp]>([
    [0, ['help'], /^hallpass: OAuth 2 in front of/],
    [0, ['client', 'create', '--help'], /client rotate ID/],
    [0, ['client', 'list'], /./],
    [1, ['client', 'show', 'nobody'], /^hallpass: there is no client "nobody"\n$/],
    [2, [], /^hallpass: OAuth 2 in front of/],
    [2, ['clients'], /^hallpass: there is no "clients"; see: hallpass help\n$/],
    [2, ['__proto__'], /^hallpass: there is no "__proto__"/],
    [
      2,
      ['client'],
      /^hallpass: client what\? create, list, show, update, rotate, regenerate, generate-token, .+, delete\n$/,
    ],
    [2, ['client', 'constructor'], /^hallpass: client what\?/],
    [2, ['client', 'create', '--name', 'A'], /^hallpass: --scope is needed[^\n]*\n$/],
  ])('ends with %i for %j', async (status, args, says) => {
    await create('Somebody', 'all');
    const { code, stdout, stderr } = await runHallpass(args, { env });
    expect(code).toBe(status);
    expect(stdout + stderr).toMatch(says);
    if (status === 0) expect(stderr).toBe('');
  });

  it('ends with 1 and one reason where the store cannot be reached', async () => {
    const redis = await runHallpass(['client', 'list'], { env: { HALLPASS_STORE: 'redis://127.0.0.1:1' } });
    expect(redis).toMatchObject({ code: 1, stdout: '' });
    expect(redis.stderr).toBe('hallpass: the store cannot be reached\n  connect ECONNREFUSED 127.0.0.1:1\n');
    const sqlite = await runHallpass(['client', 'list'], {
      env: { HALLPASS_STORE: `${env['HALLPASS_STORE']}/a-file/is.no-folder` },
    });
    expect(sqlite).toMatchObject({ code: 1, stdout: '' });
    expect(sqlite.stderr).toMatch(/^hallpass: the store cannot be reached\n {2}[^\n]+\n$/);
  });

  it('reads a secret from standard input, and prints what a program can read', async () => {
    const path = join(folder.path, 'by-process.db');
    const args = ['client', 'create', '--name', 'A', '--scope', 'all', '--id', 'piped', '--secret-stdin'];
    const options = { env: { HALLPASS_STORE: `sqlite:${path}` }, input: 'a-secret-from-a-file\n' };
    expect(await printedBy<Registration>(args, options)).toMatchObject({ client_id: 'piped' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('ends quietly where its reader has read enough', async () => {
    for (let n = 0; n < 20; n++) await create(`${'x'.repeat(190)} ${n}`, 'all');
    const main = new URL('../../services/cli/hallpass.js', import.meta.url).pathname;
    const line = `"${process.execPath}" --disable-warning=ExperimentalWarning "${main}" client list --json | head -n 1; wait`;
    const shell = runProcess('sh', ['-c', line], { env });
    expect(await shell.exited).toEqual({ code: 0, signal: null });
    expect([shell.stdout, shell.stderr]).toEqual(['[\n', '']);
  });
});
