/** The processes under test, each on its own port, on one Redis. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { readStoreAddress } from '../../config/store-address.ts';
import type { Client } from '../../services/shared/client.ts';
import { newClient } from '../../services/store/new-client.ts';
import { generateSecret, storeGenerated } from '../../services/shared/secret.ts';
import { createClientRegister } from '../../services/store/clients.ts';
import { openStore } from '../../services/store/open-store.ts';
import type { Store } from '../../services/store/store.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { runProcess, type RunningProcess } from '../support/run-process.ts';
import { eventually } from '../support/wait.ts';

export interface Credential {
  clientId: string;
  secret: string;
}

export interface Bench {
  redis: RedisServer;
  store: Store;
  register(count: number, fields?: Partial<Client>): Promise<Credential[]>;
  /** A hallpass service as it ships, listening. */
  start(
    verb: 'token' | 'gateway' | 'sample-lrs',
    more?: Record<string, string>,
    where?: { beside?: boolean; on?: Run | undefined },
  ): Promise<Service>;
  /** Alone on a core. */
  run: Run;
  /** On the core of the benchmark itself: it is not measured. */
  runBeside: Run;
  close(): Promise<void>;
}

export interface Service {
  pid: number;
  port: number;
  close: () => Promise<void>;
}

export type Run = (command: string, args: string[], env?: Record<string, string>) => RunningProcess;

export const ISSUER = 'https://lrs.example.org';

const CORE_UNDER_TEST = '1';
const CORE_OF_THE_REST = '0';

export async function startBench(): Promise<Bench> {
  const redis = await startRedis();
  const address = readStoreAddress(redis.url);
  if (!address) throw new Error(`not a store: ${redis.url}`);
  const store = openStore(address, pino({ level: 'silent' }));
  await eventually(() => store.ping());
  const running: RunningProcess[] = [];
  const common = { HALLPASS_STORE: redis.url, HALLPASS_ENCRYPTION_KEY: randomBytes(32).toString('base64url') };

  /** Alone on a core (make bench keeps itself and Redis on the other), so that neither is measured with it. */
  const runOn =
    (core: string): Run =>
    (command, args, env = {}) => {
      const started = runProcess('taskset', ['-c', core, command, ...args], { env });
      running.push(started);
      return started;
    };
  const run = runOn(CORE_UNDER_TEST);

  return {
    redis,
    store,
    run,
    runBeside: runOn(CORE_OF_THE_REST),
    register: async (count, fields = {}) => {
      const clients = createClientRegister(store);
      const credentials: Credential[] = [];
      for (let n = 0; n < count; n++) {
        const secret = generateSecret();
        const client = newClient({ client_name: `Client ${n}`, scope: 'statements/write statements/read', ...fields });
        client.secrets.push(storeGenerated(secret, client.created_at));
        await clients.add(client);
        credentials.push({ clientId: client.client_id, secret });
      }
      return credentials;
    },
    start: async (verb, more = {}, { beside = false, on = beside ? runOn(CORE_OF_THE_REST) : run } = {}) => {
      const port = await freePort();
      const env = { ...common, HALLPASS_ISSUER: ISSUER, HALLPASS_PORT: String(port), ...more };
      const args = ['--disable-warning=ExperimentalWarning', 'services/cli/hallpass.js', verb];
      const started = on(process.execPath, args, env);
      await started.waitFor(Number(more['HALLPASS_WORKERS'] ?? 1) > 1 ? /"msg":"ready"/ : /listening/);
      return { pid: started.pid ?? 0, port, close: async () => void (await started.stop()) };
    },
    close: async () => {
      for (const one of running) await one.stop();
      await store.close();
      await redis.close();
    },
  };
}
