/** A copy of docker/ with secrets of its own, and what docker-compose makes of it. No engine is needed. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../support/run-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { ROOT } from './repository.ts';

export interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  user?: string;
  command?: string[];
  environment?: Record<string, string | null>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  ports?: (string | { host_ip: string; published: string; target: number })[];
  networks?: Record<string, unknown>;
  secrets?: { source: string }[];
  profiles?: string[];
  restart?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
  logging?: { driver: string; options: Record<string, string> };
}

export interface Config {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean } | null>;
}

export interface ComposeFolder {
  /** Of docker/ in the copy. */
  path: string;
  /** Rejects where docker-compose refuses the file, or warns. @param beside further files, which add to it. */
  config(environment?: Record<string, string>, ...beside: string[]): Promise<Config>;
  /** What docker-compose makes of a variable, in that environment and with the copy's .env. */
  resolve(variable: string, environment?: Record<string, string>): Promise<string>;
  remove(): Promise<void>;
}

export async function composeFolder(): Promise<ComposeFolder> {
  const folder = await tempFolder('compose');
  const path = join(folder.path, 'docker');
  mkdirSync(path);
  for (const name of readdirSync(`${ROOT}/docker`)) {
    const from = `${ROOT}/docker/${name}`;
    /* .env and secrets/ are a developer's own. */
    if (name !== '.env' && statSync(from).isFile()) copyFileSync(from, join(path, name));
  }
  execFileSync('sh', [join(path, 'make-secrets.sh')]);

  return {
    path,
    config: (environment, ...beside) =>
      composeConfig(
        ['compose.yaml', ...beside].map((name) => join(path, name)),
        environment,
      ),
    resolve: async (variable, environment) => {
      const probe = join(path, 'probe.yaml');
      writeFileSync(probe, `services: { probe: { image: '\${${variable}}' } }\n`);
      return (await composeConfig([probe], environment)).services['probe']?.image ?? '';
    },
    remove: () => folder.remove(),
  };
}

/** The secret that a container finds in that file. @throws where none is mounted there. */
export function secretOf(config: Config, service: Service, mountedAt: string): string {
  const name = /^\/run\/secrets\/(\w+)$/.exec(mountedAt)?.[1] ?? '';
  const file = config.secrets[name]?.file;
  if (!file || !service.secrets?.some(({ source }) => source === name)) throw new Error(`${mountedAt} is not mounted`);
  return readFileSync(file, 'utf8').trim();
}

async function composeConfig(files: string[], environment: Record<string, string> = {}): Promise<Config> {
  const named = files.flatMap((file) => ['-f', file]);
  const version = (await compose(['version', '--short'], {})).trim();
  if (version.startsWith('1.')) return JSON.parse(toJson(await compose([...named, 'config'], environment))) as Config;
  /* v2 leaves out the services of other profiles. */
  const args = ['--profile', 'sample', ...named, 'config', '--format', 'json'];
  return JSON.parse(await compose(args, environment)) as Config;
}

async function compose(args: string[], env: Record<string, string>): Promise<string> {
  const run = runProcess('docker-compose', args, { env });
  const { code } = await run.exited;
  if (code === 127)
    throw new Error('docker-compose is not there. It is installed by `make test`, or: apt-get install docker-compose');
  if (code !== 0 || run.stderr !== '') throw new Error(`docker-compose ${args.join(' ')} says:\n${run.output}`);
  return run.stdout;
}

/** docker-compose 1.29 prints YAML only; it is Python, and brings this reader of YAML with it. */
function toJson(yaml: string): string {
  const script = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
  return execFileSync('/usr/bin/python3', ['-c', script], { input: yaml, encoding: 'utf8' });
}
