import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { keyOf, StoreUnavailable, type Store } from '../../services/store/store.ts';
import { redisCommand } from '../support/redis-command.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startSentinel } from '../support/redis-sentinel.ts';
import { startRedis } from '../support/redis-server.ts';
import { runProcess } from '../support/run-process.ts';
import { eventually } from '../support/wait.ts';

function open(url: string): Store {
  const address = readStoreAddress(url);
  if (!address) throw new Error(`not a store: ${url}`);
  return openStore(address, pino({ level: 'silent' }));
}

describe('a store on Redis with users', () => {
  it('signs in with a user name and a password of any characters', async () => {
    const server = await startRedis({ username: 'hallpass', password: 'p@ss:w/rd%' });
    const store = open(server.url);
    await eventually(() => store.ping());
    await store.write('client', keyOf('a'), 'a client');
    expect(await store.read('client', keyOf('a'))).toBe('a client');
    await store.close();
    await server.close();
  });

  it('is unavailable with a wrong password, rather than empty', async () => {
    const server = await startRedis({ password: 'right' });
    const store = open(`redis://:wrong@127.0.0.1:${server.port}`);
    await expect(store.read('client', keyOf('a'))).rejects.toThrow(StoreUnavailable);
    await store.close();
    await server.close();
  });
});

describe('a store on Redis with TLS', () => {
  const listClients = (store: string, authority?: string) =>
    runProcess(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'services/cli/hallpass.js', 'client', 'list'],
      {
        env: { HALLPASS_STORE: store, NODE_EXTRA_CA_CERTS: authority },
      },
    );

  it('is reached where its certificate is trusted, and not where it is not', async () => {
    const server = await startRedis({ tls: true, password: 'secret' });
    const trusting = listClients(server.url, server.caFile);
    expect(await trusting.exited).toEqual({ code: 0, signal: null });
    const doubting = listClients(server.url);
    expect(await doubting.exited).toEqual({ code: 1, signal: null });
    expect(doubting.stderr).toContain('the store cannot be reached');
    await server.close();
  });
});

describe('a store on Redis with Sentinel', () => {
  it('follows the primary when it fails, and has what was written before', async () => {
    const sentinel = await startSentinel();
    const store = open(sentinel.url);
    await eventually(() => store.ping());
    await store.write('client', keyOf('a'), 'a client');
    await redisCommand({ port: sentinel.primary.port }, ['WAIT', '1', '2000']);
    await sentinel.primary.kill();
    await expect(store.read('client', keyOf('a'))).rejects.toThrow(StoreUnavailable);
    await eventually(async () => expect(await store.read('client', keyOf('a'))).toBe('a client'), {
      timeoutMs: 15_000,
    });
    await eventually(() => store.write('client', keyOf('b'), 'another'), { timeoutMs: 15_000 });
    await store.close();
    await sentinel.close();
  });
});

describe('a store on a Redis Cluster', () => {
  it('tells followers whichever node heard of it first', async () => {
    const cluster = await startRedisCluster();
    const [one, other] = [open(cluster.url), open(cluster.url)];
    await eventually(() => one.ping());
    await eventually(() => other.ping());
    const heard: unknown[] = [];
    const following = await other.follow((withdrawal) => heard.push(withdrawal));
    await eventually(() => expect(following.isCurrent()).toBe(true));
    for (let n = 0; n < 20; n++) await one.announce('client', keyOf(String(n)));
    await eventually(() => expect(heard.filter((withdrawal) => withdrawal !== 'everything')).toHaveLength(20));
    await following.close();
    await one.close();
    await other.close();
    await cluster.close();
  });
});
