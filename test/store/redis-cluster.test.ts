import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { eventually } from '../support/wait.ts';
import { describeStore } from './contract.ts';
import { dumpOf, immortalIn } from './whole-redis.ts';

describeStore('a Redis Cluster of three primaries', async () => {
  const cluster = await startRedisCluster();
  const connect = async () => {
    const address = readStoreAddress(cluster.url);
    if (!address) throw new Error('not a store');
    const store = openStore(address, pino({ level: 'silent' }));
    await eventually(() => store.ping());
    return store;
  };
  const [one, other] = [await connect(), await connect()];

  const onEach = <T>(ask: (command: (...args: string[]) => Promise<string>) => Promise<T>) =>
    Promise.all(cluster.ports.map((port) => ask((...args) => cluster.command(port, ...args))));
  return {
    one,
    other,
    dump: async () => (await onEach(dumpOf)).join('\n'),
    immortal: async () => (await onEach(immortalIn)).flat(),
    close: async () => {
      await one.close();
      await other.close();
      await cluster.close();
    },
  };
});
