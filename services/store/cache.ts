/** Records that were used last, each for its time. It takes no memory before something is put into it. */
import { LRUCache } from 'lru-cache';
import { createDoorkeeper } from './doorkeeper.ts';
import type { Key } from './store.ts';

export interface Cache<T> {
  get(key: Key): T | undefined;
  /** Held where there is room, or where it would be there still from the time before: see doorkeeper.ts. */
  put(key: Key, value: T, ttlSeconds: number): void;
  delete(key: Key): void;
  clear(): void;
}

/** How exactly a record's time is kept: asking the clock for every read would cost as much as the read. */
const RESOLUTION_MS = 100;

/** @param capacity in records. */
export function createCache<T extends object>(capacity: number): Cache<T> {
  const wasPut = createDoorkeeper(capacity);
  let held: LRUCache<Key, T> | undefined;
  return {
    get: (key) => held?.get(key),
    put: (key, value, ttlSeconds) => {
      held ??= new LRUCache<Key, T>({ max: capacity, ttlResolution: RESOLUTION_MS });
      if (held.size < capacity || wasPut(key, ttlSeconds)) held.set(key, value, { ttl: ttlSeconds * 1000 });
    },
    delete: (key) => void held?.delete(key),
    clear: () => held?.clear(),
  };
}
