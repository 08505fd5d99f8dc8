/** A real Redis Cluster for a test: three primaries on loopback, no replicas. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { startRedis, type RedisServer } from './redis-server.ts';
import { eventually } from './wait.ts';

const run = promisify(execFile);

export interface RedisCluster {
  readonly url: string;
  readonly ports: number[];
  /** The nodes themselves, to stop, kill or pause one. */
  readonly nodes: RedisServer[];
  /** All keys over all primaries, as they are stored. */
  keys(): Promise<string[]>;
  /** To one node, which answers MOVED for a key that lives on another. */
  command(port: number, ...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  const addresses: string[] = [];
  const close = async () => void (await Promise.all(nodes.map((node) => node.close())));
  try {
    for (let count = 0; count < 3; count += 1) {
      const bus = await freePort();
      const node = await startRedis({
        settings: ['cluster-enabled yes', `cluster-port ${bus}`, 'cluster-node-timeout 2000'],
      });
      nodes.push(node);
      addresses.push(`127.0.0.1:${node.port}@${bus}`);
    }
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes']);
    await eventually(() => agree(nodes), { timeoutMs: 15_000 });
  } catch (error) {
    await close();
    throw error;
  }

  const ports = nodes.map((node) => node.port);
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    ports,
    nodes,
    keys: async () => {
      const lists = await Promise.all(nodes.map((node) => node.command('KEYS', '*')));
      return lists.flatMap((list) => list.split('\n')).filter((key) => key !== '');
    },
    command: (port, ...args) => {
      const node = nodes.find((candidate) => candidate.port === port);
      if (!node) throw new Error(`no node of the cluster listens on ${port}`);
      return node.command(...args);
    },
    close,
  };
}

/** Every node has to know all three: one that knows fewer sends clients to a node it cannot name. */
async function agree(nodes: RedisServer[]): Promise<void> {
  for (const node of nodes) {
    const info = await node.command('CLUSTER', 'INFO');
    for (const wanted of ['cluster_state:ok', 'cluster_known_nodes:3', 'cluster_size:3']) {
      if (!info.includes(wanted)) throw new Error(`no ${wanted} on port ${node.port}:\n${info}`);
    }
  }
}
