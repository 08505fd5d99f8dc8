/** Who may import whom, and what is pinned: each breach is a failing sentence. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Folder → the folders it may import, besides itself. A folder that is not here may not exist. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  config: [],
  'services/shared': [],
  'services/store': ['services/shared', 'config'],
  'services/caller': ['services/shared', 'services/store'],
  'services/token': ['services/shared', 'services/store', 'services/caller'],
  'services/gateway': ['services/shared', 'services/store', 'services/caller'],
  'services/sample-lrs': ['services/shared'],
  'services/assertion': [],
  'services/cli': [
    'config',
    'services/shared',
    'services/store',
    'services/token',
    'services/gateway',
    'services/sample-lrs',
  ],
};

/** Library → the only files that may import it, its types included. */
const ONLY_IN: Record<string, readonly string[]> = {
  'oidc-provider': ['services/token/provider.ts'],
  ioredis: ['services/store/redis-connection.ts', 'services/store/redis.ts'],
  'node:sqlite': ['services/store/sqlite.ts'],
  'http-proxy-middleware': ['services/gateway/pass-on.ts'],
  pino: ['services/shared/log.ts'],
  'prom-client': ['services/shared/observing/metrics.ts'],
  jose: [
    'services/shared/jose.ts',
    'services/store/signing-keys.ts',
    'services/store/read-jwt.ts',
    'services/token/jwt-access-tokens.ts',
    'services/token/back-channel-logout.ts',
    'services/gateway/assertion.ts',
    'services/caller/dpop.ts',
    'services/assertion/verify-assertion.ts',
  ],
  'openid-client': ['services/token/sign-in/elsewhere/openid-provider.ts'],
  'lru-cache': ['services/store/cache.ts', 'services/store/read-jwt.ts', 'services/gateway/assertion.ts'],
  'jsonc-parser': ['services/shared/json-text.ts'],
};

/** Modules of Node that are had without an import, so that only a part of them is loaded. */
const BUILT_IN_ONLY_IN: Record<string, string> = {
  'node:http': 'services/shared/http.ts',
  'node:_http_common': 'services/shared/front/llhttp.ts',
};

/** What Node has no public name for. */
const PRIVATE_ONLY_IN: Record<string, string> = { _handle: 'services/shared/front/read-into.ts' };

/** A table may be as long as what it states. */
const TABLES = ['config/settings.ts', 'services/shared/xapi/permissions.ts', 'services/shared/xapi/parameters.ts'];
const LONGEST = 200;

interface Source {
  file: string;
  text: string;
}

interface Manifest {
  engines: { node: string };
  dependencies: Record<string, string>;
}

const json = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const { dependencies, engines } = json('package.json') as Manifest;

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name))
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
}

/** What a file imports or exports from elsewhere: `from '…'`, `import '…'`, `import('…')`. */
function importsOf({ text }: Source): string[] {
  const statements = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"`]([^'"`]+)['"`]/gm;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? '');
}

const within = (file: string, folder: string) => file.startsWith(`${folder}/`);
const folderOf = (file: string) => Object.keys(MAY_IMPORT).find((folder) => within(file, folder));

function breachOf(file: string, imported: string): string | undefined {
  return imported.startsWith('.') ? breachWithin(file, imported) : breachBeyond(file, imported);
}

function breachWithin(file: string, imported: string): string | undefined {
  const target = posix.join(posix.dirname(file), imported);
  const [from, to] = [folderOf(file), folderOf(target)];
  if (!from) return `${file} is in no folder that MAY_IMPORT knows`;
  if (target.endsWith('/main.ts') && from !== 'services/cli')
    return `${file} imports ${target}: only services/cli may import a main.ts`;
  if (!to || (to !== from && !MAY_IMPORT[from]?.includes(to)))
    return `${file} imports ${target}: ${from} may import ${MAY_IMPORT[from]?.join(', ') || 'nothing of ours'}`;
  return undefined;
}

function breachBeyond(file: string, imported: string): string | undefined {
  const library = /^(?:node:[^/]+|@[^/]+\/[^/]+|[^/]+)/.exec(imported)?.[0] ?? imported;
  const allowed = ONLY_IN[library];
  if (allowed && !allowed.includes(file)) return `${file} imports ${library}: only ${allowed.join(' and ')} may`;
  if (!library.startsWith('node:') && !Object.hasOwn(dependencies, library))
    return `${file} imports ${library}, which is no dependency`;
  return undefined;
}

function breachInText({ file, text }: Source): string | undefined {
  const environment = /\bprocess\s*(?:\.|\[\s*['"])\s*env\b|['"](?:node:)?process['"]/.test(text);
  if (environment && !within(file, 'services/cli')) return `${file} reads process.env: only services/cli may`;
  if (/\bcreateRequire\b|^\s*(?:const|let|var)\b.*=\s*require\(/m.test(text)) return `${file} uses require`;
  for (const [, module = ''] of text.matchAll(/getBuiltinModule\(\s*(?:'([^']*)')?/g))
    if (BUILT_IN_ONLY_IN[module] !== file) return `${file} gets at ${module}`;
  for (const [name, only] of Object.entries(PRIVATE_ONLY_IN))
    if (only !== file && new RegExp(`\\b${name}\\b`).test(text)) return `${file} uses ${name}: only ${only} may`;
  const lines = text.trimEnd().split('\n').length;
  if (lines > LONGEST && !TABLES.includes(file)) return `${file} has ${lines} lines: ${LONGEST} are the most`;
  return undefined;
}

const SOURCES = [...sourcesIn('services'), ...sourcesIn('config')];
const IMPORTS = SOURCES.flatMap((source) => importsOf(source).map((imported) => ({ file: source.file, imported })));

describe('production code', () => {
  it('is read in full: each file with as many imports as it has', () => {
    expect(SOURCES.length).toBeGreaterThan(50);
    const statements = SOURCES.flatMap(({ text }) => text.match(/\bfrom '|\bimport\(|^import '/gm) ?? []);
    expect(IMPORTS).toHaveLength(statements.length);
  });

  it.each(IMPORTS)('$file imports $imported', ({ file, imported }) => {
    expect(breachOf(file, imported)).toBeUndefined();
  });

  it.each(SOURCES)('$file keeps to its size, and leaves the environment to the command line', (source) => {
    expect(breachInText(source)).toBeUndefined();
  });

  it('has every file that the tables name', () => {
    const files = SOURCES.map(({ file }) => file);
    for (const file of [...Object.values(ONLY_IN).flat(), ...TABLES]) expect(files).toContain(file);
    for (const folder of Object.keys(MAY_IMPORT)) expect(files.some((file) => within(file, folder))).toBe(true);
  });
});

describe('a breach', () => {
  it.each<[file: string, line: string, sentence: string]>([
    [
      'services/token/app.ts',
      "import type { Client } from 'oidc-provider';",
      'imports oidc-provider: only services/token/provider.ts may',
    ],
    [
      'services/gateway/app.ts',
      "import { x } from '../token/app.ts';",
      'imports services/token/app.ts: services/gateway may import services/shared, services/store, services/caller',
    ],
    [
      'services/shared/log.ts',
      "import {\n  x,\n  y,\n} from '../store/store.ts';",
      'imports services/store/store.ts: services/shared may import nothing of ours',
    ],
    ['services/shared/xapi/decide.ts', "export { x } from '../../../config/values.ts';", 'imports config/values.ts'],
    [
      'services/store/redis-follow.ts',
      "import type { Redis } from 'ioredis';",
      'imports ioredis: only services/store/redis-connection.ts and services/store/redis.ts may',
    ],
    ['services/gateway/main.ts', "const { Redis } = await import('ioredis/built/Redis.js');", 'imports ioredis'],
    ['services/store/signing-keys.ts', "import 'node:sqlite';", 'imports node:sqlite'],
    [
      'services/token/app.ts',
      "import { startTokenService } from './main.ts';",
      'only services/cli may import a main.ts',
    ],
    ['services/caller/identify.ts', "import request from 'supertest';", 'which is no dependency'],
    ['services/caller/identify.ts', "import { x } from '../../test/support/wait.ts';", 'imports test/support/wait.ts'],
    ['services/admin/app.ts', "import { x } from '../shared/log.ts';", 'is in no folder that MAY_IMPORT knows'],
    ['config/settings.ts', "import { x } from '../services/shared/log.ts';", 'config may import nothing of ours'],
  ])('in %s is caught: %s', (file, text, sentence) => {
    const [imported = 'no import was found'] = importsOf({ file, text });
    expect(breachOf(file, imported)).toContain(sentence);
    expect(breachOf(file, imported)).toContain(file);
  });

  it.each<[file: string, text: string, sentence: string]>([
    ['services/token/app.ts', 'const port = process.env.PORT;', 'reads process.env'],
    ['config/settings.ts', "const port = process['env']['PORT'];", 'reads process.env'],
    ['services/store/redis.ts', "import { env } from 'node:process';", 'reads process.env'],
    ['services/store/redis.ts', "const { Redis } = require('ioredis');", 'uses require'],
    ['services/shared/serve.ts', 'const { _handle } = socket;', 'uses _handle'],
    ['services/token/app.ts', 'line\n'.repeat(201), 'has 201 lines: 200 are the most'],
  ])('in the text of %s is caught: %.40j', (file, text, sentence) => {
    expect(breachInText({ file, text })).toContain(sentence);
  });

  it('is none where the tables allow it', () => {
    expect(breachOf('services/token/provider.ts', 'oidc-provider')).toBeUndefined();
    expect(breachOf('services/cli/all.ts', '../token/main.ts')).toBeUndefined();
    expect(breachOf('services/shared/xapi/decide.ts', './permissions.ts')).toBeUndefined();
    expect(breachInText({ file: 'services/cli/main.ts', text: 'process.env' })).toBeUndefined();
  });
});

describe('what everything runs on', () => {
  it('is Node 24, as package.json says', () => {
    expect(process.versions.node.split('.')[0]).toBe('24');
    expect(engines.node).toMatch(/^>=24\./);
  });

  it('has http-proxy-middleware at exactly 4.2.1: an older Node would be given 3.x without a word', () => {
    expect(dependencies['http-proxy-middleware']).toBe('4.2.1');
    expect(json('node_modules/http-proxy-middleware/package.json')).toMatchObject({ version: '4.2.1' });
  });

  it('has every dependency at one exact version', () => {
    for (const [name, version] of Object.entries(dependencies))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  it('has the integrity of every package in package-lock.json', () => {
    const { packages } = json('package-lock.json') as { packages: Record<string, { integrity?: string }> };
    const installed = Object.entries(packages).filter(([path]) => path !== '');
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual(
      [],
    );
  });
});
