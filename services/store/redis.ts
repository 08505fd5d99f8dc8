/**
 * The store in Redis: standalone, Sentinel or Cluster. Every command to a cluster touches exactly one key, so it needs
 * no hash tags, and a consume is one atomic step.
 */
import { nowSeconds } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { connectRedis } from './redis-connection.ts';
import { createPatience } from './patience.ts';
import { createReads } from './redis-reads.ts';
import { CHANNEL, followRedis, writeMessage } from './redis-follow.ts';
import type { RedisAddress } from '../../config/redis-url.ts';
import {
  checkedTtl,
  isKind,
  KINDS,
  unavailable,
  type ExpiringKind,
  type Key,
  type Kind,
  type ListedKind,
  type Store,
  type Withdrawal,
} from './store.ts';

/** A record that can be consumed is a hash: `p` its value, `c` when it was consumed. Atomic, so it never lacks a TTL. */
const WRITE_ONCE = `
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'p', ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])`;
/** Without EXISTS, consuming what has expired would make a key that never does. */
const CONSUME = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  return redis.call('HSETNX', KEYS[1], 'c', ARGV[1])`;
const SWAP = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2])
  return 1`;
/** Members whose record has expired are dropped at every write; the index lives as long as its longest member. */
const LINK = `
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  redis.call('EXPIREAT', KEYS[1], math.ceil(last[2]))`;
const TAKE_ALL = `
  local members = redis.call('ZRANGE', KEYS[1], 0, -1)
  redis.call('DEL', KEYS[1])
  return members`;

const LIST_PAGE = 200;
/** A command that has no answer by then is one nobody can tell the result of: 503 rather than a client left waiting. */
const PATIENCE = { stepMs: 100, steps: 20 };

/** Does not wait for the connection: until there is one, every call says {@link StoreUnavailable}. */
export function openRedis(address: RedisAddress, log: Log): Store {
  const client = connectRedis(address, log);
  const listeners = new Set<(withdrawal: Withdrawal) => void>();
  /** What ends each: a follower goes on through every outage, so it must not outlive the store. */
  const followings = new Set<() => Promise<void>>();
  /** Why there is no connection: of a command, ioredis says only that there is none. */
  let trouble: Error | undefined;
  client.on('error', (error: Error) => (trouble = error));
  client.on('ready', () => (trouble = undefined));
  const patiently = createPatience(PATIENCE);

  async function available<T>(answer: Promise<T>): Promise<T> {
    try {
      return await patiently(answer);
    } catch (cause) {
      throw cause instanceof RangeError ? cause : unavailable(trouble ?? cause);
    }
  }

  const read = createReads(client, available);
  const keyFor = (kind: Kind, key: Key) => `hp:${KINDS[kind].code}:${key}`;
  const indexOf = (kind: ListedKind) => `hp:ix:${KINDS[kind].code}`;
  const linksOf = (grant: Key) => `hp:gl:${grant}`;

  async function set(kind: Kind, key: Key, value: string, ttlSeconds: number | undefined, isNew: boolean) {
    const at = keyFor(kind, key);
    if (KINDS[kind].listed) await client.sadd(indexOf(kind as ListedKind), key);
    if (ttlSeconds === undefined) return isNew ? client.set(at, value, 'NX') : client.set(at, value);
    return isNew ? client.set(at, value, 'EX', ttlSeconds, 'NX') : client.set(at, value, 'EX', ttlSeconds);
  }

  const store: Store = {
    read: (kind, key) => read(keyFor(kind, key)),

    write: async (kind, key, value, ...lifetime) => {
      const ttlSeconds = checkedTtl(kind, lifetime);
      if (KINDS[kind].once) await client.eval(WRITE_ONCE, 1, keyFor(kind, key), value, ttlSeconds ?? 0);
      else await set(kind, key, value, ttlSeconds, false);
    },

    writeNew: async (kind, key, value, ...lifetime) =>
      (await set(kind, key, value, checkedTtl(kind, lifetime), true)) === 'OK',

    swap: async (kind, key, expected, value) => (await client.eval(SWAP, 1, keyFor(kind, key), expected, value)) === 1,

    remove: async (kind, key) => {
      await client.unlink(keyFor(kind, key));
      if (KINDS[kind].listed) await client.srem(indexOf(kind as ListedKind), key);
    },

    consume: async (kind, key) => (await client.eval(CONSUME, 1, keyFor(kind, key), nowSeconds())) === 1,

    readOnce: async (kind, key) => {
      const [value, consumedAt] = await client.hmget(keyFor(kind, key), 'p', 'c');
      if (typeof value !== 'string') return undefined;
      return { value, ...(consumedAt && { consumedAt: Number(consumedAt) }) };
    },

    async *list(kind) {
      for (let cursor = '0'; ;) {
        const [next, keys] = await available(client.sscan(indexOf(kind), cursor, 'COUNT', LIST_PAGE));
        const values = await Promise.all(keys.map((key) => read(keyFor(kind, key as Key))));
        yield* values.filter((value) => value !== undefined);
        if (next === '0') return;
        cursor = next;
      }
    },

    link: async (grant, kind, key, ttlSeconds) => {
      const now = nowSeconds();
      await client.eval(LINK, 1, linksOf(grant), now, now + Math.ceil(ttlSeconds), `${kind}:${key}`);
    },

    linked: async (grant) =>
      (await client.zrange(linksOf(grant), '0', '-1')).map(readLink).filter((link) => link !== undefined),

    unlink: async (grant) => {
      const members = (await client.eval(TAKE_ALL, 1, linksOf(grant))) as string[];
      const linked = members.map(readLink).filter((link) => link !== undefined);
      await Promise.all(linked.map(({ kind, key }) => client.unlink(keyFor(kind, key))));
      return linked;
    },

    announce: async (kind, key) => {
      for (const listener of listeners) listener({ kind, key });
      await client.publish(CHANNEL, writeMessage(kind, key));
    },

    follow: async (listener) => {
      listeners.add(listener);
      const following = await followRedis(client, listener);
      const close = async () => {
        listeners.delete(listener);
        followings.delete(close);
        await following.close();
      };
      followings.add(close);
      return { ...following, close };
    },

    ping: async () => void (await client.ping()),
    close: async () => {
      client.disconnect();
      await Promise.all([...followings].map((close) => close()));
    },
  };
  return sayingUnavailable(store, available);
}

function readLink(member: string): { kind: ExpiringKind; key: Key } | undefined {
  const [kind = '', key] = member.split(':');
  return isKind(kind) && KINDS[kind].expires && key ? { kind: kind as ExpiringKind, key: key as Key } : undefined;
}

/** Those that do so themselves. */
const SAYING_SO = ['list', 'read'];

/** Whatever Redis or the network says, it means that we cannot tell; a programming error of ours stays what it is. */
function sayingUnavailable(store: Store, available: (answer: Promise<unknown>) => Promise<unknown>): Store {
  const methods = Object.entries(store) as [string, (...values: unknown[]) => unknown][];
  const wrapped = methods.map(([name, method]): [string, unknown] => [
    name,
    SAYING_SO.includes(name) ? method : (...values: unknown[]) => available(Promise.resolve(method(...values))),
  ]);
  return Object.fromEntries(wrapped) as unknown as Store;
}
