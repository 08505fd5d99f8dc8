/** `hallpass keys …`: the keys that sign, beside services that run. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { client as clientCommand } from '../../services/cli/client.ts';
import { CommandFailed, UsageError } from '../../services/cli/context.ts';
import { keys as keysCommand } from '../../services/cli/keys.ts';
import { hallpass, printedBy, runHallpass } from '../support/hallpass.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { nowSeconds } from '../support/token-service.ts';
import { runCommand } from './command.ts';

interface Shown {
  kid: string;
  use: string;
  alg?: string;
  state: string;
  signs_from?: number;
  published_until?: number;
}

let folder: TempFolder;
let env: Record<string, string>;
beforeEach(async () => {
  folder = await tempFolder('cli-keys');
  env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'hallpass.db')}` };
});
afterEach(() => folder.remove());

const keys = (...args: string[]) => runCommand(keysCommand, args, env);
const json = async (...args: string[]) => JSON.parse((await keys(...args, '--json')).printed) as Shown[];
const states = (shown: readonly Shown[]) => shown.map(({ use, alg = use, state }) => `${alg} ${state}`);

describe('keys list', () => {
  it('has one of each kind at first, and no secret', async () => {
    expect(await json('list')).toEqual([
      { kid: expect.any(String) as string, use: 'sig', alg: 'ES256', state: 'current' },
      { kid: expect.any(String) as string, use: 'sig', alg: 'RS256', state: 'current' },
      { kid: expect.any(String) as string, use: 'cookies', state: 'current' },
    ]);
  });

  it('says when each signs and until when it verifies', async () => {
    await keys('rotate', '--after-seconds', '0');
    await keys('rotate');
    const { printed } = await keys('list');
    const shown = await json('list');
    const time = (unixSeconds = NaN) => new Date(unixSeconds * 1000).toISOString();
    expect(printed.split('\n').slice(0, 3)).toEqual([
      `${shown[0]?.kid}  ES256    current    signs since ${time(shown[0]?.signs_from)}`,
      `${shown[1]?.kid}  ES256    published  signs from ${time(shown[1]?.signs_from)}`,
      `${shown[2]?.kid}  ES256    retired    verifies until ${time(shown[2]?.published_until)}`,
    ]);
  });
});

describe('keys rotate', () => {
  it('shows the new ones, which sign in a quarter of an hour, and has nothing to warn of', async () => {
    await json('list');
    const { printed, noted } = await keys('rotate', '--json');
    const shown = JSON.parse(printed) as Shown[];
    expect(states(shown)).toEqual(['ES256 published', 'RS256 published', 'cookies published']);
    for (const { signs_from = NaN } of shown) expect(Math.abs(signs_from - nowSeconds() - 900)).toBeLessThanOrEqual(2);
    expect(noted).toBe('');
    expect(await json('list')).toHaveLength(6);
  });

  it('warns where verifiers can have no time to learn of them', async () => {
    expect((await keys('rotate', '--after-seconds', '60')).noted).toMatch(/less than many cache keys/);
    const { noted, printed } = await keys('rotate', '--after-seconds', '0');
    expect(noted).toMatch(/sign at once: .* refuses what the new ones sign, until the keys are fetched again/);
    expect(printed).toMatch(/ES256 {4}current/);
  });

  it('keeps the old ones for as long as the longest token of a client lives', async () => {
    const life = String(90 * 86_400);
    await runCommand(clientCommand, ['create', '--name', 'A', '--scope', 'all', '--max-token-seconds', life], env);
    const old = (await json('list')).map(({ kid }) => kid);
    const [fresh] = await json('rotate');
    for (const { kid, published_until } of await json('list'))
      expect(published_until).toBe(old.includes(kid) ? (fresh?.signs_from ?? NaN) + Number(life) : undefined);
  });

  it.each(['-1', '1.5', '', 'soon', '10000000000'])('takes no %j seconds', async (seconds) => {
    await expect(keys('rotate', `--after-seconds=${seconds}`)).rejects.toThrow(UsageError);
  });

  it('loses nothing where processes do it at once', async () => {
    await json('list');
    const fresh = await Promise.all([1, 2, 3].map(() => printedBy<Shown[]>(['keys', 'rotate'], { env })));
    const all = (await json('list')).map(({ kid }) => kid);
    expect(all).toHaveLength(12);
    for (const { kid } of fresh.flat()) expect(all).toContain(kid);
  });

  it('has rotated all or nothing, whenever it is killed', async () => {
    await json('list');
    let before = 3;
    for (const afterMs of [150, 250, 300, 350, 400, 500]) {
      const running = hallpass(['keys', 'rotate'], { env });
      await sleep(afterMs);
      running.signal('SIGKILL');
      await running.exited;
      const shown = await json('list');
      expect([before, before + 3]).toContain(shown.length);
      expect(shown.filter(({ state }) => state === 'current')).toHaveLength(3);
      before = shown.length;
    }
  });
});

describe('keys retire', () => {
  it('takes a key that signs away, puts another in its place, and says what no longer works', async () => {
    const [compromised] = await json('list');
    const { noted, printed } = await keys('retire', `--kid=${compromised?.kid}`, '--json');
    const left = JSON.parse(printed) as Shown[];
    expect(states(left)).toEqual(['ES256 current', 'RS256 current', 'cookies current']);
    expect(left.map(({ kid }) => kid)).not.toContain(compromised?.kid);
    expect(await json('list')).toEqual(left);
    expect(noted).toMatch(/every assertion, ID token and JWT access token that it signed is refused from now on/);
    expect(noted).toMatch(/goes on accepting it until the keys are fetched again/);
    expect(noted).toMatch(/another one signs in its place at once/);
  });

  it('says that nothing was lost with one that had not signed, and who has to sign in again', async () => {
    const [waiting] = await json('rotate');
    expect((await keys('retire', `--kid=${waiting?.kid}`)).noted).toMatch(/it had signed nothing yet$/);
    const cookie = (await json('list')).find(({ use }) => use === 'cookies');
    expect((await keys('retire', `--kid=${cookie?.kid}`)).noted).toMatch(/has to sign in again$/);
  });

  it('needs to be told which, and one that there is', async () => {
    await expect(keys('retire')).rejects.toThrow(UsageError);
    const failed = keys('retire', '--kid', 'nothing');
    await expect(failed).rejects.toThrow(CommandFailed);
    await expect(failed).rejects.toThrow('there is no key nothing; see: hallpass keys list');
  });
});

describe('keys', () => {
  it.each([[], ['remove']])('%j is used wrongly, and says what there is', async (...args) => {
    await expect(keys(...args)).rejects.toThrow('keys what? list, rotate, retire');
  });

  it('says so where the encryption key is another than it was', async () => {
    await json('list');
    env = { ...env, HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url') };
    for (const act of ['list', 'rotate']) {
      const { code, stderr, stdout } = await runHallpass(['keys', act], { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^hallpass: the signing keys .*HALLPASS_ENCRYPTION_KEY has changed\n$/);
    }
  });
});
