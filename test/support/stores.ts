/** Both drivers, each as several processes have it: connections of their own to one store. */
import { join } from 'node:path';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { startRedis } from './redis-server.ts';
import { tempFolder } from './temp-folder.ts';
import { eventually } from './wait.ts';

export interface SharedStore {
  /** As HALLPASS_STORE has it. */
  readonly address: string;
  connect(): Promise<Store>;
  /** The connections, too. */
  close(): Promise<void>;
}

export const DRIVERS: readonly (readonly [name: string, open: () => Promise<SharedStore>])[] = [
  ['SQLite', openSqliteFile],
  ['Redis', openRedis],
];

async function openSqliteFile(): Promise<SharedStore> {
  const folder = await tempFolder('shared-store');
  return sharedStore(`sqlite:${join(folder.path, 'hallpass.db')}`, () => folder.remove());
}

async function openRedis(): Promise<SharedStore> {
  const server = await startRedis();
  return sharedStore(server.url, () => server.close());
}

function sharedStore(url: string, remove: () => Promise<void>): SharedStore {
  const address = readStoreAddress(url);
  if (!address) throw new Error(`not a store: ${url}`);
  const connections: Store[] = [];
  return {
    address: url,
    connect: async () => {
      const connection = openStore(address, pino({ level: 'silent' }));
      connections.push(connection);
      await eventually(() => connection.ping());
      return connection;
    },
    close: async () => {
      for (const connection of connections) await connection.close();
      await remove();
    },
  };
}
