/** Opens the store that a setting names. */
import type { StoreAddress } from '../../config/store-address.ts';
import type { Log } from '../shared/log.ts';
import { openRedis } from './redis.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';

/** @throws StoreUnavailable where an SQLite file cannot be opened; Redis is connected to in the background. */
export function openStore(address: StoreAddress, log: Log): Store {
  return address.driver === 'sqlite' ? openSqlite(address.path) : openRedis(address.address, log);
}
