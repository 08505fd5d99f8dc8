import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../../services/store/sqlite.ts';
import { StoreUnavailable, keyOf } from '../../services/store/store.ts';
import { describeStore } from './contract.ts';

describeStore('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hallpass-store-'));
  const path = join(folder, 'data', 'hallpass.db');
  const [one, other] = [openSqlite(path), openSqlite(path)];
  const look = new DatabaseSync(path);
  return {
    one,
    other,
    dump: async () => {
      const files = await readdir(join(folder, 'data'));
      return (await Promise.all(files.map((file) => readFile(join(folder, 'data', file), 'latin1')))).join('\n');
    },
    immortal: () =>
      Promise.resolve(
        look
          .prepare(
            'SELECT key FROM record WHERE expires_at IS NULL UNION SELECT grant_key FROM link WHERE expires_at IS NULL',
          )
          .all()
          .map((row) => String(row.key)),
      ),
    close: async () => {
      look.close();
      await one.close();
      await other.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('an SQLite file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hallpass-store-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('can be read by its owner only', async () => {
    const store = openSqlite(join(folder, 'hallpass.db'));
    expect((await stat(join(folder, 'hallpass.db'))).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('still has everything after it was closed and opened again', async () => {
    const path = join(folder, 'hallpass.db');
    const first = openSqlite(path);
    await first.write('client', keyOf('a'), 'a client');
    await first.write('access-token', keyOf('b'), 'a token', 60);
    await first.close();
    const second = openSqlite(path);
    expect(await second.read('client', keyOf('a'))).toBe('a client');
    expect(await second.read('access-token', keyOf('b'))).toBe('a token');
    await second.close();
  });

  it('says that it is unavailable rather than that a token is unknown, once it is closed', async () => {
    const store = openSqlite(join(folder, 'hallpass.db'));
    await store.close();
    await expect(store.read('access-token', keyOf('a'))).rejects.toThrow(StoreUnavailable);
  });

  it('says so where the file cannot be opened', async () => {
    await writeFile(join(folder, 'a-file'), '');
    expect(() => openSqlite(join(folder, 'a-file', 'hallpass.db'))).toThrow(StoreUnavailable);
  });
});
