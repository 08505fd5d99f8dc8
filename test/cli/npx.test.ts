import { fileURLToPath } from 'node:url';
import { runProcess } from '../support/run-process.ts';

describe('npx hallpass', () => {
  it('runs the command of this checkout, under the Node that the lockfile names', async () => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const running = runProcess('npx', ['--no-install', 'hallpass', 'settings'], { cwd });
    expect(await running.exited).toEqual({ code: 0, signal: null });
    expect(running.stdout).toContain('HALLPASS_ISSUER');
  });
});
