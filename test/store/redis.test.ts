import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { keyOf, StoreUnavailable, type Store, type Withdrawal } from '../../services/store/store.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { eventually } from '../support/wait.ts';
import { describeStore } from './contract.ts';
import { dumpOf, immortalIn } from './whole-redis.ts';

const log = pino({ level: 'silent' });

async function connect(url: string): Promise<Store> {
  const address = readStoreAddress(url);
  if (!address) throw new Error(`not a store: ${url}`);
  const store = openStore(address, log);
  await eventually(() => store.ping());
  return store;
}

describeStore('Redis', async () => {
  const server = await startRedis({ password: 'a pass/word' });
  const [one, other] = [await connect(server.url), await connect(server.url)];
  return {
    one,
    other,
    dump: () => dumpOf((...args) => server.command(...args)),
    immortal: () => immortalIn((...args) => server.command(...args)),
    close: async () => {
      await one.close();
      await other.close();
      await server.close();
    },
  };
});

describe('reads of a Redis that are asked for at once', () => {
  let server: RedisServer;
  let store: Store;
  beforeEach(async () => {
    server = await startRedis();
    store = await connect(server.url);
  });
  afterEach(async () => {
    await store.close();
    await server.close();
  });

  const stored = Array.from({ length: 500 }, (_, n) => ({ key: keyOf(`client ${n}`), text: `text ${n}` }));
  const callsOf = async (command: string) => {
    const stats = String(await server.command('INFO', 'commandstats'));
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };

  it('go as a few commands, and each gets its own', async () => {
    for (const { key, text } of stored) await store.write('client', key, text);
    await server.command('CONFIG', 'RESETSTAT');
    const asked = stored.flatMap(({ key }, n) => [key, keyOf(`nobody ${n}`), key]);
    const read = await Promise.all(asked.map((key) => store.read('client', key)));
    expect(read).toEqual(stored.flatMap(({ text }) => [text, undefined, text]));
    expect(await callsOf('mget')).toBe(8);
    expect(await callsOf('get')).toBe(0);
  });

  it('are all told where nobody can tell, and none waits for ever', async () => {
    await store.write('client', keyOf('a'), 'a client');
    await server.stop();
    const outcomes = await Promise.allSettled(stored.map(({ key }) => store.read('client', key)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(StoreUnavailable) as unknown });
  });

  it('are answered one by one where they do not come at once', async () => {
    await store.write('client', keyOf('a'), 'a client');
    for (let n = 0; n < 3; n++) expect(await store.read('client', keyOf('a'))).toBe('a client');
    expect(await store.read('client', keyOf('b'))).toBeUndefined();
  });
});

describe('a Redis that goes away', () => {
  let server: RedisServer;
  let store: Store;
  beforeEach(async () => {
    server = await startRedis({ appendonly: true });
    store = await connect(server.url);
  });
  afterEach(async () => {
    await store.close();
    await server.close();
  });

  it('is said to be unavailable at once when it has stopped, and has everything when it is back', async () => {
    await store.write('client', keyOf('a'), 'a client');
    await server.stop();
    const askedAtMs = Date.now();
    await expect(store.read('client', keyOf('a'))).rejects.toThrow(StoreUnavailable);
    expect(Date.now() - askedAtMs).toBeLessThan(10_000);
    await server.start();
    await eventually(async () => expect(await store.read('client', keyOf('a'))).toBe('a client'), {
      timeoutMs: 10_000,
    });
  });

  it('is said to be unavailable when it hangs', async () => {
    server.pause();
    const askedAtMs = Date.now();
    await expect(store.read('client', keyOf('a'))).rejects.toThrow(StoreUnavailable);
    expect(Date.now() - askedAtMs).toBeLessThan(10_000);
    server.resume();
    await eventually(() => store.ping());
  });

  it('is not taken to hang where it was this process that stood still', async () => {
    await store.write('client', keyOf('a'), 'a client');
    const read = store.read('client', keyOf('a'));
    const untilMs = Date.now() + 3000;
    while (Date.now() < untilMs);
    expect(await read).toBe('a client');
  });

  it('makes followers forget everything, and not trust what they have until they hear again', async () => {
    const heard: Withdrawal[] = [];
    const following = await store.follow((withdrawal) => heard.push(withdrawal));
    await eventually(() => expect(following.isCurrent()).toBe(true));
    heard.length = 0;
    await server.stop();
    await eventually(() => expect(following.isCurrent()).toBe(false));
    expect(heard).toContain('everything');
    await server.start();
    await eventually(() => expect(following.isCurrent()).toBe(true), { timeoutMs: 10_000 });
    await following.close();
  });

  it('makes followers stop trusting what they have when it hangs', async () => {
    const following = await store.follow(() => undefined);
    await eventually(() => expect(following.isCurrent()).toBe(true));
    server.pause();
    await eventually(() => expect(following.isCurrent()).toBe(false));
    server.resume();
    await eventually(() => expect(following.isCurrent()).toBe(true), { timeoutMs: 10_000 });
    await following.close();
  });

  it.each(['reset', 'refuse'] as const)(
    'is followed by one connection at a time, however long it is away: %s',
    async (fault) => {
      const proxy = await startFaultProxy(server.port);
      const reached = await connect(`redis://127.0.0.1:${proxy.port}`);
      const following = await reached.follow(() => undefined);
      await eventually(() => expect(following.isCurrent()).toBe(true));
      const [before, startedMs] = [proxy.connections, performance.now()];
      await proxy[fault]();
      await sleep(3000);
      /* One of the follower's each tenth of a second, and those of the store itself, ever more seldom. */
      const most = (performance.now() - startedMs) / 100 + 15;
      expect(proxy.connections - before).toBeLessThan(most);
      await proxy.pass();
      await eventually(() => expect(following.isCurrent()).toBe(true), { timeoutMs: 10_000 });
      expect(await server.command('PUBSUB', 'NUMSUB', 'hp:withdrawn')).toBe('hp:withdrawn\n1');
      await reached.close();
      await proxy.close();
    },
  );

  it('is followed no more once the store has closed', async () => {
    const other = await connect(server.url);
    const heard: Withdrawal[] = [];
    await other.follow((withdrawal) => heard.push(withdrawal));
    await other.close();
    heard.length = 0;
    await eventually(async () =>
      expect(await server.command('PUBSUB', 'NUMSUB', 'hp:withdrawn')).toBe('hp:withdrawn\n0'),
    );
    await sleep(500);
    expect(await server.command('PUBSUB', 'NUMSUB', 'hp:withdrawn')).toBe('hp:withdrawn\n0');
    expect(heard).toEqual([]);
  });
});
