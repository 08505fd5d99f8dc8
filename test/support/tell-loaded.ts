/** Given to Node by --import: when the process ends, it says on standard error which packages and parts of Node it loaded. */
import { registerHooks } from 'node:module';

const packages = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});

process.once('exit', () => {
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  const builtins = moduleLoadList.map((name) => name.replace(/^NativeModule /, ''));
  process.stderr.write(`${JSON.stringify({ loaded: [...packages, ...builtins] })}\n`);
});
