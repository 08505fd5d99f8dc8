/** What V8 says of itself, in a process of its own: jest has many copies of what is built in. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function isDirectAfter(...modules: string[]): string {
  const imports = modules.map((module) => `await import(${JSON.stringify(module)});`).join('');
  const script = `${imports} process.stdout.write(String(%HasFastProperties(String.prototype)))`;
  const flags = ['--allow-natives-syntax', '--disable-warning=ExperimentalWarning', '--input-type=module'];
  return execFileSync(process.execPath, [...flags, '--eval', script], { cwd: ROOT, encoding: 'utf8' });
}

describe('methods of strings', () => {
  it('are called directly by V8 where nothing was imported', () => expect(isDirectAfter()).toBe('true'));

  /* Should this fail, ioredis has changed, and direct-strings.ts has had its day. */
  it('are looked up by name once ioredis is there', () => expect(isDirectAfter('ioredis')).toBe('false'));

  it.each(['./services/store/redis-connection.ts', './services/gateway/main.ts', './services/token/main.ts'])(
    'are called directly with all of %s',
    (module) => expect(isDirectAfter(module)).toBe('true'),
  );
});
