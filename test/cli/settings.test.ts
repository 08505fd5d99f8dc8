/** `hallpass settings` and `hallpass scopes`: the tables, as an operator reads them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SETTINGS } from '../../config/settings.ts';
import type { Command } from '../../services/cli/context.ts';
import { UsageError } from '../../services/cli/context.ts';
import { scopes } from '../../services/cli/scopes.ts';
import { settings } from '../../services/cli/settings.ts';
import { DIALECT, SCOPES } from '../../services/shared/scopes.ts';
import { runHallpass } from '../support/hallpass.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Row {
  name: string;
  default: string | null;
  secret: boolean;
  description: string;
}

const SECRETS = [
  'HALLPASS_STORE',
  'HALLPASS_ENCRYPTION_KEY',
  'HALLPASS_LRS_PASSWORD',
  'HALLPASS_RESOURCES',
  'HALLPASS_IDENTITY_PROVIDERS',
];

async function run(command: Command, args: string[] = [], environment: Record<string, string> = {}): Promise<string> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  await command({ args, environment, print, note: print, readInput: () => Promise.resolve('') });
  return printed.join('\n');
}

describe('settings', () => {
  it('prints a table with every setting, its default and what it is', async () => {
    const [head, line, ...rows] = (await run(settings)).split('\n');
    expect([head, line]).toEqual(['| setting | default | what it is |', '| --- | --- | --- |']);
    expect(rows.map((row) => /^\| `(HALLPASS_[A-Z0-9_]+)`/.exec(row)?.[1])).toEqual(Object.keys(SETTINGS));
    for (const row of rows) expect(row.split('|')).toHaveLength(5);
    expect(rows).toContainEqual('| `HALLPASS_PORT` | `8080` | the port to listen on |');
  });

  it('prints the same as JSON, and says which can be given as a file', async () => {
    const rows = JSON.parse(await run(settings, ['--json'])) as Row[];
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(SETTINGS));
    expect(rows.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(SECRETS);
    for (const { description } of rows) expect(description).toMatch(/^\S.{10,}/);
    expect(rows.find(({ name }) => name === 'HALLPASS_LRS_URL')?.default).toBeNull();
  });

  it('prints no value that is set, and does not mind a wrong one', async () => {
    const environment = { HALLPASS_LRS_PASSWORD: 'the-password', HALLPASS_PORT: 'the-port' };
    for (const args of [[], ['--json']])
      expect(await run(settings, args, environment)).not.toMatch(/the-p(assword|ort)(?! to)/);
  });

  it('has no other option', async () => {
    await expect(Promise.resolve().then(() => run(settings, ['--yaml']))).rejects.toThrow(UsageError);
  });
});

describe('scopes', () => {
  it('prints every scope, every other spelling and what it permits', async () => {
    const [head, , ...rows] = (await run(scopes)).split('\n');
    expect(head).toBe('| scope | what it permits |');
    expect(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])).toEqual([...SCOPES, 'ext/NAME', ...Object.keys(DIALECT)]);
    expect(rows).toContainEqual('| `statements/write` | write: statements |');
    expect(rows).toContainEqual('| `statements/read/mine` | read own: statements |');
    for (const row of rows) expect(row).toMatch(/^\| `\S+` \| \S.* \|$/);
  });
});

describe('a setting', () => {
  it('can be given as a file where it is secret, but not both ways', async () => {
    const folder = await tempFolder('settings');
    const file = join(folder.path, 'store');
    await writeFile(file, `sqlite:${join(folder.path, 'hallpass.db')}\n`);
    const list = (env: Record<string, string>) => runHallpass(['client', 'list'], { env });
    expect(await list({ HALLPASS_STORE_FILE: file })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const both = await list({ HALLPASS_STORE_FILE: file, HALLPASS_STORE: 'sqlite:x.db' });
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toContain('HALLPASS_STORE and HALLPASS_STORE_FILE are both set: use one of them');
    await folder.remove();
  });

  it('that is misspelt is named, and that is no fault', async () => {
    const folder = await tempFolder('settings');
    const { code, stderr } = await runHallpass(['doctor'], { env: { HALLPASS_STOER: 'x' }, cwd: folder.path });
    await folder.remove();
    expect(stderr).toContain('HALLPASS_STOER is not a setting; see: hallpass settings');
    expect(code).toBe(0);
  });

  it('that is JSON is read to the end, and its faults are said with all the others', async () => {
    const env = {
      HALLPASS_LRS_AUTHORITY_TEMPLATE: '{"account":{"homePage":"https://a.example.org","name":"everybody"}}',
      HALLPASS_RESOURCES:
        '[{"name":"scim","path":"/xapi","upstream":"https://scim.internal","methods":{"GET":["scim"]}}]',
      HALLPASS_IDENTITY_PROVIDERS:
        '[{"id":"school","name":"S","issuer":"http://idp.example.org","client_id":"a","client_secret":"hunter2"}]',
      HALLPASS_SCOPE_PREFIX: 'lrs, ',
      HALLPASS_PORT: 'x',
    };
    const { code, stderr } = await runHallpass(['client', 'list'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^hallpass: 5 wrong settings:\n/);
    expect(stderr).toMatch(/^ {2}HALLPASS_LRS_AUTHORITY_TEMPLATE should have \{client_id\}/m);
    expect(stderr).toMatch(/^ {2}HALLPASS_RESOURCES should have for scim another path than \/xapi/m);
    expect(stderr).toMatch(
      /^ {2}HALLPASS_IDENTITY_PROVIDERS should have for school an issuer, which should be an https/m,
    );
    expect(stderr).not.toContain('hunter2');
    expect(stderr).toMatch(/^ {2}HALLPASS_SCOPE_PREFIX should be /m);
    expect(stderr).toMatch(/^ {2}HALLPASS_PORT should be /m);
  });

  it.each(['token', 'gateway', 'all'])('that is JSON and wrong ends the start of %s with 2', async (verb) => {
    const env = { HALLPASS_LRS_AUTHORITY_TEMPLATE: '{"mbox":"nobody"}', HALLPASS_LRS_URL: 'http://127.0.0.1:9/xapi' };
    const { code, stderr } = await runHallpass([verb], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('HALLPASS_LRS_AUTHORITY_TEMPLATE should');
  });

  it('that is secret and wrong is not repeated in what is said of it', async () => {
    const env = {
      HALLPASS_ENCRYPTION_KEY: 'a-wrong-key',
      HALLPASS_STORE: 'redis://user:a-wrong-password@:6379',
      HALLPASS_RESOURCES: '[{"password": a-wrong-password}]',
    };
    const { code, stderr } = await runHallpass(['client', 'list'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/HALLPASS_ENCRYPTION_KEY should be 32 bytes/);
    expect(stderr).toMatch(/HALLPASS_STORE should be/);
    expect(stderr).toMatch(/HALLPASS_RESOURCES should be JSON, and is none/);
    expect(stderr).not.toMatch(/a-wrong-(key|password)/);
  });
});
