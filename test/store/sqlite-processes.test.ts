import { join } from 'node:path';
import { runProcess } from '../support/run-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const CLI = ['--disable-warning=ExperimentalWarning', 'services/cli/hallpass.js'];

describe('an SQLite file that several processes open at once', () => {
  it('is made once, and takes what each of them writes', async () => {
    const folder = await tempFolder('processes');
    const env = { HALLPASS_STORE: `sqlite:${join(folder.path, 'new', 'hallpass.db')}` };
    const ids = Array.from({ length: 6 }, (_, n) => `client-${n}`);
    const creating = ids.map((id) =>
      runProcess(process.execPath, [...CLI, 'client', 'create', '--id', id, '--name', id, '--scope', 'all'], { env }),
    );
    for (const one of creating)
      expect({ ...(await one.exited), said: one.stderr }).toMatchObject({ code: 0, said: '' });
    const listing = runProcess(process.execPath, [...CLI, 'client', 'list', '--json'], { env });
    expect(await listing.exited).toEqual({ code: 0, signal: null });
    const listed = JSON.parse(listing.stdout) as { client_id: string }[];
    expect(listed.map(({ client_id }) => client_id).sort()).toEqual(ids);
    await folder.remove();
  });
});
