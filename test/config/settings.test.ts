import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crossCheck } from '../../config/cross-checks.ts';
import { readSettings, SettingsFault, unknownSettings, type Environment } from '../../config/setting.ts';
import { SETTINGS, type Settings } from '../../config/settings.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const read = (environment: Environment): Settings => readSettings(SETTINGS, environment);

/** The faults, by the name of the setting. */
function faultsOf(environment: Environment): Map<string, string> {
  try {
    read(environment);
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    return new Map(error.faults.map((line) => [line.trim().split(' ')[0] ?? '', line]));
  }
  return new Map();
}

const key = () => randomBytes(32).toString('base64url');

describe('the settings', () => {
  it('start the product without any of them', () => {
    expect(read({})).toMatchObject({
      HALLPASS_ISSUER: undefined,
      HALLPASS_HOST: '127.0.0.1',
      HALLPASS_PORT: 8080,
      HALLPASS_STORE: { driver: 'sqlite', path: 'data/hallpass.db' },
      HALLPASS_ENCRYPTION_KEY: undefined,
      HALLPASS_LRS_URL: undefined,
      HALLPASS_LRS_AUTH: 'basic',
      HALLPASS_LRS_USERNAME: undefined,
      HALLPASS_LRS_PASSWORD: undefined,
      HALLPASS_LRS_AUTHORITY: undefined,
      HALLPASS_LRS_AUTHORITY_TEMPLATE: undefined,
      HALLPASS_LRS_JWT_PROFILE: 'generic',
      HALLPASS_LRS_VERSION: undefined,
      HALLPASS_ISOLATE_STATE: false,
      HALLPASS_SCOPE_PREFIX: undefined,
      HALLPASS_RESOURCES: undefined,
      HALLPASS_IDENTITY_PROVIDERS: undefined,
      HALLPASS_TOKEN_URL: undefined,
      HALLPASS_TRUSTED_PROXIES: undefined,
      HALLPASS_DPOP_NONCE: 'optional',
      HALLPASS_OAUTH1: false,
      HALLPASS_CACHE_SECONDS: 30,
      HALLPASS_LOG_LEVEL: 'info',
      HALLPASS_ADMIN_PORT: 8081,
    });
    for (const role of ['token', 'all', 'cli'] as const) expect(crossCheck(read({}), role)).toEqual([]);
  });

  it('have no secret by default, and say what each is for', () => {
    for (const [name, { doc, ...setting }] of Object.entries(SETTINGS)) {
      expect(doc.length).toBeGreaterThan(10);
      if (/KEY|PASSWORD|SECRET/.test(name)) expect(setting).toMatchObject({ secret: true });
      if (/KEY|PASSWORD|SECRET/.test(name)) expect(setting).not.toHaveProperty('default');
    }
  });

  it('count an empty variable as unset: that is how compose passes on what was left out', () => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(read(empty)).toEqual(read({}));
  });

  it('cannot be changed once they are read', () => {
    expect(Object.isFrozen(read({}))).toBe(true);
  });

  it('read what is set', () => {
    expect(
      read({
        HALLPASS_ISSUER: 'https://LRS.example.org:443/',
        HALLPASS_PORT: '0',
        HALLPASS_STORE: 'rediss://:secret@redis:6380/2',
        HALLPASS_LRS_URL: 'https://lrs.internal/data/xAPI/',
        HALLPASS_CACHE_SECONDS: '0',
        HALLPASS_LOG_LEVEL: 'silent',
      }),
    ).toMatchObject({
      HALLPASS_ISSUER: 'https://lrs.example.org',
      HALLPASS_PORT: 0,
      HALLPASS_STORE: {
        driver: 'redis',
        address: {
          topology: 'standalone',
          tls: true,
          nodes: [{ host: 'redis', port: 6380 }],
          password: 'secret',
          db: 2,
        },
      },
      HALLPASS_LRS_URL: 'https://lrs.internal/data/xAPI',
      HALLPASS_CACHE_SECONDS: 0,
      HALLPASS_LOG_LEVEL: 'silent',
    });
  });

  it('name every wrong one at once, with what it should be and what it is for', () => {
    const wrong = {
      HALLPASS_ISSUER: 'lrs.example.org',
      HALLPASS_PORT: '80x',
      HALLPASS_STORE: 'mysql://localhost',
      HALLPASS_ENCRYPTION_KEY: 'short',
      HALLPASS_LRS_URL: 'ftp://lrs/xAPI',
      HALLPASS_LRS_AUTH: 'trust',
      HALLPASS_SAMPLE_LRS_URL: 'sample',
      HALLPASS_LRS_AUTHORITY: 'Kept',
      HALLPASS_LRS_AUTHORITY_TEMPLATE: '[]',
      HALLPASS_LRS_JWT_PROFILE: 'keycloak',
      HALLPASS_LRS_SCOPE_PREFIX: 'lrs: ',
      HALLPASS_LRS_VERSION: '1.0',
      HALLPASS_ISOLATE_STATE: 'true',
      HALLPASS_SCOPE_PREFIX: 'a,b',
      HALLPASS_RESOURCES: '{}',
      HALLPASS_IDENTITY_PROVIDERS: '{}',
      HALLPASS_LRS_CONNECT_SECONDS: '0',
      HALLPASS_TOKEN_URL: 'token',
      HALLPASS_TRUSTED_PROXIES: 'proxy',
      HALLPASS_CACHE_SECONDS: '301',
      HALLPASS_MAX_INSPECTED_BYTES: '999',
      HALLPASS_DRAIN_SECONDS: '1.5',
      HALLPASS_LOG_LEVEL: 'INFO',
      HALLPASS_ADMIN_PORT: '65536',
    };
    const faults = faultsOf(wrong);
    expect([...faults.keys()].sort()).toEqual(Object.keys(wrong).sort());
    for (const [name, line] of faults) {
      expect(line).toMatch(/ should be /);
      expect(line).toContain(SETTINGS[name as keyof typeof SETTINGS].doc);
    }
    expect(() => read(wrong)).toThrow(/^24 wrong settings:\n/);
    expect(() => read({ HALLPASS_PORT: 'x' })).toThrow(/^1 wrong setting:\n/);
  });

  it.each(['-1', '65536', '8080 ', ' 8080', '8e3', '0x1F90', '٨٠٨٠', '1_000', '+1', 'Infinity', '80.0'])(
    'take %j for no port',
    (HALLPASS_PORT) => {
      expect(faultsOf({ HALLPASS_PORT }).get('HALLPASS_PORT')).toMatch(/should be a whole number from 0 to 65535/);
    },
  );

  it.each<[string, string]>([
    ['https://lrs.example.org', 'https://lrs.example.org'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['HTTPS://Lrs.Example.org', 'https://lrs.example.org'],
  ])('take %s for the issuer, as %s', (HALLPASS_ISSUER, origin) => {
    expect(read({ HALLPASS_ISSUER }).HALLPASS_ISSUER).toBe(origin);
  });

  it.each([
    'lrs.example.org',
    '//lrs.example.org',
    'https://',
    'https://lrs.example.org/xapi',
    'https://lrs.example.org?a',
    'https://lrs.example.org/?',
    'https://lrs.example.org#',
    'https://me@lrs.example.org',
    'ws://lrs.example.org',
    'https://lrs.example.org:99999',
  ])('take %s for no issuer', (HALLPASS_ISSUER) => {
    expect(faultsOf({ HALLPASS_ISSUER }).get('HALLPASS_ISSUER')).toMatch(/should be an http or https origin like/);
  });

  it.each(['lrs', 'ftp://lrs/xAPI', 'https://lrs/xAPI?a=b', 'https://lrs/xAPI#a', 'https://me:pass@lrs/xAPI'])(
    'take %s for no URL of an LRS',
    (HALLPASS_LRS_URL) => {
      expect(faultsOf({ HALLPASS_LRS_URL }).get('HALLPASS_LRS_URL')).toMatch(/should (be|have no)/);
    },
  );

  it.each(['lrs:', 'https://lrs.example.org/', '!~', 'urn:x[1]/'])(
    'take %s for what stands before a scope',
    (prefix) => {
      expect(read({ HALLPASS_SCOPE_PREFIX: prefix, HALLPASS_LRS_SCOPE_PREFIX: prefix })).toMatchObject({
        HALLPASS_SCOPE_PREFIX: prefix,
        HALLPASS_LRS_SCOPE_PREFIX: prefix,
      });
    },
  );

  /* RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
  it.each(['a b', 'a,b', 'a"', 'a\\', 'ä', 'a\n', 'a\u007f', 'x'.repeat(101)])('take %j for none', (prefix) => {
    for (const name of ['HALLPASS_SCOPE_PREFIX', 'HALLPASS_LRS_SCOPE_PREFIX'])
      expect(faultsOf({ [name]: prefix }).get(name)).toMatch(/should be 1 to 100 characters that scopes may have/);
  });

  it('read JSON, and repeat nothing of what is none', () => {
    expect(read({ HALLPASS_LRS_AUTHORITY_TEMPLATE: '{"mbox": "x"}' }).HALLPASS_LRS_AUTHORITY_TEMPLATE).toEqual({
      mbox: 'x',
    });
    expect(read({ HALLPASS_RESOURCES: '[1]' }).HALLPASS_RESOURCES).toEqual([1]);
    for (const text of ['null', '1', '"{}"', '[]'])
      expect(faultsOf({ HALLPASS_LRS_AUTHORITY_TEMPLATE: text }).size).toBe(1);
    for (const text of ['null', '1', '"[]"', '{}']) expect(faultsOf({ HALLPASS_RESOURCES: text }).size).toBe(1);
    const line = faultsOf({ HALLPASS_RESOURCES: '[hunter2]' }).get('HALLPASS_RESOURCES');
    expect(line).toMatch(/should be JSON, and is none/);
    expect(line).not.toContain('hunter2');
  });

  it('never print a secret, nor the password in a URL, in saying what is wrong', () => {
    const secret = 'hunter2-hunter2';
    const lines = [
      { HALLPASS_ENCRYPTION_KEY: secret },
      { HALLPASS_STORE: `redis://me:${secret}@a,b` },
      { HALLPASS_STORE: `redis://me:${secret}%zz@a` },
      { HALLPASS_LRS_URL: `https://me:${secret}@lrs/xAPI` },
      { HALLPASS_LRS_URL: `https://me:${secret}@lrs/xAPI?a=b` },
      { HALLPASS_LRS_URL: `ftp://me:${secret}@lrs/xAPI` },
      { HALLPASS_ISSUER: `https://me:${secret}@lrs.example.org` },
    ].map((environment) => [...faultsOf(environment).values()].join(''));
    for (const line of lines) {
      expect(line).toContain('should ');
      expect(line).not.toContain(secret);
    }
  });
});

describe('HALLPASS_STORE', () => {
  it.each(['sqlite:data/hallpass.db', 'sqlite:/var/lib/hallpass.db', 'sqlite:a b.db'])('reads %s', (HALLPASS_STORE) => {
    expect(read({ HALLPASS_STORE }).HALLPASS_STORE).toEqual({ driver: 'sqlite', path: HALLPASS_STORE.slice(7) });
  });

  it.each([
    ['redis://redis', 'standalone'],
    ['rediss://redis', 'standalone'],
    ['redis+sentinel://a,b/mymaster', 'sentinel'],
    ['redis+cluster://a,b', 'cluster'],
  ])('reads %s', (HALLPASS_STORE, topology) => {
    expect(read({ HALLPASS_STORE }).HALLPASS_STORE).toMatchObject({ driver: 'redis', address: { topology } });
  });

  it.each(['sqlite:', 'data/hallpass.db', 'postgres://a', 'redis', 'redis://%zz@a'])(
    'says all its forms to %j',
    (HALLPASS_STORE) => {
      const line = faultsOf({ HALLPASS_STORE }).get('HALLPASS_STORE');
      for (const form of ['sqlite:', 'redis://', 'rediss://', 'redis+sentinel://', 'redis+cluster://'])
        expect(line).toContain(form);
    },
  );
});

describe('HALLPASS_TRUSTED_PROXIES', () => {
  it.each<[string, string[]]>([
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.0/8,192.0.2.7 2001:db8::/32', ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32']],
    [' ::1 ,', ['::1/128']],
  ])('reads %j', (HALLPASS_TRUSTED_PROXIES, networks) => {
    expect(read({ HALLPASS_TRUSTED_PROXIES }).HALLPASS_TRUSTED_PROXIES).toEqual(networks);
  });

  it.each([
    'proxy.internal',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08x',
    '10.0.0.0/',
    '2001:db8::/129',
    '::ffff:10.0.0.0/104',
    'fe80::1%eth0',
    '10.0.0.1:80',
    '*',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8;192.0.2.7',
  ])('takes %j for no proxy', (wrong) => {
    const line = faultsOf({ HALLPASS_TRUSTED_PROXIES: `192.0.2.7, ${wrong}` }).get('HALLPASS_TRUSTED_PROXIES');
    expect(line).toContain(`should be addresses or networks like`);
    expect(line).toContain(JSON.stringify(wrong));
  });
});

describe('HALLPASS_ENCRYPTION_KEY', () => {
  it('is 32 bytes in base64url, with or without its padding', () => {
    const one = key();
    for (const HALLPASS_ENCRYPTION_KEY of [one, `${one}=`])
      expect(read({ HALLPASS_ENCRYPTION_KEY }).HALLPASS_ENCRYPTION_KEY).toEqual([Buffer.from(one, 'base64url')]);
  });

  it('may be several, newest first', () => {
    const [fresh, old] = [key(), key()];
    const { HALLPASS_ENCRYPTION_KEY: keys } = read({ HALLPASS_ENCRYPTION_KEY: `${fresh}, ${old}` });
    expect(keys?.map((each) => each.toString('base64url'))).toEqual([fresh, old]);
  });

  it.each([
    ['31 bytes', randomBytes(31).toString('base64url')],
    ['33 bytes', randomBytes(33).toString('base64url')],
    ['hexadecimal', 'ab'.repeat(32)],
    ['a password', 'correct horse battery staple okay!'],
    ['plain base64', `${'+/'.repeat(21)}A=`],
    ['a key and nothing', `${key()},`],
    ['a key and something else', `${key()},x`],
  ])('is not %s', (_, HALLPASS_ENCRYPTION_KEY) => {
    expect(faultsOf({ HALLPASS_ENCRYPTION_KEY }).get('HALLPASS_ENCRYPTION_KEY')).toMatch(
      /should be 32 bytes in base64url/,
    );
  });
});

describe('a secret in a file', () => {
  let folder: TempFolder;
  const file = async (text: string) => {
    const path = join(folder.path, 'secret');
    await writeFile(path, text);
    return path;
  };
  beforeEach(async () => {
    folder = await tempFolder('settings');
  });
  afterEach(() => folder.remove());

  it.each(['a secret', 'a secret\n', 'a secret\r\n'])('is read from %j, without its last newline', async (text) => {
    expect(read({ HALLPASS_LRS_PASSWORD_FILE: await file(text) }).HALLPASS_LRS_PASSWORD).toBe('a secret');
  });

  it('keeps every other space', async () => {
    expect(read({ HALLPASS_LRS_PASSWORD_FILE: await file(' a\n\n') }).HALLPASS_LRS_PASSWORD).toBe(' a\n');
  });

  it('is parsed like the variable itself', async () => {
    const one = key();
    expect(read({ HALLPASS_ENCRYPTION_KEY_FILE: await file(`${one}\n`) }).HALLPASS_ENCRYPTION_KEY).toHaveLength(1);
    expect(read({ HALLPASS_STORE_FILE: await file('sqlite:x.db\n') }).HALLPASS_STORE).toEqual({
      driver: 'sqlite',
      path: 'x.db',
    });
    expect(faultsOf({ HALLPASS_ENCRYPTION_KEY_FILE: await file('x') }).get('HALLPASS_ENCRYPTION_KEY')).toContain(
      'should be',
    );
  });

  it('is a fault where the variable is set as well', async () => {
    const environment = { HALLPASS_LRS_PASSWORD: 'one', HALLPASS_LRS_PASSWORD_FILE: await file('two') };
    expect(faultsOf(environment).get('HALLPASS_LRS_PASSWORD')).toMatch(
      /HALLPASS_LRS_PASSWORD_FILE are both set: use one/,
    );
  });

  it('is a fault where the file cannot be read, and says which and why', () => {
    const line = faultsOf({ HALLPASS_LRS_PASSWORD_FILE: join(folder.path, 'absent') }).get('HALLPASS_LRS_PASSWORD');
    expect(line).toContain(join(folder.path, 'absent'));
    expect(line).toContain('ENOENT');
    expect(faultsOf({ HALLPASS_LRS_PASSWORD_FILE: folder.path }).get('HALLPASS_LRS_PASSWORD')).toContain('EISDIR');
  });

  it('is unset where the name of the file is empty', () => {
    expect(read({ HALLPASS_LRS_PASSWORD_FILE: '' }).HALLPASS_LRS_PASSWORD).toBeUndefined();
  });

  it('is for secrets only', async () => {
    expect(read({ HALLPASS_PORT_FILE: await file('1') }).HALLPASS_PORT).toBe(8080);
    expect(unknownSettings(SETTINGS, { HALLPASS_PORT_FILE: 'x' })).toEqual(['HALLPASS_PORT_FILE']);
  });
});

describe('unknownSettings', () => {
  it('names what has our prefix and is no setting: most likely it is misspelt', () => {
    const environment = {
      HALLPASS_PORTS: '1',
      HALLPASS_LRS_PASWORD: 'x',
      HALLPASS_: 'x',
      HALLPASS_PORT: '1',
      HALLPASS_LRS_PASSWORD_FILE: '/run/secrets/x',
      hallpass_port: '1',
      PORT: '1',
    };
    expect(unknownSettings(SETTINGS, environment)).toEqual(['HALLPASS_PORTS', 'HALLPASS_LRS_PASWORD', 'HALLPASS_']);
  });

  it('knows every setting', () => {
    expect(unknownSettings(SETTINGS, Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('crossCheck', () => {
  const settings = (environment: Environment = {}) => read({ HALLPASS_LRS_URL: 'https://lrs/xAPI', ...environment });
  const REDIS = { HALLPASS_STORE: 'redis://redis' };

  it.each(['token', 'gateway', 'all'] as const)('wants an encryption key with Redis, for %s', (role) => {
    const faults = crossCheck(settings(REDIS), role);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/HALLPASS_ENCRYPTION_KEY should be set when HALLPASS_STORE is Redis/);
    expect(crossCheck(settings({ ...REDIS, HALLPASS_ENCRYPTION_KEY: key() }), role)).toEqual([]);
  });

  it('wants none with SQLite, nor for a command that unseals nothing', () => {
    for (const role of ['token', 'gateway', 'all', 'cli'] as const) expect(crossCheck(settings(), role)).toEqual([]);
    expect(crossCheck(settings(REDIS), 'cli')).toEqual([]);
  });

  it('wants an LRS for a gateway of its own', () => {
    const faults = crossCheck(read({}), 'gateway');
    expect(faults.join()).toMatch(/HALLPASS_LRS_URL should be set/);
    for (const role of ['token', 'all', 'cli'] as const) expect(crossCheck(read({}), role)).toEqual([]);
  });

  it.each(['HALLPASS_LRS_USERNAME', 'HALLPASS_LRS_PASSWORD'])(
    'wants user name and password, or neither: not %s alone',
    (name) => {
      for (const role of ['gateway', 'all'] as const)
        expect(crossCheck(settings({ [name]: 'x' }), role).join()).toMatch(/should be set both or neither/);
      const both = { HALLPASS_LRS_USERNAME: 'x', HALLPASS_LRS_PASSWORD: 'x' };
      expect(crossCheck(settings(both), 'gateway')).toEqual([]);
    },
  );

  it('takes the sample LRS in its place, as a process of its own', () => {
    expect(crossCheck(read({ HALLPASS_SAMPLE_LRS_URL: 'http://sample-lrs:8080/xapi' }), 'gateway')).toEqual([]);
  });

  it('wants no template of authorities where all are the same', () => {
    const template = { HALLPASS_LRS_AUTHORITY_TEMPLATE: '{}' };
    for (const role of ['gateway', 'all'] as const) {
      for (const shared of [{}, { HALLPASS_LRS_AUTHORITY: 'shared' }])
        expect(crossCheck(settings({ ...template, ...shared }), role).join()).toMatch(
          /HALLPASS_LRS_AUTHORITY_TEMPLATE should be set only where/,
        );
      for (const HALLPASS_LRS_AUTHORITY of ['kept', 'per-credential'])
        expect(crossCheck(settings({ ...template, HALLPASS_LRS_AUTHORITY }), role)).toEqual([]);
    }
    expect(crossCheck(read(template), 'all')).toEqual([]);
  });

  it('wants no assertions for the sample LRS, which reads none', () => {
    const jwt = { HALLPASS_LRS_AUTH: 'jwt' };
    expect(crossCheck(read(jwt), 'all').join()).toMatch(/HALLPASS_LRS_AUTH should be jwt only where HALLPASS_LRS_URL/);
    expect(crossCheck(settings(jwt), 'gateway')).toEqual([]);
  });

  it('names all that is wrong at once', () => {
    expect(crossCheck(read({ ...REDIS, HALLPASS_LRS_USERNAME: 'x' }), 'gateway')).toHaveLength(3);
  });
});
