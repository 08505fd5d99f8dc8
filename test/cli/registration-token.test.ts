/** `hallpass registration-token …`, and what an administrator sees of clients that registered themselves. @see RFC 7591 §1.2 */
import { join } from 'node:path';
import { audit } from '../../services/cli/audit.ts';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { registrationToken } from '../../services/cli/registration-token.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import type { Store } from '../../services/store/store.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { nowSeconds, runTokenService, type TokenService } from '../support/token-service.ts';
import { eventually } from '../support/wait.ts';
import { runCommand } from './command.ts';

let folder: TempFolder;
let store: Store;
let service: TokenService;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder('cli-registration-token');
  const path = join(folder.path, 'hallpass.db');
  env = { HALLPASS_STORE: `sqlite:${path}` };
  store = openSqlite(path);
  service = await runTokenService({ store });
});
afterAll(async () => {
  await service.close();
  await store.close();
  await folder.remove();
});

interface Printed {
  registration_token: string;
  id: string;
  expires_at: number;
  [name: string]: unknown;
}

const run = async (...args: string[]) => (await runCommand(registrationToken, args, env)).printed;
const create = async (...args: string[]) => JSON.parse(await run('create', '--json', ...args)) as Printed;
const client = async (...args: string[]) => (await runCommand(clientCommand, args, env)).printed;

async function register(token: string, metadata: object = {}) {
  const response = await service
    .send('post', '/oauth2/register')
    .set('Authorization', `Bearer ${token}`)
    .send({ redirect_uris: ['https://tool.example.com/callback'], ...metadata });
  return { status: response.status, body: response.body as Record<string, unknown> & { client_id: string } };
}

describe('hallpass registration-token create', () => {
  it('prints what lets one client register within a day, with codes and refresh tokens', async () => {
    const printed = await create('--scope', 'statements/write, state');
    expect(printed).toEqual({
      registration_token: expect.stringMatching(/^[\w-]{43}$/) as string,
      id: expect.stringMatching(/^[\w-]{43}$/) as string,
      org: 'default',
      scope: 'statements/write state',
      grant_types: ['authorization_code', 'refresh_token'],
      uses: 1,
      expires_at: expect.any(Number) as number,
    });
    expect(Math.abs(printed.expires_at - nowSeconds() - 86_400)).toBeLessThan(60);
    expect(await register(printed.registration_token)).toMatchObject({
      status: 201,
      body: { scope: 'statements/write state' },
    });
    expect((await register(printed.registration_token)).status).toBe(401);
  });

  it('fixes what such clients get, how many there are, and until when', async () => {
    const asked = ['--scope', 'state', '--grant-type', 'client_credentials', '--uses', '2', '--expires-seconds', '60'];
    const { registration_token: token } = await create(...asked);
    for (const status of [201, 201, 401]) {
      const answer = await register(token, { scope: 'all', redirect_uris: [] });
      expect(answer.status).toBe(status);
      if (status === 201) expect(answer.body).toMatchObject({ scope: 'state', grant_types: ['client_credentials'] });
    }
  });

  it('may be for clients that only ask who somebody is', async () => {
    const { registration_token: token } = await create('--scope', '');
    expect(await register(token, { scope: 'openid email state' })).toMatchObject({ status: 400 });
    expect(await register(token, { scope: 'openid email' })).toMatchObject({ status: 201, body: { scope: '' } });
  });

  it('says it to people, too, with the token once', async () => {
    const text = await run('create', '--scope', 'state');
    expect(text).toMatch(/^token +[\w-]{43} {2}\(shown this once\)$/m);
    expect(text).toMatch(/^scope +state$/m);
    expect(text).toMatch(/^good for +one client, until /m);
    expect(text).toMatch(/^at +https?:.*\/oauth2\/register$/m);
  });

  it.each<[string[], RegExp]>([
    [[], /--scope is needed/],
    [['--scope', 'nonsense'], /there is no scope nonsense/],
    [['--scope', 'state', '--org', 'nowhere'], /there is no organization/],
    [['--scope', 'state', '--grant-type', 'password'], /--grant-type should be one of/],
    [['--scope', 'state', '--grant-type', 'refresh_token'], /goes with another/],
    [['--scope', 'state', '--uses', '0'], /--uses should be/],
    [['--scope', 'state', '--uses', '101'], /--uses should be/],
    [['--scope', 'state', '--expires-seconds', '0'], /--expires-seconds should be/],
    [['--scope', 'state', '--expires-seconds', '99999999'], /a year/],
    [['--scope', 'state', 'more'], /is of no option/],
  ])('%j is used wrongly', async (args, message) => {
    const failed = run('create', ...args);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(message);
  });
});

describe('hallpass registration-token list', () => {
  const listed = async () => JSON.parse(await run('list', '--json')) as { id: string; left: number }[];

  it('has those that are good still, with how many clients they are good for, and no token', async () => {
    const { registration_token: token, id, expires_at } = await create('--scope', 'state', '--uses', '3');
    const [used, revoked] = [await create('--scope', 'state'), await create('--scope', 'state')];
    await register(token);
    await register(used.registration_token);
    await run('revoke', revoked.id);
    const all = await listed();
    expect(all.filter((one) => [id, used.id, revoked.id].includes(one.id))).toEqual([
      {
        ...{ id, org: 'default', scope: 'state', uses: 3, left: 2, expires_at },
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ]);
    const text = await run('list');
    expect(text).toMatch(new RegExp(`^${id}  default  \\[state\\]  2 clients, until 20`, 'm'));
    for (const said of [text, JSON.stringify(all)]) expect(said).not.toContain(token);
  });

  it('has none that has expired', async () => {
    const { id } = await create('--scope', 'state', '--expires-seconds', '1');
    await eventually(async () => expect((await listed()).map((one) => one.id)).not.toContain(id));
  });

  it('takes nothing but --json', async () => {
    await expect(run('list', 'more')).rejects.toThrow(UsageError);
  });
});

describe('hallpass registration-token revoke', () => {
  it('ends one by its id', async () => {
    const { registration_token: token, id } = await create('--scope', 'state');
    expect(await run('revoke', id)).toContain('is revoked');
    expect((await register(token)).status).toBe(401);
    await expect(run('revoke', id)).rejects.toThrow(CommandFailed);
    await expect(run('revoke', token)).rejects.toThrow(CommandFailed);
  });

  it('takes an id that begins with a dash for an id, and not for an option', async () => {
    for (const id of [`-z${'A'.repeat(41)}`, `--${'B'.repeat(41)}`]) {
      await expect(run('revoke', id)).rejects.toThrow(CommandFailed);
      await expect(run('revoke', '--json', id)).rejects.toThrow(CommandFailed);
    }
    await expect(run('revoke', '-z')).rejects.toThrow(/option/);
  });

  it('is in the record of what administrators did, without the token', async () => {
    const { registration_token: token, id } = await create('--scope', 'state');
    await run('revoke', id);
    const { printed } = await runCommand(audit, ['--json'], env);
    expect(JSON.parse(printed)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subject: 'registration token', action: 'create', id, scope: 'state' }),
        expect.objectContaining({ subject: 'registration token', action: 'revoke', id, outcome: 'removed' }),
      ]),
    );
    expect(printed).not.toContain(token);
  });

  it('and nothing else is a verb of it', async () => {
    await expect(run('show')).rejects.toThrow(/create, list, revoke/);
  });
});

describe('hallpass client, of one that registered itself', () => {
  it('says that it is unverified, until an administrator says otherwise', async () => {
    const { registration_token: token } = await create('--scope', 'state');
    const { body } = await register(token, { client_name: 'Self-made' });
    const { client_id } = body;
    const line = async () => (await client('list')).split('\n').find((text) => text.startsWith(client_id));
    expect(await line()).toMatch(/ {2}unverified$/);
    expect(await client('show', client_id)).toMatch(/^verified +no: it registered itself/m);
    const shown = await client('show', client_id, '--json');
    expect(JSON.parse(shown)).toMatchObject({ unverified: true, registered_itself: true });
    expect(shown).not.toMatch(/registration_token|known_since/);
    await client('update', client_id, '--verified');
    expect(await line()).not.toContain('unverified');
    expect(await client('show', client_id)).not.toMatch(/^verified/m);
  });

  it('changes its registration no more, once an administrator has taken that from it', async () => {
    const { registration_token: token } = await create('--scope', 'state');
    const { client_id, registration_access_token } = (await register(token)).body as {
      client_id: string;
      registration_access_token: string;
    };
    const read = async () =>
      (
        await service
          .send('get', `/oauth2/register/${client_id}`)
          .set('Authorization', `Bearer ${registration_access_token}`)
      ).status;
    expect(await read()).toBe(200);
    await client('update', client_id, '--no-registration-access');
    expect(await read()).toBe(401);
  });

  it('has its tokens in the format that an administrator says', async () => {
    const { registration_token: token } = await create('--scope', 'state', '--grant-type', 'client_credentials');
    const { client_id, client_secret } = (await register(token, { redirect_uris: [] })).body as {
      client_id: string;
      client_secret: string;
    };
    const issued = async () => (await service.issue({ client_id, client_secret })).access_token.split('.').length;
    await client('update', client_id, '--access-token-format', 'jwt');
    expect(await client('show', client_id)).toMatch(/^token format +jwt/m);
    await eventually(async () => expect(await issued()).toBe(3));
    await expect(client('update', client_id, '--access-token-format', 'saml')).rejects.toThrow(/opaque, jwt/);
  });
});
