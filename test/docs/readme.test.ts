import { readFile } from 'node:fs/promises';
import { README, regenerated } from './generated.ts';

describe('README.md', () => {
  it('has the scopes, the settings and the figures as the data has them (make fmt writes them)', async () => {
    const readme = await readFile(README, 'utf8');
    expect(await regenerated(readme)).toBe(readme);
  });

  it('has the commands that make has', async () => {
    const readme = await readFile(README, 'utf8');
    expect(readme).toMatch(/^make run /m);
    expect(readme).toMatch(/^make test /m);
  });
});
