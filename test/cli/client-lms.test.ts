/** What an LMS's page of OAuth clients has, as commands: labels, boxes, credentials, endpoints. @see seed 001 */
import { join } from 'node:path';
import { audit as auditCommand } from '../../services/cli/audit.ts';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError, type Command } from '../../services/cli/context.ts';
import { USAGE } from '../../services/cli/help.ts';
import { org as orgCommand } from '../../services/cli/org.ts';
import { user as userCommand } from '../../services/cli/user.ts';
import type { Client } from '../../services/shared/client.ts';
import { digest } from '../../services/shared/digest.ts';
import type { AdministrativeChange } from '../../services/store/administration.ts';
import { createClientRegister, type ClientRegister } from '../../services/store/clients.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import type { Store } from '../../services/store/store.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { runCommand } from './command.ts';

const ISSUER = 'https://lms.example.org';
const RESOURCES = [
  { name: 'scim', path: '/scim/v2', upstream: 'http://127.0.0.1:9/scim', methods: { GET: ['scim'] } },
  { name: 'events', path: '/events', upstream: 'http://127.0.0.1:9', methods: { POST: ['events'] } },
];

interface Shown extends Record<string, unknown> {
  client_id: string;
  client_secret?: string;
  access_token?: string;
  static_token?: { created_at: number };
  scope: string;
  access: Record<string, { on: boolean; available: boolean }>;
}

let folder: TempFolder;
let store: Store;
let clients: ClientRegister;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('cli-client-lms');
  const path = join(folder.path, 'hallpass.db');
  env = { HALLPASS_STORE: `sqlite:${path}`, HALLPASS_ISSUER: ISSUER, HALLPASS_RESOURCES: JSON.stringify(RESOURCES) };
  store = openSqlite(path);
  clients = createClientRegister(store);
});
afterAll(async () => {
  await store.close();
  await folder.remove();
});

const run = async (command: Command, args: string[], environment = env) =>
  (await runCommand(command, args, environment)).printed;
const client = (...args: string[]) => run(clientCommand, args);
const json = async (...args: string[]) => JSON.parse(await client(...args, '--json')) as Shown;
const create = (...args: string[]) => json('create', '--name', 'HR sync', ...args);
const onOf = ({ access }: Shown) => Object.keys(access).filter((box) => access[box]?.on);
const stored = async (id: string) => (await clients.find(id)) as Client;

describe('the boxes', () => {
  it('are said in place of scopes, and shown from the scopes', async () => {
    const shown = await create('--allow', 'own-statements', '--allow', 'shared-events');
    expect(shown.scope).toBe('statements/write statements/read/mine events');
    expect(onOf(shown)).toEqual(['own-statements', 'shared-events']);
    const more = await json('update', shown.client_id, '--allow', 'full-read', '--disallow', 'own-statements');
    expect(more.scope).toBe('statements/read events');
    expect(onOf(more)).toEqual(['full-read', 'shared-events']);
    expect(await client('show', shown.client_id)).toMatch(
      /\[ \] own-statements: .+\n.+\[x\] full-read: .+\n.+\[x\] shared-events: .+\n.+\[ \] scim: /,
    );
    expect(onOf(await json('update', shown.client_id, '--scope', 'state'))).toEqual([]);
  });

  it('go beside scopes', async () => {
    const { scope, client_id } = await create('--scope', 'state xapi:read', '--allow', 'own-statements');
    expect(scope).toBe('all/read statements/write statements/read/mine state');
    await expect(json('update', client_id, '--disallow', 'full-read')).rejects.toThrow(
      /^--disallow: full-read cannot be off beside all\/read/,
    );
    expect((await json('show', client_id)).scope).toBe(scope);
  });

  it('say where nothing here is for them', async () => {
    const { client_id } = await create('--allow', 'own-statements');
    const without = { ...env, HALLPASS_RESOURCES: '[]' };
    expect(await run(clientCommand, ['show', client_id], without)).toMatch(/shared-events: .+ \(no further resource/);
    const shown = JSON.parse(await run(clientCommand, ['show', client_id, '--json'], without)) as Shown;
    expect(shown.access['shared-events']).toEqual({ on: false, available: false });
    expect(shown.endpoints).not.toHaveProperty('scim_endpoint');
  });

  it.each<[string, string[]]>([
    ['--scope is needed, or --allow', []],
    ['--allow should be one of own-statements, full-read, shared-events, not "everything"', ['--allow', 'everything']],
    ['--allow should be one of', ['--allow', 'scim']],
    ['--allow should be one of', ['--allow', '__proto__']],
    ['--allow full-read or --disallow full-read', ['--allow', 'full-read', '--disallow', 'full-read']],
    ['--scim-configuration should be', ['--allow', 'full-read', '--scim-configuration', 'Workday']],
    ['--scim-configuration should be', ['--allow', 'full-read', '--scim-configuration', 'a\r\nX-Hallpass-Client: b']],
    ['--label should be', ['--allow', 'full-read', '--label', 'Human Resources']],
    ['--label or --no-labels', ['--allow', 'full-read', '--label', 'hr', '--no-labels']],
  ])('are wrong: %s', async (says, args) => {
    const failed = create(...args);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(says);
  });

  it('have to leave a client something to ask for', async () => {
    const { client_id } = await create('--allow', 'full-read');
    await expect(json('update', client_id, '--disallow', 'full-read')).rejects.toThrow('--scope should name at least');
  });
});

describe('a SCIM configuration', () => {
  it('comes with the scope that reaches SCIM, and goes with it', async () => {
    const shown = await create('--scim-configuration', 'workday-1.eu_2');
    expect(shown).toMatchObject({ scope: 'scim', scim_configuration: 'workday-1.eu_2' });
    expect(onOf(shown)).toEqual(['scim']);
    const without = await json('update', shown.client_id, '--no-scim-configuration', '--allow', 'full-read');
    expect(without).toMatchObject({ scope: 'statements/read' });
    expect(without).not.toHaveProperty('scim_configuration');
  });

  it('that has no bearing is said to have none', async () => {
    const { client_id } = await create('--scim-configuration', 'workday');
    const noted = async (...args: string[]) => (await runCommand(clientCommand, args, env)).noted;
    expect(await noted('update', client_id, '--description', 'in order')).toBe('');
    expect(await noted('update', client_id, '--scope', 'state')).toContain('it has not the scope scim');
    await run(orgCommand, ['create', 'tenant', '--name', 'T', '--lrs-url', 'https://lrs.tenant.example/xapi']);
    expect(await noted('update', client_id, '--scope', 'scim', '--org', 'tenant')).toContain('organization default');
  });
});

describe('the endpoints', () => {
  it('are shown, from the issuer', async () => {
    const { client_id, endpoints } = await create('--allow', 'full-read');
    expect(endpoints).toEqual({
      token_endpoint: `${ISSUER}/oauth2/token`,
      scim_endpoint: `${ISSUER}/scim/v2`,
      xapi_endpoint: `${ISSUER}/xapi/`,
    });
    const text = await client('show', client_id);
    for (const url of Object.values(endpoints as object)) expect(text).toContain(` ${url}`);
  });

  it('are those of its organization', async () => {
    await run(orgCommand, ['create', 'acme', '--name', 'Acme', '--lrs-url', 'https://lrs.acme.example/xapi']);
    const { endpoints } = await create('--allow', 'full-read', '--org', 'acme');
    expect(endpoints).toEqual({
      token_endpoint: `${ISSUER}/api/organizations/acme/oauth2/token`,
      xapi_endpoint: `${ISSUER}/api/organizations/acme/lrs/`,
    });
  });
});

describe('a static bearer token', () => {
  it('is generated, regenerated and removed, and shown once', async () => {
    const { client_id, client_secret = '' } = await create('--allow', 'full-read');
    expect(await json('show', client_id)).not.toHaveProperty('static_token');
    const first = await json('generate-token', client_id);
    expect(first.access_token).toMatch(/^hallpass~[\w-]+~[\w-]{43}$/);
    expect(first).toMatchObject({ token_type: 'Bearer', static_token: { created_at: expect.any(Number) as number } });
    const second = await json('regenerate-token', client_id);
    expect(second.access_token).not.toBe(first.access_token);
    const text = await client('show', client_id);
    expect(text).toMatch(/\nstatic token +made 20\d\d-/);
    for (const again of [text, await client('show', client_id, '--json'), await client('list', '--json')]) {
      expect(again).toContain(client_id);
      for (const { access_token = '' } of [first, second]) expect(again).not.toContain(access_token.slice(-43));
      expect(again).not.toMatch(/sha256|"hash"|access_token/);
    }
    expect(await json('remove-token', client_id)).not.toHaveProperty('static_token');
    expect(await stored(client_id)).not.toHaveProperty('static_token');
    expect((await stored(client_id)).secrets).toHaveLength(1);
    expect(client_secret).not.toBe('');
  });

  it('is generated by one of several at once, and that one is the one that counts', async () => {
    const { client_id } = await create('--allow', 'full-read');
    const tries = await Promise.allSettled([1, 2, 3, 4, 5].map(() => json('generate-token', client_id)));
    const given = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value.access_token ?? ''] : []));
    expect(given).toHaveLength(1);
    expect((await stored(client_id)).static_token?.hash).toBe(`sha256:${digest(given[0] ?? '')}`);
  });

  it('is printed as text, too', async () => {
    const { client_id } = await create('--allow', 'full-read');
    expect(await client('generate-token', client_id)).toMatch(
      /^client_id .+\naccess_token +hallpass~\S+ +\(shown this once\)\n/,
    );
  });

  it('is neither ended nor made by what is done to the secret', async () => {
    const { client_id } = await create('--allow', 'full-read');
    await json('generate-token', client_id);
    const { static_token, generation, secrets } = await stored(client_id);
    await json('rotate', client_id);
    await json('regenerate', client_id);
    expect(await stored(client_id)).toMatchObject({ static_token, generation: generation + 1 });
    const before = await stored(client_id);
    await json('regenerate-token', client_id);
    expect(await stored(client_id)).toMatchObject({ secrets: before.secrets, generation: before.generation });
    expect(secrets).not.toEqual(before.secrets);
  });

  it('is not generated over another, nor regenerated or removed where there is none', async () => {
    const { client_id } = await create('--allow', 'full-read');
    for (const verb of ['regenerate-token', 'remove-token'])
      await expect(client(verb, client_id)).rejects.toThrow(`client ${client_id} has no token`);
    await client('generate-token', client_id);
    const { static_token } = await stored(client_id);
    await expect(client('generate-token', client_id)).rejects.toThrow('has a token already');
    expect((await stored(client_id)).static_token).toEqual(static_token);
    for (const verb of ['generate-token', 'regenerate-token', 'remove-token']) {
      await expect(client(verb, 'nobody')).rejects.toThrow('there is no client "nobody"');
      await expect(client(verb)).rejects.toThrow(UsageError);
    }
  });

  it.each<[string, string[]]>([
    ['it is public', ['--public', '--grant-type', 'authorization_code', '--redirect-uri', 'https://a.example/b']],
    ['bound tokens only', ['--dpop']],
    ['it acts for people only', ['--grant-type', 'authorization_code', '--redirect-uri', 'https://a.example/b']],
  ])('is not for a client where %s', async (says, args) => {
    const { client_id } = await create('--scope', 'state', ...args);
    const failed = client('generate-token', client_id);
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow(says);
    expect(await stored(client_id)).not.toHaveProperty('static_token');
  });

  it.each<[string, string[]]>([
    ['gets bound tokens only', ['--dpop']],
    ['acts for people only', ['--grant-type', 'authorization_code', '--redirect-uri', 'https://a.example/b']],
    ['moves to another organization', ['--org', 'elsewhere']],
  ])('is gone for good once its client %s', async (_what, args) => {
    if (args.includes('elsewhere'))
      await run(orgCommand, ['create', 'elsewhere', '--name', 'E', '--lrs-url', 'https://lrs.elsewhere.example/xapi']);
    const { client_id } = await create('--scope', 'state');
    await client('generate-token', client_id);
    await client('update', client_id, '--description', 'still there');
    expect(await stored(client_id)).toHaveProperty('static_token');
    await client('update', client_id, ...args);
    expect(await stored(client_id)).not.toHaveProperty('static_token');
  });
});

describe('an administrator', () => {
  const administrator = async (email: string, ...args: string[]) =>
    JSON.parse(
      await run(userCommand, ['create', '--email', email, '--name', email, '--permissions', '', ...args, '--json']),
    ) as { sub: string; administers?: unknown };
  const labelled = (...labels: string[]) =>
    create('--scope', 'state', ...labels.flatMap((label) => ['--label', label]));
  const as = (email: string, ...args: string[]) => client(...args, '--as', email);

  it('is a user who holds labels, or administers all', async () => {
    expect((await administrator('some@example.org', '--admin-label', 'it', '--admin-label', 'hr')).administers).toEqual(
      ['hr', 'it'],
    );
    const update = (...args: string[]) => run(userCommand, ['update', 'some@example.org', ...args, '--json']);
    expect(JSON.parse(await update('--admin-all'))).toMatchObject({ administers: 'all' });
    expect(await run(userCommand, ['show', 'some@example.org'])).toMatch(/administers +all clients/);
    expect(JSON.parse(await update('--no-admin'))).not.toHaveProperty('administers');
    await expect(update('--admin-label', 'A B')).rejects.toThrow('--admin-label should be');
    await expect(update('--admin-label', 'a', '--admin-all')).rejects.toThrow('--admin-label or --admin-all, not both');
  });

  it('sees and changes the clients with a label they hold, and the audit says who it was', async () => {
    const { sub } = await administrator('hr@example.org', '--admin-label', 'hr');
    const own = await labelled('hr', 'sales');
    const listed = await as('hr@example.org', 'list');
    expect(listed).toContain(own.client_id);
    for (const line of listed.split('\n'))
      expect((await stored(line.split(' ')[0] ?? '')).labels).toEqual(expect.arrayContaining(['hr']));
    expect(await as(sub, 'show', own.client_id)).toContain('HR sync');
    await as('hr@example.org', 'update', own.client_id, '--description', 'ours');
    await as('hr@example.org', 'rotate', own.client_id);
    await as('hr@example.org', 'generate-token', own.client_id);
    await as('hr@example.org', 'delete', own.client_id);
    const changes = JSON.parse(await run(auditCommand, ['--json'])) as AdministrativeChange[];
    expect(changes.filter(({ id }) => id === own.client_id)).toMatchObject([
      { action: 'create', outcome: 'added' },
      { action: 'update', administrator: sub, fields: ['description'] },
      { action: 'rotate', administrator: sub },
      { action: 'generate-token', administrator: sub },
      { action: 'delete', administrator: sub, outcome: 'removed' },
    ]);
    expect(changes.find(({ id }) => id === own.client_id)).not.toHaveProperty('administrator');
    expect(await run(auditCommand, [])).toMatch(new RegExp(`@\\S+ as ${sub}  client update  ${own.client_id}`));
  });

  it.each([
    ['list'],
    ['show'],
    ['update', '--description', 'mine now'],
    ['update', '--label', 'it'],
    ['rotate'],
    ['regenerate'],
    ['generate-token'],
    ['regenerate-token'],
    ['remove-token'],
    ['delete'],
  ])("has no client of others' to %s %s", async (verb, ...more) => {
    const email = `it-${verb}-${more.length}-${more[0] ?? ''}@example.org`;
    await administrator(email, '--admin-label', 'it');
    for (const other of [await labelled('hr'), await labelled()]) {
      const before = await stored(other.client_id);
      if (verb === 'list') expect(await as(email, 'list', '--json')).not.toContain(other.client_id);
      else
        await expect(as(email, verb, other.client_id, ...more)).rejects.toThrow(
          `there is no client "${other.client_id}"`,
        );
      expect(await stored(other.client_id)).toEqual(before);
    }
  });

  it('makes a client with a label of theirs only, and loses none by a change', async () => {
    await administrator('makes@example.org', '--admin-label', 'hr', '--admin-label', 'it');
    const make = (...args: string[]) =>
      as('makes@example.org', 'create', '--name', 'Made', '--scope', 'state', ...args);
    const count = async () => (await clients.list()).length;
    const before = await count();
    await expect(make()).rejects.toThrow(CommandFailed);
    await expect(make('--label', 'sales')).rejects.toThrow('sales');
    expect(await count()).toBe(before);
    const { client_id } = JSON.parse(await make('--label', 'hr', '--json')) as Shown;
    const update = (...args: string[]) => as('makes@example.org', 'update', client_id, ...args);
    for (const args of [
      ['--no-labels'],
      ['--label', 'sales'],
      ['--label', 'hr', '--label', 'sales'],
      ['--org', 'acme'],
    ])
      await expect(update(...args)).rejects.toThrow(CommandFailed);
    for (const scope of ['state introspect', 'state authority/write'])
      await expect(update('--scope', scope)).rejects.toThrow('only who administers all clients');
    expect(await stored(client_id)).toMatchObject({ labels: ['hr'], scope: 'state', org: 'default' });
    await update('--label', 'it');
    expect((await stored(client_id)).labels).toEqual(['it']);
  });

  it("does not make a client that the LRS could not tell from one of others'", async () => {
    await administrator('alike@example.org', '--admin-label', 'hr');
    const authority = '{"objectType":"Agent","mbox":"mailto:feed@example.org"}';
    await create('--scope', 'state', '--authority', authority, '--label', 'sales');
    const made = ['create', '--name', 'Alike', '--scope', 'state', '--label', 'hr', '--authority', authority];
    await expect(as('alike@example.org', ...made)).rejects.toThrow(
      'Alike would have the authority of another client: the LRS could not tell them apart',
    );
  });

  it('has to be one, active, and named once; the option works wherever it stands', async () => {
    await administrator('plain@example.org');
    await administrator('off@example.org', '--admin-label', 'hr');
    await run(userCommand, ['update', 'off@example.org', '--inactive']);
    await expect(as('plain@example.org', 'list')).rejects.toThrow('administers no clients');
    await expect(as('off@example.org', 'list')).rejects.toThrow('is not active');
    await expect(as('nobody@example.org', 'list')).rejects.toThrow('there is no user "nobody@example.org"');
    for (const args of [
      ['list', '--as'],
      ['list', '--as='],
      ['list', '--as', ''],
      ['--as', 'a', 'list', '--as=b'],
      ['list', '--as', '--json'],
    ])
      await expect(client(...args)).rejects.toThrow('--as should name one administrator');
    await run(userCommand, ['update', 'off@example.org', '--active']);
    const { client_id } = await labelled('sales');
    for (const args of [
      ['--as', 'off@example.org', 'list'],
      ['list', '--as=off@example.org'],
      ['list', '--json', '--as', 'off@example.org'],
    ])
      expect(await client(...args)).not.toContain(client_id);
  });
});

it('the help names the verbs and the options', () => {
  for (const word of ['generate-token', 'regenerate-token', 'remove-token', '--allow', '--disallow', '--label', '--as'])
    expect(USAGE).toContain(word);
  for (const word of ['--scim-configuration', '--no-labels', '--admin-label', '--admin-all', '--no-admin'])
    expect(USAGE).toContain(word);
});
