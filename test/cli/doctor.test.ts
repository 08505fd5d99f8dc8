/** `hallpass doctor`: what is wrong, from where it runs, and nothing else. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CommandFailed } from '../../services/cli/context.ts';
import { doctor } from '../../services/cli/doctor.ts';
import { startSampleLrs, type SampleLrs } from '../../services/sample-lrs/main.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { freePort } from '../support/free-port.ts';
import { runHallpass } from '../support/hallpass.ts';
import { startRedis } from '../support/redis-server.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { runTokenService, type TokenService } from '../support/token-service.ts';

interface Finding {
  check: string;
  ok: boolean;
  finding: string;
}

const CREDENTIAL = { username: 'gateway', password: 'the-password-of-the-gateway' };

let folder: TempFolder;
let lrs: SampleLrs;
let echo: EchoLrs;
let tokens: TokenService;
let good: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('doctor');
  lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials: [CREDENTIAL] });
  echo = await startEchoLrs();
  tokens = await runTokenService();
  good = {
    HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}`,
    HALLPASS_LRS_URL: lrs.url,
    HALLPASS_LRS_USERNAME: CREDENTIAL.username,
    HALLPASS_LRS_PASSWORD: CREDENTIAL.password,
    HALLPASS_TOKEN_URL: tokens.url,
  };
});
afterAll(async () => {
  await tokens.close();
  await echo.close();
  await lrs.close();
  await folder.remove();
});

/** What it prints, and whether it says by its end that something is wrong. */
async function run(
  change: Record<string, string | undefined>,
  args: string[] = [],
): Promise<{ printed: string; failed: boolean }> {
  const printed: string[] = [];
  const environment = { ...good, ...change };
  const context = {
    args,
    environment,
    print: (line: string) => void printed.push(line),
    note: () => undefined,
    readInput: () => Promise.resolve(''),
  };
  const failed = await doctor(context).then(
    () => false,
    (error: unknown) => {
      if (error instanceof CommandFailed) return true;
      throw error;
    },
  );
  expect(printed.join('\n')).not.toContain(CREDENTIAL.password);
  return { printed: printed.join('\n'), failed };
}

async function wrongIn(change: Record<string, string | undefined>): Promise<Finding[]> {
  const { printed, failed } = await run(change, ['--json']);
  const wrong = (JSON.parse(printed) as Finding[]).filter(({ ok }) => !ok);
  expect(failed).toBe(wrong.length > 0);
  return wrong;
}

describe('where all is well', () => {
  it('says what it checked, line by line', async () => {
    const { printed, failed } = await run({});
    expect(failed).toBe(false);
    expect(printed.split('\n').map((line) => /^ok {5}([a-z ]+): \S/.exec(line)?.[1])).toEqual([
      'store',
      'keys',
      'clients',
      'lrs',
      'lrs credential',
      'authority',
      'clock',
      'token service',
    ]);
  });

  it('says the same as JSON', async () => {
    const { printed } = await run({}, ['--json']);
    expect(JSON.parse(printed)).toEqual(
      ['store', 'keys', 'clients', 'lrs', 'lrs credential', 'authority', 'clock', 'token service'].map((check) => ({
        check,
        ok: true,
        finding: expect.any(String) as string,
      })),
    );
  });

  it('checks less where less is set', async () => {
    const { printed, failed } = await run({ HALLPASS_LRS_URL: undefined, HALLPASS_TOKEN_URL: undefined });
    expect(failed).toBe(false);
    expect(printed).toMatch(/^ok {5}lrs: HALLPASS_LRS_URL is not set/m);
    expect(printed.split('\n')).toHaveLength(5);
  });
});

describe('where something is wrong', () => {
  const matching = (check: string, finding: string): Finding => ({
    check,
    ok: false,
    finding: expect.stringContaining(finding) as string,
  });

  it('says that the LRS takes another password', async () => {
    expect(await wrongIn({ HALLPASS_LRS_PASSWORD: 'another' })).toEqual([matching('lrs credential', 'answers 401')]);
  });

  it('says that this is not the path of xAPI', async () => {
    const wrong = await wrongIn({ HALLPASS_LRS_URL: lrs.url.replace('/xapi', '/elsewhere') });
    expect(wrong).toEqual([
      matching('lrs', 'answers 404: is this the xAPI path?'),
      matching('lrs credential', 'answers 404'),
    ]);
  });

  it('says that the LRS sends one elsewhere, and does not go there with the password', async () => {
    echo.respond(
      (_request, res) => void res.writeHead(302, { Location: `http://127.0.0.1:${echo.port}/stolen` }).end(),
    );
    const wrong = await wrongIn({ HALLPASS_LRS_URL: echo.url });
    expect(wrong).toContainEqual(matching('lrs', 'answers 302'));
    expect(echo.requests.map(({ url }) => url)).not.toContain('/stolen');
  });

  it('says that the LRS is away, and why', async () => {
    const env = { ...good, HALLPASS_LRS_URL: `http://127.0.0.1:${await freePort()}/xapi` };
    const { code, stdout } = await runHallpass(['doctor'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WRONG {2}lrs: fetch failed: connect ECONNREFUSED/m);
  });

  it('says that the clocks of this machine and the LRS differ', async () => {
    echo.respond(
      (_request, res) => void res.writeHead(200, { Date: new Date(Date.now() - 60_000).toUTCString() }).end('{}'),
    );
    expect(await wrongIn({ HALLPASS_LRS_URL: echo.url })).toEqual([matching('clock', 'differ by 6')]);
  });

  it('says that the token service is away', async () => {
    const wrong = await wrongIn({ HALLPASS_TOKEN_URL: `http://127.0.0.1:${await freePort()}` });
    expect(wrong).toEqual([matching('token service', 'fetch failed')]);
  });

  it('says that what answers is no token service', async () => {
    expect(await wrongIn({ HALLPASS_TOKEN_URL: lrs.url })).toEqual([matching('token service', '/readyz answers 401')]);
  });

  it('says that the keys in the store were sealed with another key', async () => {
    await run({});
    const wrong = await wrongIn({ HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url') });
    expect(wrong).toEqual([matching('keys', 'HALLPASS_ENCRYPTION_KEY has changed')]);
  });

  it('says that Redis is away, and that a key is missing for it', async () => {
    const key = randomBytes(32).toString('base64url');
    const wrong = await wrongIn({ HALLPASS_STORE: 'redis://127.0.0.1:1', HALLPASS_ENCRYPTION_KEY: key });
    const cannot = 'the store cannot be reached';
    expect(wrong).toEqual([matching('store', cannot), matching('keys', cannot)]);
    const redis = await startRedis();
    expect(await wrongIn({ HALLPASS_STORE: redis.url })).toEqual([
      matching('keys', 'HALLPASS_ENCRYPTION_KEY should be set'),
    ]);
    await redis.close();
  });
});

describe('organizations', () => {
  let env: Record<string, string>;
  const hallpass = async (args: string[], input?: string) => {
    const { code, stderr } = await runHallpass(args, { env, ...(input !== undefined && { input }) });
    if (code !== 0) throw new Error(stderr);
  };
  const addOrganization = (id: string, password: string, ...more: string[]) => {
    const credential = ['--lrs-username', CREDENTIAL.username, '--lrs-password-stdin'];
    return hallpass(['org', 'create', id, '--name', id, '--lrs-url', lrs.url, ...credential, ...more], password);
  };
  beforeEach(() => {
    env = { ...good, HALLPASS_STORE: `sqlite:${join(folder.path, `${randomBytes(6).toString('hex')}.db`)}` };
  });

  it('have lines of their own, made with their own sealed passwords', async () => {
    await addOrganization('acme', CREDENTIAL.password);
    const { printed, failed } = await run(env);
    expect(failed).toBe(false);
    expect(printed).toMatch(/^ok {5}lrs of acme: http:\S+ answers$/m);
    expect(printed).toMatch(/^ok {5}lrs credential of acme: can read statements$/m);
    expect(printed).toMatch(/^ok {5}clock of acme: /m);
  });

  it('with a wrong password are named, and no other is', async () => {
    await addOrganization('acme', CREDENTIAL.password);
    await addOrganization('globex', 'another-password');
    expect(await wrongIn(env)).toEqual([
      { check: 'lrs credential of globex', ok: false, finding: 'reading one statement answers 401' },
    ]);
  });

  it('with a password that was sealed with another key are named', async () => {
    await addOrganization('acme', CREDENTIAL.password);
    const wrong = await wrongIn({ ...env, HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url') });
    expect(wrong).toContainEqual({
      check: 'lrs credential of acme',
      ok: false,
      finding: expect.stringContaining('the password for the LRS was sealed with another key') as string,
    });
  });

  it.each(['jwt', 'headers'])('that trust by %s are asked for no statements, and doctor says so', async (auth) => {
    await addOrganization('acme', 'whatever', '--lrs-auth', auth);
    const { printed, failed } = await run(env);
    expect(failed).toBe(false);
    expect(printed).toMatch(/^ok {5}lrs credential of acme: not checked: /m);
  });

  it('have the credentials of their clients checked too', async () => {
    const create = ['client', 'create', '--scope', 'all', '--lrs-password-stdin'];
    await hallpass([...create, '--name', 'A', '--id', 'a', '--lrs-username', 'stranger'], 'a-password');
    expect(await wrongIn(env)).toEqual([
      { check: 'lrs credential of client a', ok: false, finding: 'reading one statement answers 401' },
    ]);
  });

  it('say what their LRS does not let them do', async () => {
    const { printed } = await run({ ...env, HALLPASS_LRS_AUTHORITY: 'shared' });
    expect(printed).toMatch(
      /^ok {5}authority: shared: statements\/read\/mine is refused .*HALLPASS_LRS_AUTHORITY=kept/m,
    );
    expect((await run({ ...env, HALLPASS_LRS_AUTHORITY: 'kept' })).printed).toMatch(/^ok {5}authority: kept$/m);
  });
});

describe('clients', () => {
  it('that a change of settings made look alike are named', async () => {
    const store = `sqlite:${join(folder.path, 'alike.db')}`;
    const env = { ...good, HALLPASS_STORE: store };
    const account = (name: string) => JSON.stringify({ account: { homePage: 'https://a.example.org', name } });
    for (const [id, more] of [
      ['a', []],
      ['b', ['--authority', account('tool-a')]],
    ] as const)
      await runHallpass(['client', 'create', '--name', id, '--id', id, '--scope', 'all', ...more], { env });
    expect(await wrongIn({ HALLPASS_STORE: store })).toEqual([]);
    const settings = { HALLPASS_LRS_AUTHORITY: 'kept', HALLPASS_LRS_AUTHORITY_TEMPLATE: account('tool-{client_id}') };
    expect(await wrongIn({ HALLPASS_STORE: store, ...settings })).toEqual([
      { check: 'clients', ok: false, finding: 'a has the authority of client b; b has the authority of client a' },
    ]);
  });
});

describe('further resources', () => {
  const resources = (upstream: string) =>
    JSON.stringify([{ name: 'scim', path: '/scim/v2', upstream, methods: { GET: ['scim'] } }]);

  it('are asked whether they are there', async () => {
    const { printed } = await run({ HALLPASS_RESOURCES: resources(echo.url) });
    expect(printed).toMatch(/^ok {5}resource scim: http:\S+ answers \d+$/m);
    const away = `http://127.0.0.1:${await freePort()}/v2`;
    expect(await wrongIn({ HALLPASS_RESOURCES: resources(away) })).toEqual([
      { check: 'resource scim', ok: false, finding: 'fetch failed' },
    ]);
  });
});

describe('identity providers', () => {
  const providers = (issuer: string) => ({
    HALLPASS_IDENTITY_PROVIDERS: JSON.stringify([{ id: 'school', name: 'The School', issuer, client_id: 'a' }]),
  });

  it('are asked who they are, and where people are sent back to is said', async () => {
    const port = await freePort();
    const school = await runTokenService({ port, issuer: `http://127.0.0.1:${port}` });
    try {
      const { printed } = await run({ ...providers(school.issuer), HALLPASS_ISSUER: 'https://lrs.example.org' });
      expect(printed).toContain(
        `ok     identity provider school: sends people to ${school.issuer}, and back to https://lrs.example.org/sign-in/callback/school\n`.trim(),
      );
      const [other] = await wrongIn(providers(tokens.url));
      expect(other).toMatchObject({ check: 'identity provider school' });
      expect(other?.finding).toMatch(/issuer does not match the expected issuer/);
    } finally {
      await school.close();
    }
    const [away] = await wrongIn(providers(`http://127.0.0.1:${port}`));
    expect(away?.finding).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/: .*fetch failed/);
  });
});

describe('the process', () => {
  it('ends with 0 where all is well, with 1 where something is wrong, with 2 where a setting is', async () => {
    expect(await runHallpass(['doctor'], { env: good })).toMatchObject({ code: 0, stderr: '' });
    const wrong = await runHallpass(['doctor'], { env: { ...good, HALLPASS_LRS_PASSWORD: 'another' } });
    expect(wrong).toMatchObject({ code: 1, stderr: 'hallpass: something is wrong\n' });
    expect(wrong.stdout).toMatch(/^WRONG {2}lrs credential: /m);
    const used = await runHallpass(['doctor'], { env: { ...good, HALLPASS_LRS_URL: 'nonsense' } });
    expect(used).toMatchObject({ code: 2, stdout: '' });
  });
});
