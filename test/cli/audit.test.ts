/** `hallpass audit`: every change by a command, who made it and when; never a secret. */
import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { audit as auditCommand } from '../../services/cli/audit.ts';
import { client as clientCommand } from '../../services/cli/client.ts';
import { UsageError, type Command } from '../../services/cli/context.ts';
import { keys as keysCommand } from '../../services/cli/keys.ts';
import { org as orgCommand } from '../../services/cli/org.ts';
import { user as userCommand } from '../../services/cli/user.ts';
import type { AdministrativeChange } from '../../services/store/administration.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { runCommand } from './command.ts';

const PASSWORD = `pass-${randomBytes(9).toString('base64url')}`;
const LRS_PASSWORD = `lrs-${randomBytes(9).toString('base64url')}`;

describe.each(DRIVERS)('hallpass audit, on %s', (_name, open) => {
  let shared: SharedStore;
  let env: Record<string, string>;
  beforeAll(async () => {
    shared = await open();
    env = {
      HALLPASS_STORE: shared.address,
      HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      SUDO_USER: 'alice',
    };
    await shared.connect();
  });
  afterAll(() => shared.close());

  const run = (command: Command, args: string[], input = '') => runCommand(command, args, env, input);
  const json = async <T>(command: Command, args: string[], input = '') =>
    JSON.parse((await run(command, [...args, '--json'], input)).printed) as T;
  const recorded = () => json<AdministrativeChange[]>(auditCommand, []);

  /** What was recorded while something was done. */
  async function recordedOf(work: () => Promise<unknown>): Promise<AdministrativeChange[]> {
    const before = (await recorded()).length;
    await work();
    return (await recorded()).slice(before);
  }

  it('has a record of each change to a client, with the names of what is different', async () => {
    const shown: { client_secret: string }[] = [];
    const client = async (...args: string[]) => shown.push(await json(clientCommand, args));
    const changes = await recordedOf(async () => {
      await client('create', '--id', 'vendor', '--name', 'Vendor', '--scope', 'statements/write');
      await client('update', 'vendor', '--scope', 'statements/write state', '--strict');
      await client('update', 'vendor', '--inactive');
      await client('rotate', 'vendor');
      await client('regenerate', 'vendor');
      await client('delete', 'vendor');
    });
    const of = { subject: 'client', id: 'vendor' };
    expect(changes).toMatchObject([
      { ...of, action: 'create', outcome: 'added', scope: 'statements/write' },
      { ...of, action: 'update', outcome: 'changed', fields: ['scope', 'strict'], scope: 'statements/write state' },
      { ...of, action: 'update', outcome: 'changed', fields: ['active'] },
      { ...of, action: 'rotate', outcome: 'changed', fields: ['secrets'] },
      { ...of, action: 'regenerate', outcome: 'changed', fields: ['generation', 'secrets'] },
      { ...of, action: 'delete', outcome: 'removed' },
    ]);
    for (const { user, sudo_user, host, at } of changes) {
      expect([user, sudo_user, host]).toEqual([userInfo().username, 'alice', hostname()]);
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(600_000);
    }
    const { printed } = await run(auditCommand, ['--days', '400']);
    for (const { client_secret } of shown) if (client_secret) expect(printed).not.toContain(client_secret);
  });

  it('has a record of each change to a user, without name, address or password', async () => {
    const changes = await recordedOf(async () => {
      const args = ['create', '--email', 'ana@example.org', '--name', 'Ana Lima', '--permissions', 'state'];
      await run(userCommand, [...args, '--password-stdin'], PASSWORD);
      await run(userCommand, ['update', 'ana@example.org', '--name', 'Ana Maria Lima']);
      await run(userCommand, ['password', 'ana@example.org', '--password-stdin'], `${PASSWORD}2`);
      await run(userCommand, ['delete', 'ana@example.org']);
    });
    expect(changes).toMatchObject([
      { action: 'create', outcome: 'added', scope: 'state' },
      { action: 'update', outcome: 'changed', fields: ['name'] },
      { action: 'password', outcome: 'changed', fields: expect.arrayContaining(['generation']) as string[] },
      { action: 'delete', outcome: 'removed' },
    ]);
    expect(new Set(changes.map(({ subject, id }) => `${subject} ${id.slice(0, 7)}`))).toEqual(
      new Set(['user person:']),
    );
    expect(JSON.stringify(changes)).not.toMatch(/ana|lima|pass-/i);
  });

  it('has a record of each change to an organization, and of what of its LRS', async () => {
    const changes = await recordedOf(async () => {
      await run(orgCommand, ['create', 'acme', '--name', 'Acme', '--lrs-url', 'https://lrs.example.org/xapi']);
      await run(orgCommand, ['update', 'acme', '--lrs-username', 'key', '--lrs-password-stdin'], LRS_PASSWORD);
      await run(orgCommand, ['delete', 'acme']);
    });
    const of = { subject: 'organization', id: 'acme' };
    expect(changes).toMatchObject([
      { ...of, action: 'create', outcome: 'added' },
      { ...of, action: 'update', outcome: 'changed', fields: ['lrs.password', 'lrs.username'] },
      { ...of, action: 'delete', outcome: 'removed' },
    ]);
    expect(JSON.stringify(changes)).not.toContain(LRS_PASSWORD);
  });

  it('has a record of each key that was made, and of one that was taken away', async () => {
    let kids: string[] = [];
    const changes = await recordedOf(async () => {
      const made = await json<{ kid: string }[]>(keysCommand, ['rotate']);
      kids = made.map(({ kid }) => kid);
      await run(keysCommand, ['retire', `--kid=${kids[0]}`]);
    });
    expect(kids).toHaveLength(3);
    expect(changes).toMatchObject([
      ...kids.map((id) => ({ subject: 'key', action: 'rotate', id, outcome: 'added' })),
      { subject: 'key', action: 'retire', id: kids[0], outcome: 'removed' },
    ]);
  });

  it('has none of what changed nothing', async () => {
    const changes = await recordedOf(async () => {
      await run(clientCommand, ['list']);
      await run(userCommand, ['list']);
      await run(orgCommand, ['list']);
      await run(keysCommand, ['list']);
      await run(clientCommand, ['delete', 'nobody']).catch(() => undefined);
      await run(clientCommand, ['create', '--name', 'A', '--scope', 'nonsense']).catch(() => undefined);
      await run(keysCommand, ['retire', '--kid=none']).catch(() => undefined);
    });
    expect(changes).toEqual([]);
  });

  it('has all of those that are made at once', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `at-once-${n}`);
    const changes = await recordedOf(() =>
      Promise.all(ids.map((id) => run(clientCommand, ['create', '--id', id, '--name', id, '--scope', 'state']))),
    );
    expect(changes.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('prints a line for each, the oldest first', async () => {
    await run(clientCommand, ['create', '--id', 'line', '--name', 'Line', '--scope', 'state']);
    await run(clientCommand, ['update', 'line', '--scope', 'profile', '--strict']);
    const who = `${userInfo().username}@${hostname()} (sudo: alice)`;
    const [created, updated] = (await run(auditCommand, [])).printed.split('\n').slice(-2);
    expect(created?.split('  ').slice(1)).toEqual([who, 'client create', 'line', 'added', '[state]']);
    expect(updated?.split('  ').slice(1)).toEqual([
      ...[who, 'client update', 'line'],
      ...['changed: scope, strict', '[profile]'],
    ]);
    expect(created?.split('  ')[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it.each([
    [['--days', '0'], /--days should be/],
    [['--days', '401'], /--days should be/],
    [['--days', '-1'], /days/],
    [['--days', '1e2'], /--days should be/],
    [['today'], /"today" is of no option/],
    [['--since', 'x'], /since/],
  ])('%j is a wrong use', async (args, message) => {
    const fault = run(auditCommand, args);
    await expect(fault).rejects.toThrow(UsageError);
    await expect(fault).rejects.toThrow(message);
  });
});
