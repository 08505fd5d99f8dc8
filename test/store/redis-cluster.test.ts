import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import { openStore } from '../../services/store/open-store.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { eventually } from '../support/wait.ts';
import { describeStore } from './contract.ts';

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

  /** Asks the node that has the key; the others say MOVED. */
  const ask = async (command: string, key: string): Promise<string> => {
    const answers = await Promise.allSettled(cluster.ports.map((port) => cluster.command(port, '--raw', command, key)));
    return answers.find((answer) => answer.status === 'fulfilled')?.value ?? 'nobody has it';
  };
  return {
    one,
    other,
    dump: async () => {
      const keys = await cluster.keys();
      return [...keys, ...(await Promise.all(keys.map((key) => ask('DUMP', key))))].join('\n');
    },
    immortal: async () => {
      const keys = await cluster.keys();
      const lives = await Promise.all(keys.map((key) => ask('TTL', key)));
      return keys.filter((_, n) => lives[n]?.trim() === '-1');
    },
    close: async () => {
      await one.close();
      await other.close();
      await cluster.close();
    },
  };
});
