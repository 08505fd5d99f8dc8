import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';

describe('startRedisCluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.close());

  it('spreads keys over three nodes and reads them all', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `hallpass:{${index}}:x`);
    const owners = new Set<number>();
    for (const name of names) owners.add(await set(cluster, name));
    expect(owners.size).toBe(3);
    expect((await cluster.keys()).sort()).toEqual(names.sort());
  });

  it('names the three nodes in its URL', () => {
    expect(cluster.ports).toHaveLength(3);
    expect(cluster.url).toBe(`redis+cluster://${cluster.ports.map((port) => `127.0.0.1:${port}`).join(',')}`);
  });
});

/** Sets the key on the node that has it, following MOVED; answers that node's port. */
async function set(cluster: RedisCluster, name: string): Promise<number> {
  for (const port of cluster.ports) {
    const answer = await cluster.command(port, 'SET', name, '1').catch((error: unknown) => String(error));
    if (answer === 'OK') return port;
    expect(answer).toMatch(/MOVED \d+ 127\.0\.0\.1:\d+/);
  }
  throw new Error(`no node has ${name}`);
}
