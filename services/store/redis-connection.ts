/** Connects to Redis in each of its topologies. With redis.ts, the only file that imports ioredis. */
import { Cluster, Redis } from 'ioredis';
import type { Log } from '../shared/log.ts';
import type { RedisAddress } from '../../config/redis-url.ts';
import { callStringsDirectly } from './direct-strings.ts';

callStringsDirectly();

export type RedisClient = Redis | Cluster;

/** Ends what ioredis asks of itself, of a server that accepts connections and never answers; see patience.ts for the rest. */
const COMMAND_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2000;
/** A channel that is silent for longer is opened anew. */
const SUBSCRIBER_TIMEOUT_MS = 1000;
const DISCONNECT_TIMEOUT_MS = 100;
const LONGEST_RETRY_DELAY_MS = 1000;

/**
 * Fails at once while there is no connection, and never sends a command twice: a `consume` sent again after a
 * reconnect could find its own mark and tell nobody that they won.
 */
const FAIL_FAST = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  /* Left running by ioredis where the connection had closed already: it would keep a process that ends waiting. */
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
};

const retryDelayMs = (attempt: number) => Math.min(attempt * 100, LONGEST_RETRY_DELAY_MS);

/** Starts connecting; commands fail until it has. It goes on trying for as long as it is not closed. */
export function connectRedis(address: RedisAddress, log: Log): RedisClient {
  const client =
    address.topology === 'cluster'
      ? new Cluster(address.nodes, {
          enableOfflineQueue: false,
          clusterRetryStrategy: retryDelayMs,
          slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
          redisOptions: { ...FAIL_FAST, ...credentials(address) },
        })
      : new Redis({ ...FAIL_FAST, ...singleNode(address), retryStrategy: retryDelayMs });
  client.on('error', (error: Error) => log.warn({ reason: error.message }, 'redis'));
  return client;
}

/**
 * A connection for hearing withdrawals. It does not reconnect by itself: its loss must be noticed. In a cluster a
 * message reaches every node, so any primary will do.
 *
 * @throws Error where no node is known yet.
 */
export function connectSubscriber(client: RedisClient): Redis {
  const once = {
    lazyConnect: true,
    commandTimeout: SUBSCRIBER_TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  };
  if (client instanceof Redis) return client.duplicate({ ...once, enableOfflineQueue: true });
  const primaries = client.nodes('master');
  const node = primaries[Math.floor(Math.random() * primaries.length)];
  if (!node) throw new Error('no cluster node is reachable');
  return node.duplicate({ ...once, enableOfflineQueue: true });
}

function singleNode(address: RedisAddress) {
  const common = { ...credentials(address), db: address.db };
  if (address.topology === 'standalone') return { ...common, ...address.nodes[0] };
  return {
    ...common,
    sentinels: address.nodes,
    name: address.group ?? '',
    sentinelRetryStrategy: retryDelayMs,
    ...(address.sentinelPassword && { sentinelPassword: address.sentinelPassword }),
    ...(address.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
}

function credentials({ username, password, tls }: RedisAddress) {
  return { ...(username && { username }), ...(password && { password }), ...(tls && { tls: {} }) };
}
