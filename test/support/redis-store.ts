/** A store in a Redis of its own, whose keys a test looks at. */
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { startRedis, type RedisServer } from './redis-server.ts';
import { eventually } from './wait.ts';

export interface RedisStore {
  readonly redis: RedisServer;
  readonly store: Store;
  /** What redis-cli says, without empty lines. */
  lines: (...command: string[]) => Promise<string[]>;
  close: () => Promise<void>;
}

export async function startRedisStore(): Promise<RedisStore> {
  const redis = await startRedis();
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error(`not a store: ${redis.url}`);
  const store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  return {
    redis,
    store,
    lines: async (...command) => (await redis.command('--raw', ...command)).split('\n').filter(Boolean),
    close: async () => {
      await store.close();
      await redis.close();
    },
  };
}
