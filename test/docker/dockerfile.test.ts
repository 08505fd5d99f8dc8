/** The Dockerfile, as text, against the files it relies on. That it builds is seen with a real engine, not here. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { SETTINGS } from '../../config/settings.ts';
import { runProcess } from '../support/run-process.ts';
import { all, only, readDockerfile } from './dockerfile.ts';
import { runHealthCheck, serveLoopback } from './health-check.ts';
import { read, ROOT, unknownNames } from './repository.ts';

const source = read('docker/Dockerfile');
const instructions = readDockerfile(source);
const manifest = JSON.parse(read('package.json')) as { engines: { node: string } };

/** What is copied from the repository, not from another stage. */
const copied = all(instructions, 'COPY')
  .filter((text) => !text.startsWith('--from='))
  .flatMap((text) => text.split(/\s+/).slice(0, -1));

describe('the base image', () => {
  it("is of Node's major version that package.json asks for, in every stage", () => {
    const wanted = /\d+/.exec(manifest.engines.node)?.[0];
    for (const from of all(instructions, 'FROM'))
      expect(from).toMatch(new RegExp(`^node:${wanted}-bookworm-slim( AS |$)`));
  });
});

describe('what is in the image', () => {
  it('is copied from files that exist', () => {
    expect(copied.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
  });

  it('has all of the code and nothing else: no tests, no docker/, no secrets, no data', () => {
    expect(new Set(copied)).toEqual(new Set(['package.json', 'package-lock.json', 'LICENSE', 'config', 'services']));
  });

  it('is all that .dockerignore lets in', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    expect(new Set(lines.slice(1))).toEqual(new Set(copied.map((path) => `!${path}`)));
  });

  it('is installed from the lockfile, and no package runs a script of its own', () => {
    const installs = all(instructions, 'RUN').filter((text) => text.includes('npm '));
    expect(installs).toHaveLength(1);
    expect(installs[0]).toMatch(/delete devDependencies optionalDependencies +&& npm ci --ignore-scripts$/);
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: true; dev?: true; optional?: true }>;
    };
    const inNeed = Object.entries(packages).filter(([, one]) => one.hasInstallScript && !one.dev && !one.optional);
    expect(inNeed.map(([path]) => path)).toEqual([]);
  });

  it('has no secret, and no setting that there is not', () => {
    expect(unknownNames(source)).toEqual([]);
    const given = [...all(instructions, 'ENV'), ...all(instructions, 'ARG')].join(' ').match(/HALLPASS_\w+/g) ?? [];
    const secrets = Object.entries(SETTINGS).flatMap(([name, setting]) => ('secret' in setting ? [name] : []));
    expect(given.filter((name) => secrets.includes(name.replace(/_FILE$/, '')))).toEqual([]);
  });
});

describe('the container', () => {
  it('runs as a user that is not root, by number', () => {
    expect(only(instructions, 'USER')).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    const after = instructions.slice(instructions.findIndex(({ name }) => name === 'USER'));
    expect(after.filter(({ name }) => name === 'RUN' || name === 'COPY')).toEqual([]);
  });

  it('has the folder of the default store as a link to /data, which is its own user’s', () => {
    expect(SETTINGS.HALLPASS_STORE.default).toBe('sqlite:data/hallpass.db');
    expect(source).toContain('ln --symbolic /data data\n');
    expect(source).toContain('--owner=hallpass --group=hallpass --mode=0700 /data\n');
  });

  it('starts with a command that exists, and with none says what there is', async () => {
    const entry = JSON.parse(only(instructions, 'ENTRYPOINT')) as string[];
    const command = JSON.parse(only(instructions, 'CMD')) as string[];
    const run = runProcess(process.execPath, [...entry.slice(1), ...command], { cwd: ROOT });
    expect({ entry: entry[0], ...(await run.exited) }).toEqual({ entry: 'node', code: 0, signal: null });
    expect(run.stderr).toBe('');
    for (const verb of ['all', 'token', 'gateway', 'sample-lrs', 'client create', 'doctor'])
      expect(run.stdout).toContain(`hallpass ${verb}`);
  });

  it('can run hallpass.js as the program `hallpass`, by its first line', () => {
    expect(source).toContain('ln --symbolic /app/services/cli/hallpass.js /usr/local/bin/hallpass ');
    expect(readFileSync(`${ROOT}/services/cli/hallpass.js`, 'utf8')).toMatch(/^#!\/usr\/bin\/env -S node /);
    expect(statSync(`${ROOT}/services/cli/hallpass.js`).mode & 0o111).toBe(0o111);
  });

  it('is told to end by the signal that the services drain on', () => {
    expect(only(instructions, 'STOPSIGNAL')).toBe('SIGTERM');
  });
});

describe('HEALTHCHECK', () => {
  const check = JSON.parse(only(instructions, 'HEALTHCHECK').replace(/^.*?CMD /, '')) as string[];

  it.each([
    [200, 0],
    [404, 1],
    [503, 1],
  ])('for an answer of %i on /healthz exits with %i', async (status, code) => {
    const asked: string[] = [];
    const server = await serveLoopback((req, res) => {
      asked.push(req.url ?? '');
      res.writeHead(status).end();
    });
    expect(await runHealthCheck(check, { HALLPASS_PORT: String(server.port) })).toBe(code);
    expect(asked).toEqual(['/healthz']);
    server.close();
  });

  it('exits with 1 where nothing listens', async () => {
    const server = await serveLoopback((_req, res) => void res.end());
    server.close();
    expect(await runHealthCheck(check, { HALLPASS_PORT: String(server.port) })).toBe(1);
  });
});
