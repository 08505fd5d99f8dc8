/** Reads the Redis forms of HALLPASS_STORE. */

export interface RedisAddress {
  topology: 'standalone' | 'sentinel' | 'cluster';
  tls: boolean;
  nodes: { host: string; port: number }[];
  username?: string;
  password?: string;
  /** The database number; a cluster has only 0. */
  db: number;
  /** Sentinel: the name of the primary's group. */
  group?: string;
  /** Sentinel: its own password, where it has one. */
  sentinelPassword?: string;
}

export const REDIS_FORMS =
  'redis://[user:password@]host[:port][/db], rediss://… for TLS, ' +
  'redis+sentinel://[user:password@]host:port,host:port/group[/db][?sentinelPassword=…] or ' +
  'redis+cluster://[user:password@]host:port,host:port (rediss+… for TLS)';

const FORM =
  /^(?<scheme>rediss?)(?:\+(?<topology>sentinel|cluster))?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/?@]+)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/;

const DEFAULT_PORT = { standalone: 6379, sentinel: 26379, cluster: 6379 };

/** @returns `undefined` where it is none of {@link REDIS_FORMS}. */
export function readRedisUrl(url: string): RedisAddress | undefined {
  const parts = FORM.exec(url)?.groups;
  if (!parts || !isDecodable(url)) return undefined;
  const topology = (parts.topology as 'sentinel' | 'cluster' | undefined) ?? 'standalone';
  const nodes = (parts.hosts ?? '').split(',').map((host) => readHost(host, DEFAULT_PORT[topology]));
  const path = (parts.path ?? '').split('/').slice(1);
  const group = topology === 'sentinel' ? path.shift() : undefined;
  const db = path[0] || '0';
  const sentinelPassword = new URLSearchParams(parts.query ?? '').get('sentinelPassword');
  const wrong =
    nodes.some((node) => node === undefined) ||
    (topology === 'standalone' && nodes.length > 1) ||
    (topology === 'sentinel' && !group) ||
    (topology === 'cluster' && Number(db) !== 0) ||
    !/^\d{1,5}$/.test(db) ||
    path.length > 1;
  if (wrong) return undefined;
  return {
    topology,
    tls: parts.scheme === 'rediss',
    nodes: nodes.filter((node) => node !== undefined),
    ...(parts.user && { username: decodeURIComponent(parts.user) }),
    ...(parts.password && { password: decodeURIComponent(parts.password) }),
    db: Number(db),
    ...(group && { group: decodeURIComponent(group) }),
    ...(sentinelPassword && { sentinelPassword }),
  };
}

/** Whether every escape in it is one: `%zz` is not, nor is `%ff`, which no UTF-8 has. */
function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

function readHost(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const parts = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  const host = parts?.v6 ?? parts?.name;
  const port = Number(parts?.port ?? defaultPort);
  return host && port > 0 && port < 65536 ? { host, port } : undefined;
}
