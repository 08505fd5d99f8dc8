/** A store that commands work on, and that the test looks into. */
import { join } from 'node:path';
import { createPersonRegister, type PersonRegister } from '../../services/store/people.ts';
import { openSqlite } from '../../services/store/sqlite.ts';
import type { Store } from '../../services/store/store.ts';
import { tempFolder } from '../support/temp-folder.ts';

export interface CliStore {
  store: Store;
  people: PersonRegister;
  /** What names it to a command. */
  env: Record<string, string>;
  /** The folder that it is in. */
  folder: string;
  close(): Promise<void>;
}

export async function openCliStore(name: string): Promise<CliStore> {
  const folder = await tempFolder(name);
  const path = join(folder.path, 'hallpass.db');
  const store = openSqlite(path);
  return {
    store,
    people: createPersonRegister(store),
    env: { HALLPASS_STORE: `sqlite:${path}` },
    folder: folder.path,
    close: async () => {
      await store.close();
      await folder.remove();
    },
  };
}
