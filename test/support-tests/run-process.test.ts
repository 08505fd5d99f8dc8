import { canListen, freePort } from '../support/free-port.ts';
import { runProcess } from '../support/run-process.ts';
import { eventually } from '../support/wait.ts';

const node = (script: string, options = {}) => runProcess(process.execPath, ['-e', script], options);

describe('runProcess', () => {
  it('passes on PATH, HOME and what the test says, and nothing else', async () => {
    process.env['HALLPASS_LEAK'] = '1';
    const child = node('console.log(Object.keys(process.env).sort().join())', { env: { MINE: '1', NOT: undefined } });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    delete process.env['HALLPASS_LEAK'];
    expect(child.stdout).toBe('HOME,MINE,PATH\n');
  });

  it('waits for what is said and gives the input', async () => {
    const child = node('console.error("ready"); process.stdin.on("data", (d) => console.log(`got ${d}`))', {
      input: '7',
    });
    expect((await child.waitFor(/got (\d)/))[1]).toBe('7');
    /* Two pipes: what was said first on one may arrive after what was said next on the other. */
    await child.waitFor(/ready/);
    expect(child.stderr).toBe('ready\n');
    expect(child.output).toContain('ready');
  });

  it('rejects with the output when the process ends without saying it', async () => {
    await expect(node('console.log("only this")').waitFor(/ready/)).rejects.toThrow('only this');
    await expect(runProcess('/no/such/program', []).waitFor(/ready/)).rejects.toThrow('ENOENT');
  });

  it('rejects when the time is over', async () => {
    const child = runProcess('sleep', ['60']);
    await expect(child.waitFor(/ready/, 50)).rejects.toThrow('50 ms passed');
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('kills a process that does not end when asked', async () => {
    const child = node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")');
    await child.waitFor(/up/);
    expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends the process when the test process is killed', async () => {
    const port = await freePort();
    const listener = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
    const module = new URL('../support/run-process.ts', import.meta.url).href;
    const parent = runProcess(process.execPath, [
      ...['--input-type=module', '-e'],
      `const { runProcess } = await import(${JSON.stringify(module)});
       await runProcess(process.execPath, ['-e', ${JSON.stringify(listener)}]).waitFor(/up/);
       console.log('child is up');`,
    ]);
    await parent.waitFor(/child is up/);
    expect(await canListen(port)).toBe(false);
    parent.signal('SIGKILL');
    await eventually(async () => expect(await canListen(port)).toBe(true));
  });
});
