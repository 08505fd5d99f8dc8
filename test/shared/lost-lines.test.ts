/** A log that nobody reads: the process goes on, within its memory, and knows how many lines it lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LOG = fileURLToPath(new URL('../../services/shared/log.ts', import.meta.url));
const BATCHES = 3000;
const LINES = 100;

/** 30 MB, while nothing of it is read; then how many of its lines are lost. */
const WRITER = `
  const { createLog, linesOf } = await import(${JSON.stringify(LOG)});
  const lines = linesOf(createLog('test', 'info'));
  const batch = ('x'.repeat(99) + '\\n').repeat(${LINES});
  for (let n = 0; n < ${BATCHES}; n++) lines.write(batch);
  process.stdout.write(String(lines.lost()) + '\\n');
`;

it('every line is either written or counted as lost', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', WRITER]);
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const lost = Number(said.toString());
    let written = 0;
    child.stderr.on('data', (bytes: Buffer) => {
      for (const byte of bytes) if (byte === 10) written += 1;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(lost).toBeGreaterThan(0);
    expect(written).toBeGreaterThan(0);
    expect(written + lost).toBe(BATCHES * LINES);
  } finally {
    child.kill('SIGKILL');
  }
});
