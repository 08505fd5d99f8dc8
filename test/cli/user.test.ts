/** `hallpass user …`: people's accounts, beside services that run. @see OpenID Connect Core §5.1; design, Commands */
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { org as orgCommand } from '../../services/cli/org.ts';
import { user as userCommand } from '../../services/cli/user.ts';
import { isPassword } from '../../services/shared/password.ts';
import { personStands } from '../../services/shared/person.ts';
import type { PersonRegister } from '../../services/store/people.ts';
import { keyOf, type Store, type Withdrawal } from '../../services/store/store.ts';
import { printedBy, runHallpass } from '../support/hallpass.ts';
import { startRedis } from '../support/redis-server.ts';
import { eventually } from '../support/wait.ts';
import { openCliStore, type CliStore } from './cli-store.ts';
import { runCommand } from './command.ts';

const PASSWORD = 'correct horse battery staple';

interface Shown {
  sub: string;
  email: string;
  name: string;
  preferred_username: string;
  permissions: string;
  [claim: string]: unknown;
}

let cli: CliStore;
let store: Store;
let people: PersonRegister;
let env: Record<string, string>;
beforeAll(async () => {
  cli = await openCliStore('cli-user');
  ({ store, people, env } = cli);
});
afterAll(() => cli?.close());

const run = (args: string[], input = '') => runCommand(userCommand, args, env, input);
const json = async <T = Shown>(args: string[], input?: string) =>
  JSON.parse((await run([...args, '--json'], input)).printed) as T;
const create = (email: string, ...more: string[]) =>
  json(['create', '--email', email, '--name', 'A Name', '--permissions', 'statements/read', ...more]);
const createWithPassword = (email: string, password = PASSWORD) =>
  json(['create', '--email', email, '--name', 'A Name', '--permissions', 'all', '--password-stdin'], `${password}\n`);

let last = 0;
const newEmail = () => `user-${++last}@example.org`;

describe('user create', () => {
  it('prints the account with the names of OpenID Connect, and keeps a password that works', async () => {
    const args = ['create', '--email', 'Ada@Example.org', '--name', 'Ada Lovelace', '--permissions', 'all/read state'];
    const shown = await json([...args, '--password-stdin'], `${PASSWORD}\n`);
    const now = expect.closeTo(Math.floor(Date.now() / 1000), -1) as number;
    expect(shown).toEqual({
      sub: expect.stringMatching(/^person:[0-9a-f]{24}$/) as string,
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      email: 'ada@example.org',
      email_verified: true,
      permissions: 'all/read state',
      org: 'default',
      active: true,
      has_password: true,
      password_changed_at: now,
      created_at: now,
      updated_at: now,
    });
    const kept = await people.findByEmail('ada@example.org');
    expect(await isPassword(kept, PASSWORD)).toBe(true);
    expect(await isPassword(kept, `${PASSWORD}\n`)).toBe(false);
  });

  it('takes a user name and a language', async () => {
    const shown = await create('grace@example.org', '--username', 'Grace.H', '--locale', 'EN-gb');
    expect(shown).toMatchObject({ preferred_username: 'Grace.H', locale: 'en-GB' });
    expect((await people.findByUsername('grace.h'))?.person_id).toBe(shown.sub);
  });

  it('makes user names that nobody has', async () => {
    const names = [];
    for (const domain of ['a.example', 'b.example', 'c.example'])
      names.push((await create(`office@${domain}`)).preferred_username);
    expect(names).toEqual(['office', 'office2', 'office3']);
  });

  it('says, where there is no password, that nobody can sign in here', async () => {
    const { printed, noted } = await run(['create', '--email', newEmail(), '--name', 'N', '--permissions', 'all']);
    expect(printed).toMatch(/^password +none$/m);
    expect(noted).toContain('without a password nobody signs in');
    const { noted: nothing } = await run(
      ['create', '--email', newEmail(), '--name', 'N', '--permissions', 'all', '--password-stdin'],
      PASSWORD,
    );
    expect(nothing).toBe('');
  });

  it.each([
    ['', ''],
    ['statements/write,state', 'statements/write state'],
    ['xapi:write', 'statements/write state/write profile/write'],
    ['all all', 'all'],
  ])('reads the permissions %j as %j', async (said, permissions) => {
    const email = newEmail();
    const shown = await json(['create', '--email', email, '--name', 'A', '--permissions', said]);
    expect(shown.permissions).toBe(permissions);
    expect((await people.findByEmail(email))?.scope).toBe(permissions);
  });

  it.each([
    ['admin', 'admin'],
    ['introspect all', 'introspect'],
    ['authority/write', 'authority/write'],
    ['scim events wsapi:all', 'scim, events, wsapi:all'],
    ['ext/reports', 'ext/reports'],
    ['statements/wirte all', 'statements/wirte'],
    ['openid', 'openid'],
    ['constructor', 'constructor'],
  ])('gives nobody what is for software, or what there is not: %j', async (said, named) => {
    const refused = json(['create', '--email', newEmail(), '--name', 'A', '--permissions', said]);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`there is none for people called ${named}; there are all, `);
  });

  const complete = ['--email', 'x@example.org', '--name', 'A', '--permissions', 'all'];
  it.each<[string, string[]]>([
    ['--email is needed', ['--name', 'A', '--permissions', 'all']],
    ['--name is needed', ['--email', 'x@example.org', '--permissions', 'all']],
    ['--permissions is needed', ['--email', 'x@example.org', '--name', 'A']],
    ['--email should be an e-mail address', ['--email', 'x', '--name', 'A', '--permissions', 'all']],
    ['--email should be an e-mail address', ['--email', '', '--name', 'A', '--permissions', 'all']],
    ['--email should be an e-mail address', ['--email', 'a b@example.org', '--name', 'A', '--permissions', 'all']],
    ['--email should be an e-mail address', ['--email', 'a@b@example.org', '--name', 'A', '--permissions', 'all']],
    ['--email should be an e-mail address', ['--email', 'A <a@example.org>', '--name', 'A', '--permissions', 'all']],
    [
      '--email should be an e-mail address',
      ['--email', 'mi\u212ae@example.org', '--name', 'A', '--permissions', 'all'],
    ],
    [
      '--email should be an e-mail address',
      ['--email', `${'x'.repeat(250)}@e.org`, '--name', 'A', '--permissions', 'a'],
    ],
    ['--name should be one line', ['--email', 'x@example.org', '--name', 'a\u001b[2J', '--permissions', 'all']],
    ['--username should be', [...complete, '--username', 'a@b.example']],
    ['--username should be', [...complete, '--username', 'person:0123']],
    ['--username should be', [...complete, '--username', '']],
    ['--username should be', [...complete, '--username', 'x'.repeat(65)]],
    ['--locale should be a language', [...complete, '--locale', 'de_DE']],
    ['there is no organization "acme"; there is default', [...complete, '--org', 'acme']],
    ["Unknown option '--password'", [...complete, '--password', 'in-the-history']],
    ["Unknown option '--active'", [...complete, '--active']],
    ['"all" is of no option', [...complete, 'all']],
  ])('says what is wrong: %s', async (said, args) => {
    const failed = run(['create', ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
    expect(await people.findByEmail('x@example.org')).toBeUndefined();
  });

  it.each([
    ['7 chars', 'should have 8 characters at least'],
    ['', 'should have 8 characters at least'],
    ['two\nlines-of-it', 'should be one line'],
    [Buffer.from('pässwort-für-alle', 'latin1').toString(), 'should be text in UTF-8'],
    ['x'.repeat(1025), 'should have 1024 characters at most'],
    ['Password123', 'anybody would try'],
    ['grace.hopper', 'should not be the e-mail address, the user name or the name'],
    ['Grace.Hopper@example.org', 'should not be the e-mail address'],
    ['GRACE HOPPER', 'should not be the e-mail address'],
  ])('takes no password in case %#, and makes no account', async (password, said) => {
    const args = ['create', '--email', 'grace.hopper@example.org', '--name', 'Grace Hopper', '--permissions', 'all'];
    const refused = run([...args, '--password-stdin'], `${password}\n`);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(said);
    expect(await people.findByEmail('grace.hopper@example.org')).toBeUndefined();
  });

  it('leaves alone who has the e-mail address or the user name already', async () => {
    const first = await createWithPassword('first@example.org');
    for (const args of [
      ['--email', 'FIRST@example.org', '--name', 'B', '--permissions', 'all'],
      ['--email', newEmail(), '--name', 'B', '--permissions', 'all', '--username', 'FIRST'],
    ]) {
      const failed = run(['create', ...args]);
      await expect(failed).rejects.toThrow(CommandFailed);
      await expect(failed).rejects.toThrow(/^there is a user (first@example.org|called FIRST) already$/);
    }
    expect(await json(['show', 'first@example.org'])).toEqual(first);
    expect(await isPassword(await people.find(first.sub), PASSWORD)).toBe(true);
  });
});

describe('user list and show', () => {
  it('find somebody by id, e-mail address and user name', async () => {
    const shown = await create('found@example.org', '--username', 'finder');
    for (const who of [shown.sub, 'found@example.org', 'Found@EXAMPLE.org', 'finder'])
      expect(await json(['show', who])).toEqual(shown);
  });

  it('list by name, and say who is not active', async () => {
    const { sub } = await json(['create', '--email', 'zz@example.org', '--name', 'zz last', '--permissions', 'state']);
    await run(['update', sub, '--inactive']);
    const names = (await json<Shown[]>(['list'])).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect((await run(['list'])).printed).toContain(`${sub}  zz@example.org  zz last  [state]  inactive`);
  });

  it('show no password and no hash, in words or as JSON, whatever the command', async () => {
    const { sub } = await createWithPassword(newEmail());
    for (const args of [
      ['list'],
      ['show', sub],
      ['update', sub, '--name', 'Other'],
      ['password', sub, '--password-stdin'],
    ])
      for (const form of [[], ['--json']]) {
        const { printed } = await run([...args, ...form], 'another good password');
        expect(printed).toContain(sub);
        expect(printed).not.toMatch(/argon2|\$v=19|hash|correct horse|another good|generation/);
      }
  });

  it.each(['show', 'delete', 'update', 'password'])('%s says that one user is to be named', async (verb) => {
    const more = verb === 'update' ? ['--name', 'A'] : [];
    await expect(run([verb, ...more])).rejects.toThrow('name one user, by id or e-mail address');
    await expect(run([verb, 'a@example.org', 'b@example.org', ...more])).rejects.toThrow('name one user');
  });

  it.each(['nobody@example.org', 'nobody', '', '__proto__', 'person:0123456789abcdef01234567', 'a\u001b[2J'])(
    'fail for somebody there is not: %j',
    async (who) => {
      for (const args of [['show'], ['delete'], ['update', '--name', 'A'], ['password', '--password-stdin']]) {
        const failed = run([args[0] ?? '', who, ...args.slice(1)], PASSWORD);
        await expect(failed).rejects.toThrow(CommandFailed);
        await expect(failed).rejects.toThrow(`there is no user ${JSON.stringify(who)}`);
      }
    },
  );
});

describe('user update', () => {
  it('changes what was said and nothing else', async () => {
    const before = await createWithPassword(newEmail());
    const email = newEmail();
    const said = [
      '--name',
      'New Name',
      '--email',
      email.toUpperCase(),
      '--permissions',
      'state',
      '--username',
      'Newly',
    ];
    const after = await json(['update', before.email, ...said, '--locale', 'fr']);
    expect(after).toEqual({
      ...before,
      ...{ name: 'New Name', email, permissions: 'state', preferred_username: 'Newly', locale: 'fr' },
      updated_at: expect.any(Number) as number,
    });
    expect(await json(['show', email])).toEqual(after);
    await expect(run(['show', before.email])).rejects.toThrow(CommandFailed);
    const kept = await people.find(before.sub);
    expect(await isPassword(kept, PASSWORD)).toBe(true);
    expect(kept?.generation).toBe(0);
  });

  it('takes a language back, and every permission', async () => {
    const { sub } = await create(newEmail(), '--locale', 'es');
    const after = await json(['update', sub, '--locale', '', '--permissions', '']);
    expect(after).not.toHaveProperty('locale');
    expect(after.permissions).toBe('');
  });

  it('ends sessions and tokens of somebody who is switched off, and they stay ended', async () => {
    const { sub } = await create(newEmail());
    const heard: Withdrawal[] = [];
    const following = await store.follow((withdrawal) => heard.push(withdrawal));
    expect(await json(['update', sub, '--inactive'])).toMatchObject({ active: false });
    await following.settled();
    expect(heard).toEqual([{ kind: 'person', key: keyOf(sub) }]);
    await following.close();
    await run(['update', sub, '--inactive']);
    expect(await json(['update', sub, '--active'])).toMatchObject({ active: true });
    const person = await people.find(sub);
    expect(person && [personStands(person, 0), personStands(person, 1)]).toEqual([false, true]);
  });

  it('changes nothing where the e-mail address or the user name is that of somebody else', async () => {
    const [one, other] = [await create(newEmail()), await create(newEmail())];
    for (const said of [
      ['--email', other.email],
      ['--username', other.preferred_username.toUpperCase()],
    ]) {
      const failed = run(['update', one.sub, '--name', 'Thief', ...said]);
      await expect(failed).rejects.toThrow(CommandFailed);
      await expect(failed).rejects.toThrow('another user has that e-mail address or user name already');
    }
    expect(await json(['show', one.sub])).toEqual(one);
    expect(await json(['show', other.email])).toEqual(other);
  });

  it.each<[string, string[]]>([
    ['say what to change', []],
    ['--active or --inactive, not both', ['--active', '--inactive']],
    ['there is none for people called admin', ['--permissions', 'admin']],
    ['--email should be', ['--email', '']],
    ['--name should be', ['--name', '']],
    ['Unknown option', ['--generation', '0']],
    ['Unknown option', ['--org', 'default']],
    ['Unknown option', ['--password-stdin']],
  ])('says what is wrong: %s', async (said, args) => {
    const { sub } = await create(newEmail());
    const failed = run(['update', sub, ...args]);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(said);
  });
});

describe('user password', () => {
  it('puts a new one in place of the old one, and ends what began under that', async () => {
    const { sub, email } = await createWithPassword(newEmail());
    const printed = await json(['password', email, '--password-stdin'], 'a new passphrase\r\n');
    expect(printed).toMatchObject({ sub, has_password: true });
    const person = await people.find(sub);
    expect([await isPassword(person, 'a new passphrase'), await isPassword(person, PASSWORD)]).toEqual([true, false]);
    expect(person && personStands(person, 0)).toBe(false);
  });

  it('gives one to somebody who had none', async () => {
    const { sub } = await create(newEmail());
    await run(['password', sub, '--password-stdin'], PASSWORD);
    expect(await isPassword(await people.find(sub), PASSWORD)).toBe(true);
  });

  it.each([
    ['short', 'should have 8 characters at least'],
    ['qwertyuiop', 'anybody would try'],
    ['own-user-name', 'should not be the e-mail address, the user name'],
  ])('leaves the old one where the new one would be %j', async (password, said) => {
    const { sub } = await createWithPassword(newEmail());
    await run(['update', sub, '--username', 'own-user-name']);
    await expect(run(['password', sub, '--password-stdin'], password)).rejects.toThrow(said);
    const person = await people.find(sub);
    expect([await isPassword(person, PASSWORD), person?.generation]).toEqual([true, 0]);
    await run(['delete', sub]);
  });

  it('takes none from the command line, where others see it', async () => {
    const { sub } = await create(newEmail());
    await expect(run(['password', sub])).rejects.toThrow('--password-stdin is needed');
    await expect(run(['password', sub, '--password', PASSWORD])).rejects.toThrow(UsageError);
  });
});

describe('user delete', () => {
  it('ends the account, says so, and gives the names to somebody else', async () => {
    const { sub, email } = await createWithPassword(newEmail());
    expect(await json<object>(['delete', email])).toEqual({ sub, deleted: true });
    await expect(run(['show', sub])).rejects.toThrow(CommandFailed);
    expect(await people.find(sub)).toBeUndefined();
    const next = await create(email);
    expect(next.sub).not.toBe(sub);
    expect(next.preferred_username).toBe(email.split('@')[0]);
    expect((await run(['delete', next.sub])).printed).toBe(`user ${email} is deleted`);
  });
});

describe('an organization', () => {
  it('has users of its own, and is not deleted while it has', async () => {
    const org = (...args: string[]) => runCommand(orgCommand, args, env);
    await org('create', 'acme', '--name', 'Acme', '--lrs-url', 'https://lrs.acme.example/xapi');
    const { sub, email } = await create(newEmail(), '--org', 'acme');
    expect((await run(['list'])).printed).toContain(`${email}  A Name  [statements/read]  in acme`);
    await expect(org('delete', 'acme')).rejects.toThrow(`organization acme has users: ${email}; delete them first`);
    await run(['delete', sub]);
    expect((await org('delete', 'acme')).printed).toBe('organization acme is deleted');
  });
});

describe('a user and a client', () => {
  it('are never taken for one another: no client can have the id of a person', async () => {
    const { sub } = await create(newEmail());
    const stolen = runCommand(clientCommand, ['create', '--id', sub, '--name', 'A', '--scope', 'all'], env);
    await expect(stolen).rejects.toThrow('--id should be 1 to 128 letters, digits');
  });
});

describe('the process', () => {
  it('makes an account from standard input, and shows it to another process', async () => {
    const args = ['user', 'create', '--email', 'piped@example.org', '--name', 'Piped', '--permissions', 'all'];
    const made = await printedBy<Shown>([...args, '--password-stdin'], { env, input: `${PASSWORD}\n` });
    expect(made).toMatchObject({ email: 'piped@example.org', preferred_username: 'piped', permissions: 'all' });
    expect(await printedBy<Shown>(['user', 'show', 'piped@example.org'], { env })).toEqual(made);
    expect(await isPassword(await people.find(made.sub), PASSWORD)).toBe(true);
  });

  it('on Redis, lets one of several that race for an e-mail address have it', async () => {
    const redis = await startRedis();
    const options = { env: { HALLPASS_STORE: redis.url } };
    await eventually(async () => expect((await redis.command('PING')).trim()).toBe('PONG'));
    const args = ['user', 'create', '--email', 'raced@example.org', '--name', 'A', '--permissions', 'all'];
    const ends = await Promise.all(Array.from({ length: 4 }, () => runHallpass(args, options)));
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
    for (const { code, stderr } of ends)
      if (code === 1) expect(stderr).toBe('hallpass: there is a user raced@example.org already\n');
    expect(await printedBy<Shown[]>(['user', 'list'], options)).toHaveLength(1);
    await redis.close();
  }, 60_000);

  it.each<[status: number, args: string[], says: RegExp]>([
    [0, ['help'], /hallpass user create --email E --name N --permissions "a b" --password-stdin/],
    [1, ['user', 'show', 'nobody@example.org'], /^hallpass: there is no user "nobody@example.org"\n$/],
    [2, ['user'], /^hallpass: user what\? create, list, show, update, password, link, unlink, delete\n$/],
    [2, ['user', 'constructor'], /^hallpass: user what\?/],
    [2, ['user', 'create', '--email', 'a@example.org'], /^hallpass: --name is needed[^\n]*\n$/],
  ])('ends with %i for %j', async (status, args, says) => {
    const { code, stdout, stderr } = await runHallpass(args, { env });
    expect(code).toBe(status);
    expect(stdout + stderr).toMatch(says);
  });
});
