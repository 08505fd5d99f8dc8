/** compose.yaml as docker-compose reads it, against the settings and the image. Nothing is started but Redis. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crossCheck } from '../../config/cross-checks.ts';
import { readSettings } from '../../config/setting.ts';
import { SETTINGS } from '../../config/settings.ts';
import { defaultOrganization } from '../../services/cli/default-organization.ts';
import { settingsOf } from '../../services/cli/settings-of.ts';
import { startSampleLrs } from '../../services/sample-lrs/main.ts';
import { freePort } from '../support/free-port.ts';
import { redisCommand } from '../support/redis-command.ts';
import { runProcess } from '../support/run-process.ts';
import { composeFolder, secretOf, type ComposeFolder, type Config, type Service } from './compose-folder.ts';
import { only, readDockerfile } from './dockerfile.ts';
import { runHealthCheck } from './health-check.ts';
import { read, unknownNames } from './repository.ts';

const OWN_LRS = { HALLPASS_LRS_URL: 'https://lrs.internal/data/xAPI', HALLPASS_LRS_USERNAME: 'gateway' };
const VARIANTS = { sample: {}, own: OWN_LRS };
const OURS = ['gateway', 'sample-lrs', 'token'];

let folder: ComposeFolder;
let configs: Record<keyof typeof VARIANTS, Config>;
beforeAll(async () => {
  folder = await composeFolder();
  configs = { sample: await folder.config(VARIANTS.sample), own: await folder.config(VARIANTS.own) };
});
afterAll(() => folder?.remove());

function serviceOf(config: Config, name: string): Service {
  const service = config.services[name];
  if (!service) throw new Error(`there is no service ${name}`);
  return service;
}

describe.each(['sample', 'own'] as const)('docker-compose config (%s LRS)', (variant) => {
  const config = () => configs[variant];
  const services = () => Object.entries(config().services);
  const environmentOf = (name: string) => serviceOf(config(), name).environment ?? {};

  it('is valid, with these services', () => {
    expect(Object.keys(config().services).sort()).toEqual(['gateway', 'redis', 'sample-lrs', 'token']);
  });

  it('publishes the gateway alone, on this machine’s loopback', () => {
    expect(services().flatMap(([name, { ports }]) => (ports ? [name] : []))).toEqual(['gateway']);
    const [port, ...others] = serviceOf(config(), 'gateway').ports ?? [];
    const text = typeof port === 'object' ? `${port.host_ip}:${port.published}:${port.target}` : port;
    expect([text?.replace(/\/tcp$/, ''), others]).toEqual(['127.0.0.1:8080:8080', []]);
  });

  it('puts all but the gateway on a network without a way out', () => {
    expect(config().networks['inside']?.internal).toBe(true);
    for (const [name, { networks }] of services())
      expect([name, Object.keys(networks ?? {}).sort()]).toEqual([
        name,
        name === 'gateway' ? ['inside', 'outside'] : ['inside'],
      ]);
  });

  it('runs nothing as root', () => {
    const user = only(readDockerfile(read('docker/Dockerfile')), 'USER');
    for (const [name, service] of services())
      expect([name, service.user ?? (service.build && user)]).toEqual([
        name,
        expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      ]);
  });

  it('gives nothing a capability, a new privilege or a root file system to write to', () => {
    for (const [name, { cap_drop, security_opt, read_only }] of services())
      expect([name, cap_drop, security_opt, read_only]).toEqual([name, ['ALL'], ['no-new-privileges'], true]);
  });

  it('looks after the health of everything, by the image or by compose.yaml', () => {
    expect(only(readDockerfile(read('docker/Dockerfile')), 'HEALTHCHECK')).toContain('/healthz');
    for (const [name, service] of services())
      expect([name, Boolean(service.healthcheck ?? service.build)]).toEqual([name, true]);
  });

  it('starts the token service after Redis, and the gateway after both, once they are healthy', () => {
    const gates = services().map(([name, { depends_on = {} }]) => [
      name,
      Object.fromEntries(Object.entries(depends_on).map(([needed, { condition }]) => [needed, condition])),
    ]);
    expect(Object.fromEntries(gates)).toEqual({
      redis: {},
      'sample-lrs': {},
      token: { redis: 'service_healthy' },
      gateway: { redis: 'service_healthy', token: 'service_healthy' },
    });
  });

  it('starts everything again when it ends, bounds its log, and lets it drain', () => {
    for (const [name, { restart, logging, stop_grace_period }] of services()) {
      expect([name, restart, logging?.options]).toEqual([
        name,
        'unless-stopped',
        { 'max-size': '10m', 'max-file': '5' },
      ]);
      expect(parseInt(stop_grace_period ?? '0')).toBeGreaterThan(Number(SETTINGS.HALLPASS_DRAIN_SECONDS.default));
    }
  });

  it('runs our image with a verb that hallpass has', async () => {
    const help = runProcess(process.execPath, ['services/cli/hallpass.js', 'help']);
    await help.exited;
    for (const name of OURS) {
      const { build, image, command } = serviceOf(config(), name);
      expect([image, build?.dockerfile, command]).toEqual(['hallpass', 'docker/Dockerfile', [name]]);
      expect(help.stdout).toContain(`hallpass ${name} `);
    }
  });

  it('gives secrets by file only', () => {
    const secretNames = Object.entries(SETTINGS).flatMap(([name, setting]) => ('secret' in setting ? [name] : []));
    for (const name of OURS) {
      expect(Object.keys(environmentOf(name)).filter((key) => secretNames.includes(key))).toEqual([]);
      for (const [key, value] of Object.entries(environmentOf(name)))
        if (key.endsWith('_FILE')) expect(secretOf(config(), serviceOf(config(), name), value ?? '')).not.toBe('');
    }
    const text = JSON.stringify(config());
    for (const [name, { file }] of Object.entries(config().secrets))
      if (!['resources', 'identity_providers'].includes(name))
        expect(text).not.toContain(readFileSync(file, 'utf8').trim());
  });

  it('gives each service the secrets that it reads, and no other', () => {
    const secrets = services().map(([name, one]) => [name, (one.secrets ?? []).map(({ source }) => source).sort()]);
    expect(Object.fromEntries(secrets)).toEqual({
      gateway: ['encryption_key', 'lrs_password', 'resources', 'store_url'],
      token: ['encryption_key', 'identity_providers', 'resources', 'store_url'],
      'sample-lrs': ['lrs_password'],
      redis: ['redis_password'],
    });
  });

  it('lets the token service out only where the operator says so', async () => {
    const networksOf = (one: Config) => Object.keys(serviceOf(one, 'token').networks ?? {}).sort();
    expect(networksOf(config())).toEqual(['inside']);
    expect(networksOf(await folder.config({}, 'token-outside.yaml'))).toEqual(['inside', 'outside']);
  });

  it.each(['token', 'gateway'] as const)('gives settings that %s accepts', (name) => {
    const service = serviceOf(config(), name);
    const given = Object.entries(environmentOf(name)).map(([key, value]): [string, string | undefined] =>
      key.endsWith('_FILE')
        ? [key.slice(0, -'_FILE'.length), secretOf(config(), service, value ?? '')]
        : [key, value ?? undefined],
    );
    const settings = readSettings(SETTINGS, Object.fromEntries(given));
    expect(crossCheck(settings, name)).toEqual([]);
    expect(settings.HALLPASS_ISSUER).toBe('http://127.0.0.1:8080');
    if (name === 'gateway') expect(settings.HALLPASS_TOKEN_URL).toBe('http://token:8080');
  });

  it('gives token service and gateway the same store, encryption key and issuer', () => {
    for (const name of ['HALLPASS_STORE_FILE', 'HALLPASS_ENCRYPTION_KEY_FILE', 'HALLPASS_ISSUER'])
      expect([name, environmentOf('gateway')[name]]).toEqual([name, environmentOf('token')[name]]);
  });
});

describe('which LRS', () => {
  /** As the gateway has it from its settings. */
  const lrsOf = (config: Config) => {
    const given = Object.entries(serviceOf(config, 'gateway').environment ?? {}).filter(
      ([name]) => !/_FILE$/.test(name),
    );
    const environment = Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined]));
    const settings = settingsOf({ args: [], environment, print: fail, note: fail, readInput: () => fail() }, 'cli');
    const { url, username, authority } = defaultOrganization(settings).lrs;
    return { url, username, authority };
  };
  const fail = (line = 'nothing is to be read') => {
    throw new Error(line);
  };

  it('is the sample where nothing is set, with the credential that the sample takes', async () => {
    expect(lrsOf(configs.sample)).toEqual({
      url: 'http://sample-lrs:8080/xapi',
      username: 'hallpass',
      authority: 'kept',
    });
    expect(await folder.resolve('COMPOSE_PROFILES')).toBe('sample');
    const sample = serviceOf(configs.sample, 'sample-lrs');
    expect(sample.profiles).toEqual(['sample']);
    expect(sample.environment).toMatchObject({
      HALLPASS_LRS_USERNAME: 'hallpass',
      HALLPASS_LRS_PASSWORD_FILE: serviceOf(configs.sample, 'gateway').environment?.['HALLPASS_LRS_PASSWORD_FILE'],
    });
  });

  it('is the operator’s where one is set, and the sample does not run', async () => {
    expect(lrsOf(configs.own)).toEqual({
      url: OWN_LRS.HALLPASS_LRS_URL,
      username: 'gateway',
      authority: 'shared',
    });
    expect(await folder.resolve('COMPOSE_PROFILES', OWN_LRS)).not.toBe('sample');
  });

  it('is the operator’s also where .env says so', async () => {
    const own = await composeFolder();
    const file = join(own.path, '.env');
    const uncommented = readFileSync(file, 'utf8').replaceAll(/^# (HALLPASS_LRS_)/gm, '$1');
    writeFileSync(file, uncommented);
    expect(lrsOf(await own.config())).toEqual({
      url: 'https://lrs.internal/data/xAPI',
      username: 'hallpass',
      authority: 'shared',
    });
    expect(await own.resolve('COMPOSE_PROFILES')).not.toBe('sample');
    await own.remove();
  });
});

describe('settings', () => {
  it.each(['compose.yaml', 'example.env', 'README.md'])('named in %s exist', (name) => {
    expect(unknownNames(read(`docker/${name}`))).toEqual([]);
  });

  it('are all handed on by compose.yaml, but those that say what a container listens on', () => {
    const handedOn = OURS.flatMap((name) => Object.keys(serviceOf(configs.sample, name).environment ?? {}));
    const kept = Object.keys(SETTINGS).filter((name) => !handedOn.includes(name) && !handedOn.includes(`${name}_FILE`));
    expect(kept).toEqual(['HALLPASS_HOST', 'HALLPASS_PORT', 'HALLPASS_ADMIN_PORT']);
  });

  it('reach the containers as the operator sets them', async () => {
    const set = { HALLPASS_LOG_LEVEL: 'warn', HALLPASS_CACHE_SECONDS: '0', HALLPASS_ISSUER: 'https://lrs.example.org' };
    const config = await folder.config({ ...set, PUBLISH: '192.0.2.1:80' });
    for (const name of ['gateway', 'token']) expect(serviceOf(config, name).environment).toMatchObject(set);
    expect(JSON.stringify(serviceOf(config, 'gateway').ports)).toMatch(/192\.0\.2\.1.*80/);
  });
});

describe('whose authority the LRS records', () => {
  const authorities = (config: Config) =>
    ['gateway', 'sample-lrs'].map((name) => serviceOf(config, name).environment?.['HALLPASS_LRS_AUTHORITY']);

  it('is said to the gateway and to the sample in the same words, or to neither', async () => {
    expect(authorities(configs.sample)).toEqual([null, null]);
    expect(authorities(await folder.config({ HALLPASS_LRS_AUTHORITY: 'shared' }))).toEqual(['shared', 'shared']);
  });

  it('can be a template in .env, between single quotes', async () => {
    const template = '{"account":{"homePage":"https://lrs.internal","name":"{lrs_username}"}}';
    const own = await composeFolder();
    appendFileSync(join(own.path, '.env'), `HALLPASS_LRS_AUTHORITY_TEMPLATE='${template}'\n`);
    const { environment } = serviceOf(await own.config(OWN_LRS), 'gateway');
    expect(environment).toMatchObject({ HALLPASS_LRS_AUTHORITY_TEMPLATE: template });
    expect(read('docker/README.md')).toContain(`HALLPASS_LRS_AUTHORITY_TEMPLATE='${template}'`);
    await own.remove();
  });
});

describe('the health check of the sample LRS', () => {
  it('is healthy while the sample LRS answers, and not after', async () => {
    const { healthcheck } = serviceOf(configs.sample, 'sample-lrs');
    const lrs = await startSampleLrs({ host: '127.0.0.1', port: 0, credentials: [{ username: 'a', password: 'b' }] });
    const check = (healthcheck?.test ?? []).slice(1).map((part) => part.replace(':8080/', `:${lrs.port}/`));
    expect(await runHealthCheck(check)).toBe(0);
    await lrs.close();
    expect(await runHealthCheck(check)).toBe(1);
  });
});

describe('Redis', () => {
  it('takes the secret as its password, keeps what it is told, and is healthy only with the password', async () => {
    const { command = [], healthcheck } = serviceOf(configs.sample, 'redis');
    const password = readFileSync(configs.sample.secrets['redis_password']?.file ?? '', 'utf8').trim();
    const port = await freePort();
    /* As in its container, but for the paths and the port. */
    const here = (script = '') =>
      script
        .replaceAll('$$', '$')
        .replaceAll('/run/secrets/redis_password', configs.sample.secrets['redis_password']?.file ?? '')
        .replaceAll('/tmp/redis.conf', join(folder.path, 'redis.conf'))
        .replace('exec redis-server', `cd ${folder.path} && exec redis-server`)
        .replace('--appendonly', `--bind 127.0.0.1 --port ${port} --appendonly`)
        .replace('redis-cli', `redis-cli -p ${port}`);
    const check = async () => (await runProcess('sh', ['-c', here(healthcheck?.test[1])]).exited).code;

    expect(command.slice(0, 2)).toEqual(['sh', '-c']);
    expect(await check()).not.toBe(0);
    const redis = runProcess('sh', ['-c', here(command[2])]);
    await redis.waitFor(/Ready to accept connections/);

    expect(await check()).toBe(0);
    await expect(redisCommand({ port }, ['PING'])).rejects.toThrow(/NOAUTH/);
    const valueOf = async (name: string) =>
      (await redisCommand({ port, password }, ['CONFIG', 'GET', name])).split('\n')[1];
    expect(await Promise.all(['appendonly', 'appendfsync', 'save', 'maxmemory-policy'].map(valueOf))).toEqual([
      'yes',
      'always',
      '',
      'noeviction',
    ]);
    /* By `exec`, so that Docker's SIGTERM reaches Redis and not a shell. */
    expect(readFileSync(`/proc/${redis.pid}/comm`, 'utf8').trim()).toBe('redis-server');
    expect(readFileSync(`/proc/${redis.pid}/cmdline`, 'utf8')).not.toContain(password);
    expect(await redis.stop()).toEqual({ code: 0, signal: null });
  });
});
