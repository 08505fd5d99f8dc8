/** make-secrets.sh, on a copy of docker/. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encryptionKeys, jsonArray } from '../../config/values.ts';
import { readStoreAddress } from '../../config/store-address.ts';
import { readResources } from '../../services/shared/resources.ts';
import { readIdentityProviders } from '../../services/token/sign-in/elsewhere/identity-provider.ts';
import { composeFolder, type ComposeFolder } from './compose-folder.ts';

const LISTS = ['identity-providers.json', 'resources.json'];
const RANDOM = ['encryption-key.txt', 'lrs-password.txt', 'redis-password.txt'];
const FILES = [...LISTS, ...RANDOM, 'store-url.txt'].sort();

describe('make-secrets.sh', () => {
  let folder: ComposeFolder;
  const secrets = () => join(folder.path, 'secrets');
  const secret = (name: string) => readFileSync(join(secrets(), name), 'utf8');
  const make = () => execFileSync('sh', [join(folder.path, 'make-secrets.sh')], { encoding: 'utf8', cwd: '/' });
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  beforeEach(async () => {
    folder = await composeFolder();
  });
  afterEach(() => folder.remove());

  it('makes every file, which the containers can read, in a folder that only its owner can pass', () => {
    expect(readdirSync(secrets()).sort()).toEqual(FILES);
    expect(modeOf(secrets())).toBe('700');
    for (const name of FILES) expect([name, modeOf(join(secrets(), name))]).toEqual([name, '644']);
    expect(modeOf(join(folder.path, '.env'))).toBe('600');
  });

  it('makes what the settings accept: a key of 32 bytes, and the address of Redis with its password', () => {
    expect(encryptionKeys(secret('encryption-key.txt').trim())).toHaveLength(1);
    expect(readStoreAddress(secret('store-url.txt').trim())).toEqual({
      driver: 'redis',
      address: {
        topology: 'standalone',
        tls: false,
        nodes: [{ host: 'redis', port: 6379 }],
        password: secret('redis-password.txt').trim(),
        db: 0,
      },
    });
  });

  it('makes lists of further resources and of identity providers, with none in them yet', () => {
    expect(readResources(jsonArray(secret('resources.json').trim()))).toEqual([]);
    expect(readIdentityProviders(jsonArray(secret('identity-providers.json').trim()))).toEqual([]);
  });

  it('makes no two alike', () => {
    const random = RANDOM.map((name) => secret(name));
    for (const value of random) expect(value).toMatch(/^[\w-]{43}\n$/);
    expect(new Set(random).size).toBe(3);
  });

  it('keeps what is there, and closes a folder that was open', () => {
    const before = FILES.map((name) => secret(name));
    writeFileSync(join(folder.path, '.env'), 'HALLPASS_LOG_LEVEL=warn\n');
    execFileSync('chmod', ['0755', secrets()]);
    expect(make()).toBe('');
    expect(FILES.map((name) => secret(name))).toEqual(before);
    expect(readFileSync(join(folder.path, '.env'), 'utf8')).toBe('HALLPASS_LOG_LEVEL=warn\n');
    expect(modeOf(secrets())).toBe('700');
  });

  it('makes what is missing, also where Docker has made a folder in its place', () => {
    rmSync(join(secrets(), 'lrs-password.txt'));
    mkdirSync(join(secrets(), 'lrs-password.txt'));
    rmSync(join(secrets(), 'store-url.txt'));
    expect(make()).toBe('made docker/secrets/store-url.txt\nmade docker/secrets/lrs-password.txt\n');
    expect(secret('store-url.txt')).toBe(`redis://:${secret('redis-password.txt').trim()}@redis:6379\n`);
  });

  it('leaves nothing that git would take', () => {
    const ignored = readFileSync(join(folder.path, '.gitignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', 'secrets/']));
    expect(existsSync(join(folder.path, '.env'))).toBe(true);
  });
});
