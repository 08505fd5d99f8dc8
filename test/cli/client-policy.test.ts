/** What narrows a client further than its scopes, whom its statements are from, and how its LRS knows it. */
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { org as orgCommand } from '../../services/cli/org.ts';
import type { Client } from '../../services/shared/client.ts';
import { LRS_PASSWORD_CONTEXT } from '../../services/shared/organization.ts';
import { createSeal } from '../../services/shared/seal.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { openCliStore, type CliStore } from './cli-store.ts';
import { runCommand } from './command.ts';

const KEY = Buffer.alloc(32, 9);
const ISSUER = 'https://gate.example.org';

let cli: CliStore;
let store: Store;
let env: Record<string, string>;
beforeAll(async () => {
  cli = await openCliStore('cli-policy');
  ({ store, env } = cli);
  env = { ...env, HALLPASS_ENCRYPTION_KEY: KEY.toString('base64url'), HALLPASS_ISSUER: ISSUER };
});
afterAll(() => cli?.close());

const run = (args: string[], input?: string, more: Record<string, string> = {}) =>
  runCommand(clientCommand, args, { ...env, ...more }, input);
const org = (args: string[], input?: string) => runCommand(orgCommand, args, env, input);

let last = 0;
const newId = (kind: string) => `${kind}-${++last}`;

/** The client as it is kept. */
const stored = async (id: string) => JSON.parse((await store.read('client', keyOf(id))) ?? 'null') as Client | null;

async function create(more: string[] = [], input?: string): Promise<string> {
  const id = newId('client');
  await run(['create', '--id', id, '--name', 'A', '--scope', 'all', ...more], input);
  return id;
}

async function organization(...more: string[]): Promise<string> {
  const id = newId('org');
  await org(['create', id, '--name', id, '--lrs-url', `https://${id}.example.org/xapi`, ...more]);
  return id;
}

const show = async (id: string) => JSON.parse((await run(['show', id, '--json'])).printed) as Record<string, unknown>;

const account = (name: string, homePage = 'https://lrs.example.org') => JSON.stringify({ account: { homePage, name } });
const credential = (username: string) => ['--lrs-username', username, '--lrs-password-stdin'];

describe('an authority', () => {
  it('is kept as it is said, shown in both forms, and taken back', async () => {
    const template = account('tool-{client_id}');
    const id = await create(['--authority', template]);
    expect(await show(id)).toMatchObject({ authority: JSON.parse(template) as object });
    expect((await run(['show', id])).printed).toMatch(/^authority +\{"account":/m);
    await run(['update', id, '--no-authority']);
    expect(await show(id)).not.toHaveProperty('authority');
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no identifier', '{"name":"A"}'],
    ['two identifiers', '{"mbox":"mailto:a@example.org","openid":"https://a.example.org"}'],
    ['another placeholder', account('{client-id}')],
    ['a Group of one', '{"objectType":"Group","member":[{"mbox":"mailto:a@example.org"}]}'],
  ])('with %s is refused', async (_, authority) => {
    const failed = create(['--authority', authority]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/^--authority should /);
  });

  it('is warned of where the LRS has one for all', async () => {
    const id = await organization('--lrs-authority', 'shared');
    const said = ['create', '--name', 'A', '--scope', 'all', '--org', id, '--authority', account('unheard')];
    expect((await run(said)).noted).toMatch(/its authority has no bearing/);
  });
});

describe('restrictions', () => {
  const one = { activity: 'https://example.org/course/*', 'no-void': true };
  const other = { verbs: ['http://adlnet.gov/expapi/verbs/experienced'] };

  it('are alternatives, in the order in which they are said, and are replaced or taken back together', async () => {
    const said = [one, other].flatMap((restriction) => ['--restriction', JSON.stringify(restriction)]);
    const id = await create(said);
    expect(await show(id)).toMatchObject({ restrictions: [one, other] });
    expect((await run(['show', id])).printed.match(/^restricted to +\{/gm)).toHaveLength(2);
    await run(['update', id, '--restriction', JSON.stringify(other)]);
    expect(await show(id)).toMatchObject({ restrictions: [other] });
    await run(['update', id, '--no-restrictions']);
    expect(await show(id)).not.toHaveProperty('restrictions');
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '"a"'],
    ['an unknown field', '{"verb":["http://example.org/v"]}'],
    ['no field at all', '{}'],
    ['a registration that is no UUID', '{"registration":"1"}'],
  ])('with %s are refused', async (_, restriction) => {
    const failed = create(['--restriction', JSON.stringify(one), '--restriction', restriction]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/^--restriction should /);
  });
});

describe('define', () => {
  it('is not enforced until that is said, and no more when it is said', async () => {
    const id = await create();
    expect(await show(id)).not.toHaveProperty('enforce_define');
    await run(['update', id, '--enforce-define']);
    expect(await show(id)).toMatchObject({ enforce_define: true });
    expect((await run(['show', id])).printed).toMatch(/^enforce_define +yes$/m);
    await run(['update', id, '--no-enforce-define']);
    expect(await show(id)).toMatchObject({ enforce_define: false });
  });
});

describe('allowed origins', () => {
  it('are kept as browsers write them, each once, and are taken back', async () => {
    const said = ['https://A.example.org/', 'https://a.example.org:443', 'http://localhost:3000'];
    const id = await create(said.flatMap((url) => ['--allowed-origin', url]));
    expect(await show(id)).toMatchObject({ allowed_origins: ['https://a.example.org', 'http://localhost:3000'] });
    await run(['update', id, '--any-origin']);
    expect(await show(id)).not.toHaveProperty('allowed_origins');
  });

  it.each([
    '*',
    'null',
    'a.example.org',
    'https://a.example.org/path',
    'https://*.example.org?',
    'ftp://a.example.org',
  ])('are no %j', async (url) => {
    const failed = create(['--allowed-origin', url]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/^--allowed-origin should be an http or https origin/);
  });
});

describe('a credential at the LRS', () => {
  it('is kept sealed, shown without its password, and taken back', async () => {
    const username = newId('user');
    const id = await create(credential(username), 'a password at the LRS\n');
    const { lrs_credential } = (await stored(id)) ?? {};
    expect(createSeal([KEY], 'hallpass').open(lrs_credential?.password ?? '', LRS_PASSWORD_CONTEXT)).toBe(
      'a password at the LRS',
    );
    for (const args of [['show', id], ['list']])
      for (const form of [[], ['--json']]) {
        const { printed } = await run([...args, ...form]);
        expect(printed).not.toContain('a password at the LRS');
        expect(printed).not.toContain(lrs_credential?.password);
      }
    expect(await show(id)).toMatchObject({ lrs_credential: { username } });
    expect((await show(id))['lrs_credential']).toEqual({ username });
    expect((await run(['show', id])).printed).toMatch(new RegExp(`^at the LRS +user name ${username}$`, 'm'));
    await run(['update', id, '--no-lrs-credential']);
    expect(await stored(id)).not.toHaveProperty('lrs_credential');
  });

  it.each<[string, string[]]>([
    ['belong together', ['--lrs-username', 'a']],
    ['belong together', ['--lrs-password-stdin']],
    ['--lrs-username should be one line', credential('a:b')],
    ['--lrs-username should be one line', credential('')],
    ['--secret-stdin or --lrs-password-stdin, not both', [...credential('a'), '--secret-stdin']],
  ])('says what is wrong: %s', async (said, args) => {
    const failed = create(args, 'a-password');
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });

  it('is asked for where each client needs one for its own statements', async () => {
    const template = ['--lrs-authority-template', account('{lrs_username}')];
    const id = await organization('--lrs-authority', 'per-credential', ...template);
    const said = ['create', '--name', 'A', '--org', id, '--scope'];
    expect((await run([...said, 'statements/write statements/read/mine'])).noted).toMatch(/--lrs-username/);
    expect((await run([...said, 'statements/write'])).noted).toBe('');
    const own = await run([...said, 'statements/read/mine', ...credential('own')], 'x');
    expect(own.noted).toBe('');
  });
});

describe('what contradicts itself', () => {
  it.each([
    [['--authority', account('a'), '--no-authority']],
    [['--restriction', '{"no-void":true}', '--no-restrictions']],
    [['--enforce-define', '--no-enforce-define']],
    [['--allowed-origin', 'https://a.example.org', '--any-origin']],
    [[...credential('a'), '--no-lrs-credential']],
    [['--strict', '--no-strict']],
  ])('is refused: %j', async (args) => {
    const id = await create();
    const failed = run(['update', id, ...args], 'x');
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/^--\S+ or --\S+, not both$/);
  });
});

describe('two clients that their LRS could not tell apart', () => {
  const refusal = /the LRS could not tell them apart, and each would read the other's statements as its own$/;
  const alike = async (work: Promise<unknown>, other: string) => {
    await expect(work).rejects.toThrow(CommandFailed);
    await expect(work).rejects.toThrow(refusal);
    await expect(work).rejects.toThrow(other);
  };

  it('are refused with one user name, of either or of the organization', async () => {
    const id = newId('org');
    const url = `https://${id}.example.org/xapi`;
    await org(['create', id, '--name', id, '--lrs-url', url, ...credential('the-gateway')], 'x');
    const first = await create(['--org', id, ...credential('shared')], 'x');
    await alike(create(['--org', id, ...credential('shared')], 'y'), `the user name at the LRS of client ${first}`);
    await alike(
      create(['--org', id, ...credential('the-gateway')], 'y'),
      `the user name at the LRS of organization ${id} itself`,
    );
    const second = await create(['--org', id, ...credential('own')], 'x');
    await alike(run(['update', second, ...credential('shared')], 'x'), first);
    expect((await stored(second))?.lrs_credential?.username).toBe('own');
    /* Its own, with another password, is no other's. */
    await run(['update', second, ...credential('own')], 'y');
  });

  it('are refused with one authority, however it is written', async () => {
    const id = await organization();
    const first = await create(['--org', id, '--authority', '{"mbox":"mailto:tool@example.org"}']);
    const again = [
      '{"mbox":"mailto:tool@example.org","name":"Another tool","objectType":"Agent"}',
      /* printf 'mailto:tool@example.org' | sha1sum */
      JSON.stringify({ mbox_sha1sum: 'b83a9ea9774315782a28021efa1a428718c85dcf' }),
    ];
    for (const authority of again)
      await alike(create(['--org', id, '--authority', authority]), `the authority of client ${first}`);
    await create(['--org', id, '--authority', '{"mbox":"mailto:tool2@example.org"}']);
  });

  it('are refused where one takes the authority that another has without being given one', async () => {
    const id = await organization();
    const first = await create(['--org', id]);
    const usual = account(first, `${ISSUER}/oauth2/token`);
    await alike(create(['--org', id, '--authority', usual]), `the authority of client ${first}`);
    const templated = await organization(
      '--lrs-authority',
      'kept',
      '--lrs-authority-template',
      account('t-{client_id}'),
    );
    const second = await create(['--org', templated]);
    await alike(create(['--org', templated, '--authority', account(`t-${second}`)]), second);
  });

  it('are refused where one is moved beside the other', async () => {
    const [one, other] = [await organization(), await organization()];
    const authority = ['--authority', account('same')];
    const first = await create(['--org', one, ...authority]);
    const second = await create(['--org', other, ...authority]);
    await alike(run(['update', second, '--org', one]), first);
    expect(await show(second)).toMatchObject({ org: other });
  });

  it('are refused in two organizations that share an LRS', async () => {
    const url = ['--lrs-url', 'https://both.example.org/xapi'];
    const [one, other] = [await organization(...url), await organization(...url)];
    const first = await create(['--org', one, '--authority', account('both')]);
    await alike(create(['--org', other, '--authority', account('both')]), first);
  });

  it('are refused where a change of their organization would make them so', async () => {
    const id = await organization('--lrs-authority', 'kept');
    const [first, second] = [newId('client'), newId('client')];
    await run(['create', '--id', first, '--name', 'A', '--scope', 'all', '--org', id]);
    const own = ['--authority', account(`x-${first}`)];
    await run(['create', '--id', second, '--name', 'B', '--scope', 'all', '--org', id, ...own]);
    const template = ['--lrs-authority-template', account('x-{client_id}')];
    await alike(org(['update', id, ...template]), `the authority of client ${second}`);
    await org(['update', id, '--lrs-authority-template', account('y-{client_id}')]);
  });

  it('are refused where two organizations would come to share an LRS', async () => {
    const [one, other] = [await organization(), await organization()];
    const first = await create(['--org', one, ...credential('same')], 'x');
    await create(['--org', other, ...credential('same')], 'x');
    await alike(org(['update', other, '--lrs-url', `https://${one}.example.org/xapi`]), `client ${first}`);
  });

  it('can still be switched off, where a change of the settings made them so', async () => {
    const first = await create(['--authority', account('x-b')]);
    await run(['create', '--id', 'b', '--name', 'B', '--scope', 'all']);
    const settings = { HALLPASS_LRS_AUTHORITY: 'kept', HALLPASS_LRS_AUTHORITY_TEMPLATE: account('x-{client_id}') };
    await alike(
      run(['update', 'b', '--authority', account('x-{client_id}', 'https://lrs.example.org')], '', {
        ...settings,
        HALLPASS_LRS_AUTHORITY_TEMPLATE: account('y-{client_id}'),
      }),
      `client ${first}`,
    );
    for (const id of [first, 'b']) {
      await run(['update', id, '--inactive'], '', settings);
      expect(await show(id)).toMatchObject({ active: false });
    }
  });
});

describe('an organization', () => {
  it('is one that there is', async () => {
    const id = await organization();
    for (const args of [
      ['create', '--name', 'A', '--scope', 'all', '--org', 'nobody'],
      ['update', await create(), '--org', 'nobody'],
    ]) {
      await expect(run(args)).rejects.toThrow(UsageError);
      await expect(run(args)).rejects.toThrow(/^--org: there is no organization "nobody"; there are default, /);
      await expect(run(args)).rejects.toThrow(id);
    }
    expect((await run(['list'])).printed).not.toContain('nobody');
    const member = await create(['--org', id]);
    expect((await run(['list'])).printed).toMatch(new RegExp(`^${member} .* in ${id}$`, 'm'));
  });

  it('can be changed with a credential for the other LRS, and then that is kept', async () => {
    const [from, to] = [await organization(), await organization()];
    const id = await create(['--org', from, ...credential('old')], 'x');
    const before = await stored(id);
    await run(['update', id, '--org', to, ...credential('new')], 'y');
    const after = await stored(id);
    expect(after?.lrs_credential?.username).toBe('new');
    expect(after?.generation).toBe((before?.generation ?? 0) + 1);
    await run(['update', id, '--org', to]);
    expect((await stored(id))?.generation).toBe(after?.generation);
  });
});
