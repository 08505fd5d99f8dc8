/** `hallpass org …`: organizations, each with its LRS, beside services that run. */
import { join } from 'node:path';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { org as orgCommand } from '../../services/cli/org.ts';
import type { Organization } from '../../services/shared/organization.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type RunningGateway } from '../support/gateway.ts';
import { printedBy, runHallpass } from '../support/hallpass.ts';
import { startRedis } from '../support/redis-server.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { eventually } from '../support/wait.ts';
import { runCommand } from './command.ts';

/** That of the test gateway's seal. */
const KEY = Buffer.alloc(32, 7).toString('base64url');
const PASSWORD = 'the password of acme';
const URL = 'https://lrs.internal/xapi';

let folder: TempFolder;
let store: Store;
let lrs: EchoLrs;
let gateway: RunningGateway;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('cli-org');
  const path = join(folder.path, 'hallpass.db');
  env = { HALLPASS_STORE: `sqlite:${path}`, HALLPASS_ENCRYPTION_KEY: KEY };
  store = openSqlite(path);
  lrs = await startEchoLrs();
  gateway = await startTestGateway({ lrsUrl: 'http://127.0.0.1:9/xapi', store });
});
afterAll(async () => {
  await gateway.close();
  await lrs.close();
  await store.close();
  await folder.remove();
});

const org = (args: string[], input?: string, more: Record<string, string> = {}) =>
  runCommand(orgCommand, args, { ...env, ...more }, input);
const client = (args: string[], input?: string) => runCommand(clientCommand, args, env, input);

interface Shown {
  org: string;
  lrs: Record<string, unknown>;
  [field: string]: unknown;
}

const json = async (args: string[], input?: string, more?: Record<string, string>) =>
  JSON.parse((await org([...args, '--json'], input, more)).printed) as Shown;

let last = 0;
const newId = () => `org-${++last}`;

/** With a credential. */
const create = (id: string, ...more: string[]) =>
  json(
    ['create', id, '--name', 'Acme', '--lrs-url', URL, '--lrs-username', 'hallpass', '--lrs-password-stdin', ...more],
    `${PASSWORD}\n`,
  );

const stored = async (id: string) =>
  JSON.parse((await store.read('organization', keyOf(id))) ?? 'null') as Organization | null;

describe('org create', () => {
  it('registers an organization with everything at its default that was not said', async () => {
    const id = newId();
    const now = Math.floor(Date.now() / 1000);
    expect(await create(id)).toEqual({
      org: id,
      name: 'Acme',
      lrs: { url: URL, auth: 'basic', username: 'hallpass', authority: 'shared', jwt_profile: 'generic' },
      isolate_state: false,
      created_at: expect.closeTo(now, -1) as number,
      updated_at: expect.closeTo(now, -1) as number,
    });
  });

  it('takes everything that can be said of one', async () => {
    const template = { openid: '{issuer}/{client_id}' };
    const said = ['--lrs-auth', 'jwt', '--lrs-authority', 'per-credential', '--lrs-jwt-profile', 'ralph'];
    const more = ['--lrs-audience', 'the-lrs', '--lrs-scope-prefix', 'lrs:', '--lrs-version', '2.0.0'];
    const policy = ['--lrs-authority-template', JSON.stringify(template), '--isolate-state'];
    expect(await create(newId(), ...said, ...more, ...policy)).toMatchObject({
      lrs: {
        auth: 'jwt',
        authority: 'per-credential',
        authority_template: template,
        jwt_profile: 'ralph',
        audience: 'the-lrs',
        scope_prefix: 'lrs:',
        version: '2.0.0',
      },
      isolate_state: true,
    });
  });

  it('keeps the password sealed, and shows it to nobody', async () => {
    const id = newId();
    const args = ['create', id, '--name', 'Acme', '--lrs-url', URL, '--lrs-username', 'u', '--lrs-password-stdin'];
    const said = [await org(args, `${PASSWORD}\n`)];
    for (const again of [['show', id], ['list'], ['update', id, '--name', 'Again']])
      for (const form of [[], ['--json']]) said.push(await org([...again, ...form]));
    const { password } = (await stored(id))?.lrs ?? {};
    expect(password).toMatch(/^[\w-]{40,}$/);
    for (const { printed, noted } of said) {
      expect(printed).toContain(id);
      expect(printed + noted).not.toContain(PASSWORD);
      expect(printed + noted).not.toContain(password);
    }
  });

  it.each(['a', '0', 'acme', 'a-b-c', 'xn--80ak6aa92e', 'a'.repeat(63), 'constructor'])(
    'takes %s for an id',
    async (id) => {
      expect((await create(id)).org).toBe(id);
      await org(['delete', id]);
    },
  );

  it.each([
    '',
    '.',
    '..',
    'a/b',
    'a.b',
    'Acme',
    'ACME',
    'a-',
    'a b',
    'äcme',
    'ac\u006d\u0065\u0301',
    'a_b',
    '%61',
    'a'.repeat(64),
    '__proto__',
    'a\n',
  ])('takes %j for none: an id in a path must not be taken for another', async (id) => {
    const failed = create(id);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow("an organization's id should be 1 to 63 of a to z, 0 to 9 and -");
  });

  it.each(['create', 'update', 'delete'])(
    'leaves the organization of the settings to the settings: %s',
    async (verb) => {
      await expect(org([verb, 'default', '--json'])).rejects.toThrow(
        'organization default is described by the settings',
      );
    },
  );

  it.each<[string, string[]]>([
    ['--name is needed', ['--lrs-url', URL]],
    ['--lrs-url is needed', ['--name', 'A']],
    ['--name should be one line', ['--name', 'a\nb', '--lrs-url', URL]],
    ['--lrs-url should be an http or https URL', ['--name', 'A', '--lrs-url', 'lrs']],
    ['--lrs-url should have no user name', ['--name', 'A', '--lrs-url', 'https://a:b@lrs/xapi']],
    ['--lrs-auth should be one of basic, jwt, headers', ['--name', 'A', '--lrs-url', URL, '--lrs-auth', 'trust']],
    [
      '--lrs-authority should be one of kept, per-credential, shared',
      ['--name', 'A', '--lrs-url', URL, '--lrs-authority', 'mine'],
    ],
    [
      '--lrs-jwt-profile should be one of generic, lrsql, ralph',
      ['--name', 'A', '--lrs-url', URL, '--lrs-jwt-profile', 'x'],
    ],
    ['--lrs-version should be one of 1.0.3, 2.0.0', ['--name', 'A', '--lrs-url', URL, '--lrs-version', '1.0.2']],
    ['--lrs-scope-prefix should be 1 to 100', ['--name', 'A', '--lrs-url', URL, '--lrs-scope-prefix', 'a b']],
    ['--lrs-authority-template should be JSON', ['--name', 'A', '--lrs-url', URL, '--lrs-authority-template', '{']],
    [
      '--lrs-authority-template should',
      ['--name', 'A', '--lrs-url', URL, '--lrs-authority-template', '{"mbox":"{client_id}"}'],
    ],
    [
      '--lrs-authority-template should have {client_id} or {lrs_username}',
      [
        '--name',
        'A',
        '--lrs-url',
        URL,
        '--lrs-authority-template',
        '{"name":"{client_id}","mbox":"mailto:a@example.org"}',
      ],
    ],
    [
      '--lrs-username should be one line',
      ['--name', 'A', '--lrs-url', URL, '--lrs-username', 'a:b', '--lrs-password-stdin'],
    ],
    [
      '--lrs-username and --lrs-password-stdin belong together',
      ['--name', 'A', '--lrs-url', URL, '--lrs-username', 'a'],
    ],
    [
      '--lrs-username and --lrs-password-stdin belong together',
      ['--name', 'A', '--lrs-url', URL, '--lrs-password-stdin'],
    ],
    [
      '--isolate-state or --no-isolate-state, not both',
      ['--name', 'A', '--lrs-url', URL, '--isolate-state', '--no-isolate-state'],
    ],
    ["Unknown option '--lrs-password'", ['--name', 'A', '--lrs-url', URL, '--lrs-password', 'x']],
  ])('says what is wrong: %s', async (said, args) => {
    const failed = org(['create', 'wrong', ...args], 'x\n');
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
    expect(await stored('wrong')).toBeNull();
  });

  it.each(['', '\n', 'two\nlines', 'a\u0000b', 'x'.repeat(1025)])('takes %j for no password', async (input) => {
    const args = ['create', 'wrong', '--name', 'A', '--lrs-url', URL, '--lrs-username', 'a', '--lrs-password-stdin'];
    await expect(org(args, input)).rejects.toThrow('the password for the LRS should be one line');
    expect(await stored('wrong')).toBeNull();
  });

  it('leaves an organization alone that has the id already', async () => {
    const id = newId();
    await create(id);
    const failed = org(['create', id, '--name', 'Another', '--lrs-url', 'https://elsewhere.example.org/xapi']);
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow(`there is an organization ${id} already`);
    expect((await json(['show', id])).lrs).toMatchObject({ url: URL });
  });

  it.each<[string, string[], RegExp]>([
    ['all clients look alike', [], /statements\/read\/mine is refused .*--lrs-authority kept .*--lrs-auth jwt/],
    [
      'the LRS keeps no authority',
      ['--lrs-auth', 'jwt', '--lrs-jwt-profile', 'lrsql', '--lrs-authority', 'kept'],
      /--lrs-authority kept is not true of SQL LRS and Ralph/,
    ],
    [
      'nobody knows its authorities',
      ['--lrs-authority', 'per-credential'],
      /Set --lrs-authority-template, e\.g\. to \{/,
    ],
    ['it is called without a credential', ['--lrs-authority', 'kept'], /--lrs-username is not set/],
  ])('registers, and warns that %s', async (_, said, warning) => {
    const { printed, noted } = await org(['create', newId(), '--name', 'A', '--lrs-url', URL, ...said]);
    expect(printed).toContain('organization');
    expect(noted).toMatch(warning);
    expect(noted).not.toContain('HALLPASS_');
  });

  it('says nothing where nothing is odd', async () => {
    const args = ['--lrs-authority', 'kept', '--lrs-username', 'u', '--lrs-password-stdin'];
    const { noted } = await org(['create', newId(), '--name', 'A', '--lrs-url', URL, ...args], 'x');
    expect(noted).toBe('');
  });
});

describe('org list and show', () => {
  const settings = {
    HALLPASS_LRS_URL: 'https://own.example.org/xapi',
    HALLPASS_LRS_USERNAME: 'gateway',
    HALLPASS_LRS_PASSWORD: 'the-password-of-the-settings',
  };

  it('have the organization of the settings too, without its password', async () => {
    expect(await json(['show', 'default'], '', settings)).toEqual({
      org: 'default',
      name: 'Default',
      lrs: {
        url: settings.HALLPASS_LRS_URL,
        username: 'gateway',
        auth: 'basic',
        authority: 'shared',
        jwt_profile: 'generic',
      },
      isolate_state: false,
    });
    for (const args of [['list'], ['list', '--json'], ['show', 'default']]) {
      const { printed } = await org(args, '', settings);
      expect(printed).toContain(settings.HALLPASS_LRS_URL);
      expect(printed).not.toContain(settings.HALLPASS_LRS_PASSWORD);
    }
  });

  it('say of the sample LRS that it keeps the authority it is sent', async () => {
    expect((await org(['list'])).printed).toMatch(/^default {2}Default {2}the sample LRS {2}basic, authority kept$/m);
  });

  it.each([['show'], ['show', 'a', 'b'], ['update', '--name', 'a'], ['delete']])(
    'want one organization: %j',
    async (...args) => {
      await expect(org(args)).rejects.toThrow('name one organization');
    },
  );

  it.each(['show', 'update', 'delete'])('%s names those there are, where there is not that one', async (verb) => {
    const failed = org([verb, 'nobody', ...(verb === 'update' ? ['--name', 'A'] : [])]);
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow(/^there is no organization "nobody"; there are default, /);
  });
});

describe('org update', () => {
  it('changes what was said and nothing else', async () => {
    const id = newId();
    const before = await create(id, '--lrs-audience', 'a', '--isolate-state');
    const sealed = (await stored(id))?.lrs.password;
    const after = await json(['update', id, '--lrs-authority', 'kept']);
    expect(after).toEqual({
      ...before,
      lrs: { ...before.lrs, authority: 'kept' },
      updated_at: expect.any(Number) as number,
    });
    expect((await stored(id))?.lrs.password).toBe(sealed);
  });

  it('takes back what was said, where it is given empty', async () => {
    const id = newId();
    await create(
      id,
      '--lrs-audience',
      'a',
      '--lrs-scope-prefix',
      'lrs:',
      '--lrs-version',
      '2.0.0',
      '--isolate-state',
      '--lrs-authority-template',
      '{"openid":"{issuer}/{client_id}"}',
    );
    const empty = ['username', 'audience', 'scope-prefix', 'version', 'authority-template'].flatMap((name) => [
      `--lrs-${name}`,
      '',
    ]);
    expect(await json(['update', id, ...empty, '--no-isolate-state'])).toMatchObject({
      lrs: { url: URL, auth: 'basic', authority: 'shared', jwt_profile: 'generic' },
      isolate_state: false,
    });
    expect(Object.keys((await stored(id))?.lrs ?? {}).sort()).toEqual(['auth', 'authority', 'jwt_profile', 'url']);
  });

  it('changes the password alone', async () => {
    const id = newId();
    await create(id);
    const before = (await stored(id))?.lrs;
    await org(['update', id, '--lrs-password-stdin'], 'another\n');
    const after = (await stored(id))?.lrs;
    expect(after).toEqual({ ...before, password: expect.any(String) as string });
    expect(after?.password).not.toBe(before?.password);
  });

  it('leaves no half of a credential', async () => {
    const id = newId();
    await org(['create', id, '--name', 'A', '--lrs-url', URL]);
    await expect(org(['update', id, '--lrs-username', 'a'])).rejects.toThrow('belong together');
    await expect(org(['update', id, '--lrs-password-stdin'], 'x')).rejects.toThrow('belong together');
    await expect(org(['update', id, '--lrs-username', '', '--lrs-password-stdin'], 'x')).rejects.toThrow('is empty');
  });

  it('says that nothing was said', async () => {
    const id = newId();
    await create(id);
    await expect(org(['update', id])).rejects.toThrow('say what to change');
  });
});

describe('a gateway that runs', () => {
  const askToken = async (client_id: string, client_secret: string) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
    const response = await fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const call = (token: string, path = '/xapi/statements') =>
    fetch(`${gateway.url}${path}`, {
      headers: { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' },
    });
  const member = async (id: string) => {
    const { printed } = await client(['create', '--name', 'A', '--scope', 'all', '--org', id, '--json']);
    const { client_id, client_secret } = JSON.parse(printed) as { client_id: string; client_secret: string };
    return { client_id, token: await askToken(client_id, client_secret) };
  };
  const asBasic = (username: string, password: string) =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  it('calls its LRS with its credential, and notices another at once', async () => {
    const id = newId();
    await create(id, '--lrs-url', lrs.url);
    const { token } = await member(id);
    expect((await call(token)).status).toBe(200);
    expect(lrs.requests.at(-1)?.headers.authorization).toBe(asBasic('hallpass', PASSWORD));
    await org(['update', id, '--lrs-username', 'another', '--lrs-password-stdin'], 'another-password');
    await eventually(
      async () => {
        await call(token);
        expect(lrs.requests.at(-1)?.headers.authorization).toBe(asBasic('another', 'another-password'));
      },
      { everyMs: 20 },
    );
  });

  it('has no LRS for an organization that was deleted, and deletes none that has clients', async () => {
    const id = newId();
    await create(id, '--lrs-url', lrs.url);
    const { client_id } = await member(id);
    const failed = org(['delete', id]);
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow(
      `organization ${id} has clients: ${client_id}; delete them first, or move them`,
    );
    await client(['delete', client_id]);
    expect(JSON.parse((await org(['delete', id, '--json'])).printed)).toEqual({ org: id, deleted: true });
    await expect(org(['show', id])).rejects.toThrow(CommandFailed);
  });

  it('takes no token of a client that was moved to another organization', async () => {
    const [from, to] = [newId(), newId()];
    for (const id of [from, to]) await create(id, '--lrs-url', lrs.url);
    const { client_id, token } = await member(from);
    await client(['update', client_id, '--lrs-username', 'own', '--lrs-password-stdin'], 'own-password');
    await client(['update', client_id, '--org', to]);
    await eventually(async () => expect((await call(token)).status).toBe(401), { everyMs: 20 });
    const { printed } = await client(['show', client_id, '--json']);
    expect(JSON.parse(printed)).toMatchObject({ org: to });
    /* It was one of the other LRS. */
    expect(printed).not.toContain('lrs_credential');
    await client(['update', client_id, '--org', from]);
    expect((await call(token)).status).toBe(401);
  });
});

describe('the process', () => {
  const options = () => ({ env: { HALLPASS_STORE: `sqlite:${join(folder.path, 'by-process.db')}` } });

  it('reads a password from standard input, and prints what a program can read', async () => {
    const args = [
      'org',
      'create',
      'piped',
      '--name',
      'A',
      '--lrs-url',
      URL,
      '--lrs-username',
      'u',
      '--lrs-password-stdin',
    ];
    const shown = await printedBy<Shown>(args, { ...options(), input: `${PASSWORD}\n` });
    expect(shown).toMatchObject({ org: 'piped', lrs: { username: 'u' } });
    expect(await printedBy<Shown[]>(['org', 'list'], options())).toMatchObject([{ org: 'default' }, { org: 'piped' }]);
  });

  it.each<[status: number, args: string[], says: RegExp]>([
    [0, ['org', '--help'], /hallpass org create ID --name N/],
    [1, ['org', 'show', 'nobody'], /^hallpass: there is no organization "nobody"; there /],
    [2, ['org'], /^hallpass: org what\? create, list, show, update, delete\n$/],
    [2, ['org', 'constructor'], /^hallpass: org what\?/],
    [2, ['org', 'create', 'Acme'], /^hallpass: an organization's id should be /],
  ])('ends with %i for %j', async (status, args, says) => {
    const { code, stdout, stderr } = await runHallpass(args, options());
    expect(code).toBe(status);
    expect(stdout + stderr).toMatch(says);
  });

  it('ends with 2 where there is no key to seal a password with', async () => {
    const redis = await startRedis();
    const args = [
      'org',
      'create',
      'acme',
      '--name',
      'A',
      '--lrs-url',
      URL,
      '--lrs-username',
      'u',
      '--lrs-password-stdin',
    ];
    const { code, stderr } = await runHallpass(args, { env: { HALLPASS_STORE: redis.url }, input: PASSWORD });
    expect(code).toBe(2);
    expect(stderr).toMatch(/HALLPASS_ENCRYPTION_KEY should be set/);
    expect(stderr).not.toContain(PASSWORD);
    await redis.close();
  });
});
