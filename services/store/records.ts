/**
 * Records read through a cache that revocation reaches. What is cached is the record, never a decision made from it.
 *
 * @see design §4: dropped on a revocation message; a fill that was in flight when the message came is void
 */
import type { Soon } from '../shared/soon.ts';
import { createCache, type Cache } from './cache.ts';
import { type Following, type Key, type PlainKind, type Store } from './store.ts';

export interface Reader<T> {
  /** @throws StoreUnavailable where it is not cached, or cannot be trusted, and the store cannot tell. */
  read(key: Key): Soon<T | undefined>;
}

export interface ReaderOptions<T> {
  kind: PlainKind;
  decode: (text: string) => T;
  /** Stands for what is not there, and is cached as that is: for a kind that is written, and announced, to end something. */
  absent?: T;
  /** Records held at most. */
  capacity: number;
  /** How much longer a record lives by itself; it is cached for no longer. */
  lifeSeconds?: (record: T) => number;
}

export interface Records {
  reader<T extends object>(options: ReaderOptions<T>): Reader<T>;
  /** Resolves once every withdrawal announced before has been heard here. */
  settled: () => Promise<void>;
  figures: {
    /** By kind, how many reads were answered by which. */
    readonly reads: ReadonlyMap<PlainKind, { cache: number; store: number }>;
    withdrawals: () => number;
    /** Whether the caches may be used now, or there are none. */
    isFollowed: () => boolean;
  };
  close: () => Promise<void>;
}

/** @param cacheSeconds 0: every read is a read of the store, and no window is left at all. */
export async function followRecords(store: Store, cacheSeconds: number): Promise<Records> {
  const reads = new Map<PlainKind, { cache: number; store: number }>();
  const caches = new Map<string, Set<Cache<object>>>();
  /** Raised by every withdrawal. A value read before one and stored after it could be what was just withdrawn. */
  let epoch = 0;

  const following: Following | undefined =
    cacheSeconds === 0
      ? undefined
      : await store.follow((withdrawal) => {
          epoch += 1;
          if (withdrawal === 'everything')
            for (const cache of [...caches.values()].flatMap((c) => [...c])) cache.clear();
          else for (const cache of caches.get(withdrawal.kind) ?? []) cache.delete(withdrawal.key);
        });

  function reader<T extends object>({ kind, decode, absent, capacity, lifeSeconds }: ReaderOptions<T>): Reader<T> {
    const cache = createCache<T>(capacity);
    const counted = reads.get(kind) ?? { cache: 0, store: 0 };
    reads.set(kind, counted);
    if (following) caches.set(kind, (caches.get(kind) ?? new Set()).add(cache));

    async function readAnew(key: Key): Promise<T | undefined> {
      counted.store += 1;
      const before = epoch;
      const text = await store.read(kind, key);
      const record = text === undefined ? absent : decode(text);
      if (record === undefined) return undefined;
      const ttlSeconds = Math.min(cacheSeconds, lifeSeconds?.(record) ?? cacheSeconds);
      if (following?.isCurrent() && before === epoch && ttlSeconds > 0) cache.put(key, record, ttlSeconds);
      return record;
    }

    return {
      /** Without a promise for what is here, as most is. */
      read: (key) => {
        const cached = following?.isCurrent() ? cache.get(key) : undefined;
        if (cached === undefined) return readAnew(key);
        counted.cache += 1;
        return cached;
      },
    };
  }

  return {
    reader,
    settled: async () => following?.settled(),
    figures: { reads, withdrawals: () => epoch, isFollowed: () => following?.isCurrent() ?? true },
    close: async () => following?.close(),
  };
}
